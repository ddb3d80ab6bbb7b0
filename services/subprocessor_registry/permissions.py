"""What the platform reads of who may be used for whom: said anew whenever the state says something else (§4.4)."""

from collections.abc import Iterable, Sequence

from agreement import deadlines
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.permission import PermissionSet, Standing
from subprocessor_registry import permission_store
from subprocessor_registry.permitting import permission_of


async def refresh(agreement: Agreement, subprocessor_id: str, client_ids: Sequence[str], tx: Transaction) -> None:
    """The last word on a sub-processor and each of these clients is what the state says now."""
    today = deadlines.local_date(agreement, tx.now)
    cases = await permission_store.load_cases(tx, subprocessor_id, client_ids, today)
    words = {case.client_id: permission_of(agreement, case) for case in cases}
    await publish([word for word in words.values() if word is not None], tx)
    silent = [client_id for client_id, word in words.items() if word is None]
    erase(subprocessor_id, await permission_store.delete_permissions(tx, subprocessor_id, silent), tx)


async def publish(permissions: Sequence[PermissionSet], tx: Transaction) -> None:
    """Say these where they are something new."""
    for permission in await permission_store.save_permissions(tx, permissions) if permissions else ():
        tx.emit(permission)


def erase(subprocessor_id: str, client_ids: Iterable[str], tx: Transaction) -> None:
    """There is no word any more on the sub-processor and these clients, which bars it."""
    for client_id in client_ids:
        tx.erase(
            PermissionSet(
                client_id=client_id, subprocessor_id=subprocessor_id, standing=Standing.BARRED, reason="", clause=""
            )
        )
