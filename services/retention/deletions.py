"""What holders answer to orders, and the days that come for deletions, looks and certificates (§8.3, App. A)."""

from chassis.transaction import Transaction
from contracts.cease import CeaseConfirmed
from contracts.erasure import ErasureChecked, ErasureConfirmed, ErasureFailed
from contracts.returning import ReturnOrdered
from contracts.schedule import (
    ScheduleCertificateDue,
    ScheduleCheckDue,
    ScheduleDeletionDue,
    ScheduleReminderDue,
    ScheduleSweepDue,
)
from retention import answers, certifying, course, order_store, orders, progress, sweeping, termination_store
from retention.finding import Finder
from retention.terminations import Stage


async def on_cease_confirmed(_: Finder, confirmed: CeaseConfirmed, tx: Transaction) -> None:
    """TER-1: a holder has ceased."""
    await answers.ceased(confirmed, tx)


async def on_erasure_confirmed(finder: Finder, confirmed: ErasureConfirmed, tx: Transaction) -> None:
    """TER-3: a holder has deleted; an own system looks again later, a sub-processor's word is the last."""
    found = await finder.of_order(confirmed.order_id, tx)
    termination_id = await answers.erased(found[2] if found else finder.book.latest, confirmed, tx)
    if termination_id is not None:
        await _advance(finder, termination_id, tx)


async def on_erasure_failed(finder: Finder, failed: ErasureFailed, tx: Transaction) -> None:
    """A holder can't delete as things are: people must act, and the order stands."""
    await finder.of_order(failed.order_id, tx)
    termination_id = await answers.erasure_failed(failed, tx)
    if termination_id is not None:
        await _advance(finder, termination_id, tx)


async def on_check_due(finder: Finder, due: ScheduleCheckDue, tx: Transaction) -> None:
    """TER-6: it is time for the second look."""
    found = await finder.of_order(due.order_id, tx)
    if found is not None:
        order, termination, agreement = found
        await orders.look_again(agreement, termination, order, tx)


async def on_erasure_checked(finder: Finder, checked: ErasureChecked, tx: Transaction) -> None:
    """TER-6: a second look found nothing, or reopens the order."""
    found = await finder.of_order(orders.checked_order(checked.order_id), tx)
    if await answers.is_checked(checked, tx) and found is not None:
        order, termination, agreement = found
        await progress.after_look(agreement, termination, order, checked, tx)


async def on_reminder_due(finder: Finder, due: ScheduleReminderDue, tx: Transaction) -> None:
    """SUB-7: an order was not answered: it is said again, and people are told when that doesn't help."""
    order = await order_store.lock_order(tx, due.order_id)
    if order is None or not order.is_open:
        return
    agreement = await finder.agreement_of(order.client_ids[0], tx)
    said = await orders.remind(agreement, order, due.nth, tx)
    if isinstance(said, ReturnOrdered):
        await course.await_package(order, said.available_until, tx)
    if order.termination_id is not None:
        await _advance(finder, order.termination_id, tx)


async def on_deletion_due(finder: Finder, due: ScheduleDeletionDue, tx: Transaction) -> None:
    """TER-4: a day has come on which data must go, as that of a hold's end."""
    for termination, agreement in await finder.open(due.client_id, tx):
        await progress.advance(agreement, termination, tx)


async def on_sweep_due(finder: Finder, due: ScheduleSweepDue, tx: Transaction) -> None:
    """RET-1: today's rolling orders, for the next page of clients."""
    await sweeping.sweep(finder.book, due, tx)


async def on_certificate_due(finder: Finder, due: ScheduleCertificateDue, tx: Transaction) -> None:
    """TER-6: what was carried out is certified once nothing runs any more."""
    for termination, agreement in await finder.open(due.client_id, tx):
        if termination.stage is Stage.DELETING:
            await certifying.certify(agreement, termination, finder.signer, tx)


async def _advance(finder: Finder, termination_id: str, tx: Transaction) -> None:
    found = await termination_store.load_one(tx, termination_id)
    if found is not None:
        await progress.advance(finder.book[found[1]], found[0], tx)
