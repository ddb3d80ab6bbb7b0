"""§8.3: how a termination goes on, from the end of the contract until deletion may begin, with what follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.cease import CeaseLifted
from contracts.choice import Choice
from contracts.retention import MissedWhy, OrderKind, RetentionFetchingMoved, RetentionFlagged, RetentionReturnSettled
from contracts.schedule import ScheduleChoiceClosed, ScheduleReturnClosed
from retention import flags, holder_store, missed_store, notices, order_store, orders, package_store, termination_store
from retention.dates import choice_name, deletion_name, reached_name, return_name
from retention.decisions import default_choice, request_choice
from retention.package_store import Link
from retention.planning import returners
from retention.progress import advance, replan, settle
from retention.terminations import Order, Stage, Termination


async def begin(agreement: Agreement, termination: Termination, tx: Transaction) -> None:
    """TER-1, TER-2: the last day has come: everybody ceases at once, and the client is asked unless it has chosen."""
    keepers = await holder_store.load_keepers(tx, termination.client_id)
    await orders.cease(agreement, termination, keepers, tx)
    if termination.choice is not None:
        await carry_out(agreement, termination, tx)
        return
    asked = request_choice(agreement, termination, _today(agreement, tx))
    await termination_store.set_closing(tx, termination.termination_id, asked.closes_at)
    tx.emit(asked)
    tx.emit_at(ScheduleChoiceClosed(client_id=termination.client_id), asked.closes_at, choice_name(termination))
    notices.ask_choice(agreement, termination, asked, tx)
    await replan(agreement, replace(termination, stage=Stage.ASKING, closes_at=asked.closes_at), tx)


async def carry_out(agreement: Agreement, termination: Termination, tx: Transaction) -> None:
    """TER-2: the choice is made: packages are ordered, or deletion begins."""
    tx.cancel(choice_name(termination))
    if termination.choice is Choice.RETURN:
        await _give_back(agreement, replace(termination, stage=Stage.RETURNING), tx)
    else:
        await settle(agreement, termination, "the client chose deletion", tx)


async def run_default(agreement: Agreement, termination: Termination, tx: Transaction) -> None:
    """TER-2: the client was asked and said nothing: the agreement's default begins by itself."""
    defaulted = default_choice(agreement, termination)
    await termination_store.set_default(tx, termination.termination_id, defaulted.choice)
    tx.emit(defaulted)
    notices.tell_default(agreement, termination, defaulted.choice, tx)
    await settle(agreement, replace(termination, choice=defaulted.choice), "the client made no choice", tx)


async def _give_back(agreement: Agreement, termination: Termination, tx: Transaction) -> None:
    await termination_store.set_stage(tx, termination.termination_id, Stage.RETURNING)
    keepers = await holder_store.load_keepers(tx, termination.client_id)
    by_holder = returners(agreement, keepers)
    await orders.give_back(agreement, termination, by_holder, tx)
    if not by_holder:
        reason = "the client chose return, and no holder is declared that could give anything back: declare it"
        await flags.raise_flag(tx, flag(agreement, termination, reason, tx))
    await replan(agreement, termination, tx)


async def packages_ready(agreement: Agreement, termination: Termination, tx: Transaction) -> None:
    """TER-5: every package is there: the client is told where, and has the agreement's days to fetch them."""
    window = deadlines.fetch_window(agreement, _today(agreement, tx))
    closes_at = deadlines.end_of_day(agreement, window.day)
    await termination_store.set_fetching(tx, termination.termination_id, closes_at)
    links = await package_store.load_links(tx, termination.termination_id)
    tx.emit_at(ScheduleReturnClosed(client_id=termination.client_id), closes_at, return_name(termination))
    keep_packages(termination, links, closes_at, tx)
    for link in links:
        if link.own_end is not None and link.own_end < closes_at:
            reason = (
                f"the link of {link.holder_id} ends at {link.own_end.isoformat()}, before the time to fetch is over"
            )
            await flags.raise_flag(tx, flag(agreement, termination, reason, tx))
    missed = await missed_store.load(tx.connection, termination.termination_id)
    unreachable = [each for each in missed if each.why is MissedWhy.UNREACHABLE]
    notices.tell_package(agreement, termination, tuple(link.url for link in links), unreachable, closes_at, tx)
    await replan(agreement, replace(termination, fetch_closes_at=closes_at), tx)


async def await_package(order: Order, available_until: datetime, tx: Transaction) -> None:
    """TER-5: a package is late: those that are ready can be fetched as long as it will be."""
    found = None if order.termination_id is None else await termination_store.load_one(tx, order.termination_id)
    if found is not None:
        links = await package_store.load_links(tx, found[0].termination_id)
        keep_packages(found[0], links, available_until, tx)


