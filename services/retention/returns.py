"""What is returned: packages that are made, fetched and acknowledged (TER-5)."""

from chassis.errors import Rejected
from chassis.transaction import Transaction
from contracts.retention import MissedWhy, RetentionReturnMissed
from contracts.returning import (
    ReturnAbandoned,
    ReturnAcknowledged,
    ReturnConfirmed,
    ReturnDownloaded,
    ReturnFailed,
    ReturnWaived,
)
from contracts.schedule import ScheduleReturnClosed
from retention import answers, course, missed_store, order_store, orders, package_store, termination_store
from retention.dates import return_name
from retention.decisions import weigh_abandonment, weigh_waiver
from retention.finding import Finder
from retention.terminations import Stage


async def on_return_confirmed(finder: Finder, made: ReturnConfirmed, tx: Transaction) -> None:
    """TER-5: a package is ready; when all are, the client is told."""
    await finder.client(made.client_id, tx)
    termination_id = await answers.return_made(made, tx)
    found = None if termination_id is None else await termination_store.load_one(tx, termination_id)
    if found is None:
        return
    termination, signed = found
    to_make, _, _ = await package_store.count_packages(tx, termination.termination_id)
    if termination.stage is Stage.RETURNING and not to_make:
        await course.packages_ready(finder.book[signed], termination, tx)


async def on_return_failed(_: Finder, failed: ReturnFailed, tx: Transaction) -> None:
    """A holder can't make its package: people must act."""
    await answers.return_failed(failed, tx)


async def on_return_downloaded(_: Finder, fetched: ReturnDownloaded, tx: Transaction) -> None:
    """TER-5: the client has fetched a package."""
    await answers.return_fetched(fetched, tx)


async def on_return_acknowledged(finder: Finder, said: ReturnAcknowledged, tx: Transaction) -> None:
    """TER-5: the client has its data; once all of it is, deletion follows. Said again, it is no news."""
    running = await finder.open(said.client_id, tx)
    if not await package_store.note_acknowledgement(tx, said):
        raise Rejected("this client has no such package to acknowledge", "order_id")
    for termination, agreement in running:
        if termination.stage is Stage.RETURNING:
            await course.settle_return(agreement, termination, tx, over=False)


async def on_return_closed(finder: Finder, closed: ScheduleReturnClosed, tx: Transaction) -> None:
    """TER-5: the agreed time to fetch what is returned is over."""
    for termination, agreement in await finder.open(closed.client_id, tx):
        if termination.stage is not Stage.RETURNING or termination.fetch_closes_at is None:
            continue
        if termination.fetch_closes_at <= tx.now:
            await course.settle_return(agreement, termination, tx, over=True)
        else:  # it was moved, or the clock of whoever said it is ahead of ours
            tx.emit_at(closed, termination.fetch_closes_at, return_name(termination))


async def on_return_waived(finder: Finder, said: ReturnWaived, tx: Transaction) -> None:
    """TER-5: the client gives up what a holder was to return; deletion follows once nothing else is waited for."""
    await finder.client(said.client_id, tx)
    refused = weigh_waiver(await order_store.lock_order(tx, said.order_id), said)
    if refused is not None:
        tx.emit(refused)
        return
    await _miss(finder, said.order_id, MissedWhy.WAIVED, said.waived_by, said.reason, tx)


async def on_return_abandoned(finder: Finder, said: ReturnAbandoned, tx: Transaction) -> None:
    """TER-5: a holder can't be reached; the client is told, and nothing is deleted before the agreed time is over."""
    await finder.client(said.client_id, tx)
    refused = weigh_abandonment(await order_store.lock_order(tx, said.order_id), said)
    if refused is not None:
        tx.emit(refused)
        return
    await _miss(finder, said.order_id, MissedWhy.UNREACHABLE, said.declared_by, said.reason, tx)


async def _miss(
    finder: Finder, order_id: str, why: MissedWhy, said_by: str, reason: str | None, tx: Transaction
) -> None:
    found = await finder.of_order(order_id, tx)
    if found is None:
        return
    order, termination, agreement = found
    categories = await missed_store.load_categories(tx, order_id)
    await missed_store.insert(tx, order_id, why, categories, said_by, reason)
    tx.cancel(orders.reminder_name(order_id))
    tx.emit(
        RetentionReturnMissed(
            client_id=termination.client_id,
            order_id=order_id,
            holder_id=order.holder_id,
            categories=categories,
            why=why,
            said_by=said_by,
            reason=reason,
        )
    )
    await course.go_on_without(agreement, termination, tx)
