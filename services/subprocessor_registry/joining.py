"""What follows when a client's contract begins or is over (§4.3, §8.3)."""

from datetime import date

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from subprocessor_registry import (
    announcing,
    change_store,
    client_store,
    list_store,
    permission_store,
    permissions,
    standing_store,
)
from subprocessor_registry.permitting import permit_listed


async def enter(agreement: Agreement, client_id: str, on: date, tx: Transaction) -> None:
    """The list as it stands is permitted from the contract's first day; what is planned concerns the client."""
    tx.cancel(ending_name(client_id))
    await client_store.begin_contract(tx, client_id, on)
    listed = await list_store.load_list(tx)
    await permissions.publish([permit_listed(agreement, client_id, each, on) for each in listed], tx)
    today = deadlines.local_date(agreement, tx.now)
    for change in await change_store.load_announced(tx):
        await announcing.tell_clients(agreement, change, today, tx)


async def leave(client_id: str, tx: Transaction) -> None:
    """§8.3: nobody may be used for a client whose contract has ended, and it has no word any more."""
    await standing_store.end_standings_of(tx, client_id)
    for subprocessor_id in await permission_store.delete_all_of(tx, client_id):
        permissions.erase(subprocessor_id, [client_id], tx)


def ending_name(client_id: str) -> str:
    """The name of the end of a client's contract in the agenda."""
    return f"client-ended/{client_id}"
