"""What follows when a client's contract begins or is over (§4.3, §8.3)."""

from datetime import date

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.change import ChangeKind
from subprocessor_registry import (
    announcing,
    change_store,
    client_store,
    list_store,
    permission_store,
    permissions,
    standing_store,
    windows,
)
from subprocessor_registry.decisions import Receipt, Status, open_window
from subprocessor_registry.permitting import permit_listed


async def enter(agreement: Agreement, client_id: str, on: date, tx: Transaction) -> None:
    """The list as it stands is permitted from the contract's first day; what is planned concerns the client."""
    tx.cancel(ending_name(client_id))
    await client_store.begin_contract(tx, client_id, on)
    await standing_store.forget_ended(tx, client_id)
    listed = await list_store.load_list(tx)
    await permissions.publish([permit_listed(agreement, client_id, each, on) for each in listed], tx)
    await _tell_of_plans(agreement, tx)


async def resume(agreement: Agreement, client_id: str, tx: Transaction) -> None:
    """§8.3: the contract goes on as if it had not ended: an objection stands, and days that ran meanwhile are over."""
    tx.cancel(ending_name(client_id))
    await client_store.continue_contract(tx, client_id)
    for each in await standing_store.resume_standings(tx, client_id):
        has_days = each.kind is not ChangeKind.REMOVAL
        window = open_window(agreement, each.change_id, client_id, each.received_at) if has_days else None
        status = Status.WINDOW_OPEN if has_days else Status.CLEAR
        receipt = Receipt(each.change_id, client_id, each.received_at, each.channel, status, window)
        await standing_store.record_receipts(tx, [receipt])
        windows.open_window(receipt, tx, tx.cause)
    await _tell_of_plans(agreement, tx)


async def permit_again(agreement: Agreement, client_id: str, tx: Transaction) -> None:
    """§8.3, §4.4: whatever is listed or planned may be used for the client as it stands."""
    for subprocessor_id in sorted(await list_store.load_chains(tx)):
        await permissions.refresh(agreement, subprocessor_id, [client_id], tx)


async def leave(client_id: str, tx: Transaction) -> None:
    """§8.3: nobody may be used for a client whose contract has ended, and it has no word any more."""
    await standing_store.end_standings_of(tx, client_id)
    for subprocessor_id in await permission_store.delete_all_of(tx, client_id):
        permissions.erase(subprocessor_id, [client_id], tx)


def ending_name(client_id: str) -> str:
    """The name of the end of a client's contract in the agenda."""
    return f"client-ended/{client_id}"


async def _tell_of_plans(agreement: Agreement, tx: Transaction) -> None:
    today = deadlines.local_date(agreement, tx.now)
    for change in await change_store.load_announced(tx):
        await announcing.tell_clients(agreement, change, today, tx)
