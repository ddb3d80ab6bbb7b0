"""A restored backup brings back what was erased since it was taken: all of it is ordered away again (TER-6)."""

from agreement.book import Book
from agreement.deadlines import local_date
from chassis.transaction import Transaction
from contracts.holder import HolderRestored
from contracts.ordering import Purpose
from contracts.retention import OrderKind
from contracts.schedule import ScheduleSweepDue
from retention import client_store, order_store, orders, progress, sweeping, task_store, termination_store
from retention.order_store import Placed


async def order_again(book: Book, restored: HolderRestored, tx: Transaction) -> None:
    """Ends of contracts line by line, ended synchronisations, and today's rolling cut-offs, which cover those before.

    What a client deleted by hand after the backup carries no mark any more: the holder must bring its marks back.
    """
    erased = await task_store.load_restored(tx, restored.holder_id, restored.backup_taken_at)
    for client_id, order_ids in erased.items():
        await client_store.lock_client(tx, client_id, local_date(book.latest, tx.now))
        current = await termination_store.load_of_orders(tx, order_ids)
        for termination, signed, those in current:
            await progress.order_again(book[signed], termination, those, Purpose.RESTORE, tx)
    await _desynchronised(book, restored, tx)
    await sweeping.sweep(
        book,
        ScheduleSweepDue(sweep_on=restored.restored_at.date().isoformat(), holder_id=restored.holder_id),
        tx,
    )


async def _desynchronised(book: Book, restored: HolderRestored, tx: Transaction) -> None:
    due_at = orders.due_on(book.latest, tx.now.date(), book.latest.periods.erasure_answer)
    placed = []
    for said in await order_store.load_desynchronised(tx, restored.holder_id, restored.backup_taken_at):
        again = said.model_copy(
            update={
                "order_id": tx.cause.derive(f"restore/{said.order_id}"),
                "due_at": due_at,
                "purpose": Purpose.RESTORE,
                "reminder": 0,
            }
        )
        clients = tuple(scope.client_id for scope in said.scopes)
        placed.append(Placed(again.order_id, OrderKind.ERASURE, Purpose.RESTORE, again, clients))
    await orders.place(tx, placed)
