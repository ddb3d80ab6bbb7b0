"""What follows for the list and for each client's permissions when a day comes or a client speaks (§4.3, §4.4)."""

from collections.abc import Sequence

from agreement import deadlines
from agreement.schema import Agreement
from agreement.sub_processing import Gate
from chassis.transaction import Transaction
from contracts.change import ChangeKind, ChangeTookEffect
from subprocessor_registry import change_store, list_store, permission_store, permissions, standing_store
from subprocessor_registry.changes import Change

CLIENTS_PER_EVENT = 500


async def reach_day(agreement: Agreement, change: Change, tx: Transaction) -> None:
    """§4.3: on its day a change enters the list; who is not clear by then is barred from what is new to it."""
    if change.status != "announced" or not await _gate_is_open(agreement, change, tx):
        return
    today = deadlines.local_date(agreement, tx.now)
    await change_store.close_change(tx, change.change_id, "in_effect")
    if change.kind is ChangeKind.REMOVAL:
        await _remove(change, tx)
        return
    await list_store.list_from(
        tx, change.subprocessor_id, change.facts, change.change_id, max(change.effective_on, today)
    )
    await let_in(agreement, change, tx)
    if change.kind is ChangeKind.MODIFICATION:
        concerned = await standing_store.load_concerned(tx, change.change_id)
        await permissions.refresh(agreement, change.subprocessor_id, concerned, tx)


async def let_in(agreement: Agreement, change: Change, tx: Transaction) -> None:
    """§4.4: what is in effect on the list takes effect for every client that is clear."""
    clients = await standing_store.load_clear(tx, change.change_id)
    if not clients:
        return
    await standing_store.take_effect(tx, change.change_id, clients, deadlines.local_date(agreement, tx.now))
    await permissions.refresh(agreement, change.subprocessor_id, clients, tx)
    _tell_effect(change, clients, tx)


async def settle(agreement: Agreement, change: Change, tx: Transaction) -> None:
    """A client became clear: the change takes effect for it if its day has come; with a common gate, maybe for all."""
    if change.status == "in_effect":
        await let_in(agreement, change, tx)
    elif change.effective_on <= deadlines.local_date(agreement, tx.now):
        await reach_day(agreement, change, tx)


async def after_word(agreement: Agreement, change: Change, client_id: str, tx: Transaction) -> None:
    """§4.4: a client spoke: the change may take effect, and what may be used for the client is said anew."""
    await settle(agreement, change, tx)
    await permissions.refresh(agreement, change.subprocessor_id, [client_id], tx)


async def _gate_is_open(agreement: Agreement, change: Change, tx: Transaction) -> bool:
    """Where the agreement has one gate for all, a change waits until no client stands against it any more."""
    if agreement.sub_processing.gate is Gate.PER_CLIENT or change.kind is ChangeKind.REMOVAL:
        return True
    return await standing_store.count_unclear(tx, change.change_id) == 0


async def _remove(change: Change, tx: Transaction) -> None:
    await list_store.unlist_from(tx, change.subprocessor_id, change.effective_on)
    clients = await standing_store.load_clear(tx, change.change_id)
    await standing_store.take_effect(tx, change.change_id, clients, change.effective_on)
    await standing_store.end_standings_before(tx, change)
    permissions.erase(change.subprocessor_id, await permission_store.delete_all(tx, change.subprocessor_id), tx)
    _tell_effect(change, clients, tx)


def _tell_effect(change: Change, clients: Sequence[str], tx: Transaction) -> None:
    for start in range(0, len(clients), CLIENTS_PER_EVENT):
        tx.emit(
            ChangeTookEffect(
                change_id=change.change_id,
                subprocessor_id=change.subprocessor_id,
                kind=change.kind,
                effective_on=change.effective_on,
                client_ids=tuple(clients[start : start + CLIENTS_PER_EVENT]),
            )
        )
