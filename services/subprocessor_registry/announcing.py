"""What follows from a verdict on a sub-processor: it is recorded and said, and clients are told (§4.3)."""

from datetime import date
from typing import assert_never

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeRefused, ChangeWithdrawn
from subprocessor_registry import change_store, list_store, notices, permissions, standing_store
from subprocessor_registry.changes import Change, TakenBack, Verdict, announced_change
from subprocessor_registry.reasons import Reason, ReasonCode


async def settle(agreement: Agreement, verdict: Verdict, planned: Change | None, tx: Transaction) -> None:
    """Record the verdict, say it, and let it have its consequences; a `planned` change gives way to what follows it."""
    match verdict:
        case ChangeAnnounced():
            if planned is not None:
                await _withdraw(agreement, planned, Reason(ReasonCode.OVERTAKEN, {"change_id": verdict.change_id}), tx)
            concerned = await standing_store.announce(tx, verdict, deadlines.local_date(agreement, tx.now))
            tx.emit(verdict)
            change = announced_change(verdict)
            notices.date_change(agreement, change, tx)
            notices.order_announcement(agreement, change, concerned, tx)
        case ChangeCorrected():
            if planned is not None:
                await _withdraw(agreement, planned, Reason(ReasonCode.TAKEN_BACK), tx)
            await _say(verdict, tx)
            await list_store.correct_listing(tx, verdict.subprocessor_id, verdict.facts, verdict.change_id)
        case ChangeRefused():
            await _say(verdict, tx)
        case TakenBack():
            await _withdraw(agreement, verdict.change, Reason(ReasonCode.TAKEN_BACK), tx)
        case _:
            assert_never(verdict)


async def tell_clients(agreement: Agreement, change: Change, today: date, tx: Transaction) -> None:
    """§4.3: the change concerns every active client that it doesn't concern yet, and each gets its notice."""
    concerned = await standing_store.concern_clients(tx, change.change_id, today)
    notices.order_announcement(agreement, change, concerned, tx)


async def _say(verdict: ChangeCorrected | ChangeRefused, tx: Transaction) -> None:
    await change_store.insert_closed(tx, verdict)
    tx.emit(verdict)


async def _withdraw(agreement: Agreement, planned: Change, reason: Reason, tx: Transaction) -> None:
    """It will not take effect: the clients are told, and what they said about it has no weight any more."""
    await change_store.close_change(tx, planned.change_id, "withdrawn", str(reason))
    clients = await standing_store.end_standings(tx, planned.change_id)
    tx.emit(ChangeWithdrawn(change_id=planned.change_id, subprocessor_id=planned.subprocessor_id, reason=str(reason)))
    notices.undate_change(planned.change_id, tx)
    notices.order_withdrawal(agreement, planned, reason, clients, tx)
    await permissions.refresh(agreement, planned.subprocessor_id, clients, tx)