def keep_packages(termination: Termination, links: Sequence[Link], until: datetime, tx: Transaction) -> None:
    """TER-5: one end of the time to fetch for all packages."""
    if links:
        order_ids = tuple(link.order_id for link in links)
        tx.emit(RetentionFetchingMoved(client_id=termination.client_id, order_ids=order_ids, available_until=until))


async def settle_return(agreement: Agreement, termination: Termination, tx: Transaction, *, over: bool) -> None:
    """TER-5: deletion follows the acknowledgement of all packages, or the end of the time to fetch them.

    Where a holder can't be reached, only the client's giving that up too does instead of the time.
    """
    to_make, ready, unacknowledged = await package_store.count_packages(tx, termination.termination_id)
    unreachable = await missed_store.count_unreachable(tx, termination.termination_id)
    if to_make or ((unacknowledged or unreachable) and not over):
        return
    acknowledged = bool(ready) and not unacknowledged
    if unacknowledged or unreachable:
        reason = "the time to fetch the packages is over"
    else:
        reason = "the client acknowledged its packages" if ready else "the client gave up what was to be returned"
    await missed_store.withdraw(tx, termination.termination_id)
    tx.emit(RetentionReturnSettled(client_id=termination.client_id, acknowledged=acknowledged, reason=reason))
    tx.cancel(return_name(termination))
    await settle(agreement, termination, reason, tx)


async def go_on_without(agreement: Agreement, termination: Termination, tx: Transaction) -> None:
    """TER-5: a package is not waited for any more: what is left to wait for is another, or the client, or nothing.

    Of a holder that can't be reached the client hears when all else is ready, and has the time to fetch to speak.
    """
    to_make, _, unacknowledged = await package_store.count_packages(tx, termination.termination_id)
    unreachable = await missed_store.count_unreachable(tx, termination.termination_id)
    if not to_make and not unacknowledged and not unreachable:
        await settle_return(agreement, termination, tx, over=False)
    elif not to_make and termination.fetch_closes_at is None:
        await packages_ready(agreement, termination, tx)
    else:
        await replan(agreement, termination, tx)


async def admit_holder(agreement: Agreement, termination: Termination, holder_id: str, tx: Transaction) -> None:
    """A holder that was declared while an end runs: it is told to cease, and has its part in return and deletion."""
    keepers = await holder_store.load_keepers(tx, termination.client_id)
    told = await order_store.load_told(tx, termination.termination_id, holder_id)
    if OrderKind.CEASE not in told:
        fresh = [keeper for keeper in keepers if keeper.holder_id == holder_id]
        await orders.cease(agreement, termination, fresh, tx)
    if termination.stage is Stage.RETURNING and OrderKind.RETURN not in told:
        by_holder = returners(agreement, keepers)
        await orders.give_back(agreement, termination, {k: v for k, v in by_holder.items() if k == holder_id}, tx)
    await replan(agreement, termination, tx)
    await advance(agreement, termination, tx)


async def reinstate(termination: Termination, reason: str, tx: Transaction) -> None:
    """The contract goes on: whoever was told to cease may go on, and nothing of the plan comes."""
    await termination_store.set_stage(tx, termination.termination_id, Stage.REINSTATED)
    told = await order_store.load_open(tx, termination.client_id, [OrderKind.CEASE, OrderKind.RETURN])
    running = [order for order in told if order.termination_id == termination.termination_id]
    await order_store.halt(tx, [order.order_id for order in running], "withdrawn")
    for order in running:
        tx.cancel(orders.reminder_name(order.order_id))
    await lift_cease(termination, reason, tx)
    for name in (reached_name, choice_name, return_name, deletion_name):
        tx.cancel(name(termination))


async def sign_again(termination: Termination, tx: Transaction) -> None:
    """§13: a new contract began: what is newer than this is spared, and whoever was told to cease may go on.

    A contract that would only end by itself is not ended by its being signed again.
    """
    if termination.stage is Stage.PLANNED and termination.by_expiry:
        return
    await termination_store.set_signed_again(tx, termination.termination_id)
    if termination.stage is not Stage.PLANNED and termination.signed_again_at is None:
        await lift_cease(termination, "the client has signed again", tx)


async def lift_cease(termination: Termination, reason: str, tx: Transaction) -> None:
    """TER-1: processing for the client may go on."""
    for holder_id, order_id in await order_store.load_ceased(tx, termination.termination_id):
        tx.emit(CeaseLifted(client_id=termination.client_id, holder_id=holder_id, order_id=order_id, reason=reason))


def flag(agreement: Agreement, termination: Termination, reason: str, tx: Transaction) -> RetentionFlagged:
    """Something that people must look at."""
    return RetentionFlagged(
        client_id=termination.client_id, seen_at=tx.now, reason=reason, clause=agreement.termination.clause
    )


def _today(agreement: Agreement, tx: Transaction) -> date:
    return deadlines.local_date(agreement, tx.now)
