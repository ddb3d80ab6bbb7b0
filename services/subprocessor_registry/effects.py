"""What follows for the list and for each client's permissions when a day comes or a client speaks (§4.3, §4.4)."""

from collections.abc import Sequence
from datetime import date

from agreement import deadlines
from agreement.schema import Agreement
from agreement.sub_processing import Gate
from chassis.transaction import Transaction
from contracts.change import ChangeKind, ChangeTookEffect
from contracts.mitigation import MitigationAnswered
from contracts.permission import PermissionSet, Standing
from subprocessor_registry import change_store, list_store, permission_store, standing_store
from subprocessor_registry.decisions import ClientChange, Status, bar
from subprocessor_registry.planning import Change
from subprocessor_registry.reasons import Reason, ReasonCode

CLIENTS_PER_EVENT = 500


async def permit_list(agreement: Agreement, client_id: str, on: date, tx: Transaction) -> None:
    """§4.3: with its signature a client accepts the list as it stands, from the first day of its contract on."""
    listed = await list_store.load_list(tx)
    reason = "on the list when the client signed"
    await _permit(agreement, client_id, sorted(listed), on, reason, tx)


async def permit_again(agreement: Agreement, client_id: str, tx: Transaction) -> None:
    """§8.3: the contract goes on: what its end took is permitted again, but for what the client was not clear about."""
    spoken_of = await permission_store.load_permissions(tx, client_id)
    unfinished = await standing_store.load_unfinished(tx, client_id)
    listed = set(await list_store.load_list(tx)) - spoken_of - unfinished
    today = deadlines.local_date(agreement, tx.now)
    reason = "on the list, and the client's contract was reinstated"
    await _permit(agreement, client_id, sorted(listed), today, reason, tx)


async def _permit(
    agreement: Agreement, client_id: str, subprocessor_ids: Sequence[str], on: date, reason: str, tx: Transaction
) -> None:
    await _publish(
        [
            PermissionSet(
                client_id=client_id,
                subprocessor_id=subprocessor_id,
                standing=Standing.PERMITTED,
                permitted_from=on,
                reason=reason,
                clause=agreement.sub_processing.clause,
            )
            for subprocessor_id in subprocessor_ids
        ],
        tx,
    )


async def end_client(client_id: str, tx: Transaction) -> None:
    """§8.3: nobody may be used for a client whose contract has ended."""
    for subprocessor_id in await standing_store.end_standings_of(tx, client_id):
        _erase(client_id, subprocessor_id, tx)


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
    if change.kind is ChangeKind.MODIFICATION:
        reason = "its facts changed, and this client's window is open or its objection stands"
        barred = [
            bar(standing, reason, agreement.objection.clause)
            for standing in await standing_store.load_unclear(tx, change)
        ]
        await _publish(barred, tx)
    await let_in(agreement, change, tx)


async def let_in(agreement: Agreement, change: Change, tx: Transaction) -> None:
    """§4.4: what is in effect on the list takes effect for every client that is clear."""
    clients = await standing_store.load_clear(tx, change.change_id)
    if not clients:
        return
    today = deadlines.local_date(agreement, tx.now)
    first_days = await standing_store.take_effect(tx, change.change_id, clients, today)
    await _publish(
        [
            PermissionSet(
                client_id=client_id,
                subprocessor_id=change.subprocessor_id,
                standing=Standing.PERMITTED,
                permitted_from=first_days[client_id],
                reason="notice was received, the time to object is over, and no objection stands",
                clause=agreement.objection.clause,
                change_id=change.change_id,
            )
            for client_id in clients
        ],
        tx,
    )
    _tell_effect(change, clients, tx)


async def settle(agreement: Agreement, change: Change, tx: Transaction) -> None:
    """A client became clear: the change takes effect for it if its day has come; with a common gate, maybe for all."""
    if change.status == "in_effect":
        await let_in(agreement, change, tx)
    elif change.effective_on <= deadlines.local_date(agreement, tx.now):
        await reach_day(agreement, change, tx)


async def bar_client(agreement: Agreement, standing: ClientChange, tx: Transaction) -> None:
    """§4.4: for this client, not this sub-processor; a window that runs has nothing more to decide."""
    tx.cancel(window_name(standing.change_id, standing.client_id))
    await _publish([bar(standing, "the client's objection was accepted", agreement.objection.clause)], tx)


async def after_answer(
    agreement: Agreement, standing: ClientChange, kind: str, answer: MitigationAnswered, tx: Transaction
) -> Reason:
    """§4.4: a refused offer leaves the client barred; an accepted one has the effect that the agreement gives its kind.

    Returns what follows.
    """
    if not answer.accepted:
        await standing_store.set_status(tx, standing, Status.OBJECTED)
        return Reason(ReasonCode.STAYS_BARRED)
    if kind not in agreement.mitigation.barred_if_accepted:
        await standing_store.set_status(tx, standing, Status.CLEAR)
        return Reason(ReasonCode.CONFIGURED)
    await standing_store.set_status(tx, standing, Status.MITIGATED)
    return Reason(ReasonCode.ALTERNATIVE)


def window_name(change_id: str, client_id: str) -> str:
    """The name of a window's end in the agenda."""
    return f"window/{change_id}/{client_id}"


def ending_name(client_id: str) -> str:
    """The name of the end of a client's contract in the agenda."""
    return f"client-ended/{client_id}"


async def _gate_is_open(agreement: Agreement, change: Change, tx: Transaction) -> bool:
    """Where the agreement has one gate for all, a change waits until no client stands against it any more."""
    if agreement.sub_processing.gate is Gate.PER_CLIENT or change.kind is ChangeKind.REMOVAL:
        return True
    return await standing_store.count_unclear(tx, change.change_id) == 0


async def _remove(change: Change, tx: Transaction) -> None:
    await list_store.unlist_from(tx, change.subprocessor_id, change.effective_on)
    clients = await standing_store.load_clear(tx, change.change_id)
    await standing_store.take_effect(tx, change.change_id, clients, change.effective_on)
    for client_id in await permission_store.delete_permissions(tx, change.subprocessor_id):
        _erase(client_id, change.subprocessor_id, tx)
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


async def _publish(permissions: Sequence[PermissionSet], tx: Transaction) -> None:
    for permission in await permission_store.save_permissions(tx, permissions) if permissions else ():
        tx.emit(permission)


def _erase(client_id: str, subprocessor_id: str, tx: Transaction) -> None:
    tx.erase(
        PermissionSet(
            client_id=client_id, subprocessor_id=subprocessor_id, standing=Standing.BARRED, reason="", clause=""
        )
    )
