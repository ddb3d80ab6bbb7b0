"""What holds deletions up, for as long as it does (TER-4)."""

from agreement import deadlines
from chassis.transaction import Transaction
from contracts.hold import HoldLifted, HoldPlaced
from contracts.retention import RetentionHoldApplied, RetentionHoldRefused
from contracts.schedule import ScheduleHoldEnded
from retention import hold_store, progress
from retention.decisions import weigh_hold
from retention.finding import Finder


async def on_hold_placed(finder: Finder, placed: HoldPlaced, tx: Transaction) -> None:
    """TER-4: nothing of these data is deleted from now on; what runs is stopped, what is gone is named."""
    client = await finder.client(placed.client_id, tx)
    agreement = finder.book[client.signed]
    refused = weigh_hold(agreement, placed, deadlines.local_date(agreement, tx.now))
    if refused is None and not await hold_store.place(tx, placed):
        reason = "the id is another client's, or the hold is over"
        refused = RetentionHoldRefused(client_id=placed.client_id, hold_id=placed.hold_id, reason=reason)
    if refused is not None:
        tx.emit(refused)
        return
    ended = ScheduleHoldEnded(client_id=placed.client_id, hold_id=placed.hold_id)
    tx.cancel(_hold_name(placed.hold_id))
    if placed.until is not None:
        tx.emit_at(ended, deadlines.start_of_day(agreement, placed.until), _hold_name(placed.hold_id))
    too_late = await progress.apply_hold(placed, tx)
    tx.emit(
        RetentionHoldApplied(
            client_id=placed.client_id, hold_id=placed.hold_id, categories=placed.categories, too_late=too_late
        )
    )
    await _replan(finder, placed.client_id, tx)


async def on_hold_lifted(finder: Finder, lifted: HoldLifted, tx: Transaction) -> None:
    """TER-4: what only this hold kept goes by itself."""
    await finder.client(lifted.client_id, tx)
    if not await hold_store.lift(tx, lifted):
        reason = "no hold of this client with this id stands"
        tx.emit(RetentionHoldRefused(client_id=lifted.client_id, hold_id=lifted.hold_id, reason=reason))
        return
    tx.cancel(_hold_name(lifted.hold_id))
    await _replan(finder, lifted.client_id, tx)


async def on_hold_ended(finder: Finder, ended: ScheduleHoldEnded, tx: Transaction) -> None:
    """TER-4: the last day of a hold has passed."""
    await finder.client(ended.client_id, tx)
    await _replan(finder, ended.client_id, tx)


async def _replan(finder: Finder, client_id: str, tx: Transaction) -> None:
    """A hold came or went: the plan of an end that is known changes, and what is free now goes."""
    for termination, agreement in await finder.open(client_id, tx):
        await progress.replan(agreement, termination, tx)
        await progress.advance(agreement, termination, tx)


def _hold_name(hold_id: str) -> str:
    return f"hold/{hold_id}"
