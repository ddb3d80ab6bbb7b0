"""What holders answer: held against the order that was kept, and recorded, or refused with the reason (SUB-7)."""

from agreement import deadlines
from agreement.duties import Rule
from agreement.schema import Agreement
from chassis.transaction import Transaction
from contracts.cease import CeaseConfirmed
from contracts.erasure import ErasureChecked, ErasureConfirmed, ErasureFailed
from contracts.holder import HolderKind
from contracts.retention import OrderKind, RetentionFlagged, RetentionOrderFailed
from contracts.returning import ReturnConfirmed, ReturnDownloaded, ReturnFailed, ReturnOrdered
from contracts.schedule import ScheduleCheckDue
from retention import flags, holder_store, order_store, orders, package_store, task_store
from retention.decisions import weigh_answer
from retention.terminations import Order, State

Answer = CeaseConfirmed | ErasureConfirmed | ErasureFailed | ReturnConfirmed | ReturnFailed


async def ceased(confirmed: CeaseConfirmed, tx: Transaction) -> None:
    """TER-1: the holder has ceased."""
    order = await _open(confirmed, OrderKind.CEASE, tx)
    if order is not None:
        await _close(confirmed, tx)


async def return_made(made: ReturnConfirmed, tx: Transaction) -> str | None:
    """TER-5: a package is ready; returns the termination that it belongs to."""
    order = await _open(made, OrderKind.RETURN, tx)
    if order is None or order.termination_id is None:
        return None
    said = await order_store.load_said(tx, made.order_id)
    await _close(made, tx)
    asked_until = said.available_until if isinstance(said, ReturnOrdered) else None
    await package_store.insert_package(tx, order.termination_id, made, asked_until)
    return order.termination_id


async def return_failed(failed: ReturnFailed, tx: Transaction) -> None:
    """A holder can't make its package."""
    order = await _open(failed, OrderKind.RETURN, tx)
    if order is not None:
        await _fail(order, failed.reason, tx)


async def return_fetched(fetched: ReturnDownloaded, tx: Transaction) -> None:
    """The client has fetched a package; what fits none is told to its holder."""
    if not await package_store.note_download(tx, fetched):
        order = await order_store.lock_order(tx, fetched.order_id)
        refused = weigh_answer(order, fetched.order_id, fetched.holder_id, OrderKind.RETURN)
        if refused is not None:
            tx.emit(refused)


async def erased(agreement: Agreement, confirmed: ErasureConfirmed, tx: Transaction) -> str | None:
    """TER-3: what a holder has deleted, with its evidence; returns the termination that it belongs to."""
    order = await _open(confirmed, OrderKind.ERASURE, tx)
    if order is None:
        return None
    await _close(confirmed, tx)
    await _flag_stored(agreement, order, confirmed, tx)
    if order.termination_id is None or order.category is None:
        return None
    await task_store.add_evidence(tx, order.termination_id, order.category, confirmed)
    await _carry_on(agreement, order, confirmed, tx)
    return order.termination_id


async def erasure_failed(failed: ErasureFailed, tx: Transaction) -> str | None:
    """A holder can't delete; returns the termination that it belongs to."""
    order = await _open(failed, OrderKind.ERASURE, tx)
    if order is None:
        return None
    await _fail(order, failed.reason, tx)
    return order.termination_id


async def is_checked(said: ErasureChecked, tx: Transaction) -> bool:
    """TER-6: a second look was taken; False if nobody ordered it."""
    order = await order_store.lock_order(tx, said.order_id)
    refused = weigh_answer(order, said.order_id, said.holder_id, OrderKind.CHECK)
    if refused is not None:
        tx.emit(refused)
        return False
    await order_store.answer(tx, said.order_id, said)
    tx.cancel(orders.reminder_name(said.order_id))
    return True


async def _carry_on(agreement: Agreement, order: Order, confirmed: ErasureConfirmed, tx: Transaction) -> None:
    """An own system looks again later; a sub-processor's word is the last; who was stopped waits."""
    if confirmed.halted:
        await task_store.set_state(tx, order.order_id, State.HALTED)
    elif await holder_store.kind_of(tx, order.holder_id) is HolderKind.INTERNAL:
        await task_store.set_state(tx, order.order_id, State.CONFIRMED)
        today = deadlines.local_date(agreement, tx.now)
        at = orders.due_on(agreement, today, agreement.periods.second_look)
        tx.emit_at(ScheduleCheckDue(order_id=order.order_id), at, f"check/{order.order_id}")
    else:
        await task_store.set_state(tx, order.order_id, State.DONE)


async def _flag_stored(agreement: Agreement, order: Order, confirmed: ErasureConfirmed, tx: Transaction) -> None:
    """RET-1: who had something to delete of a category that is never stored, stored it."""
    rule = next((rule for rule in agreement.retention if rule.category == order.category), None)
    if rule is None or rule.rule is not Rule.NEVER_STORED or not confirmed.count:
        return
    for client_id in order.client_ids:
        await flags.raise_flag(
            tx,
            RetentionFlagged(
                client_id=client_id,
                holder_id=order.holder_id,
                category=order.category,
                seen_at=confirmed.finished_at,
                reason=f"{order.holder_id} deleted {confirmed.count} records of a category that is never stored",
                clause=rule.clause,
            ),
        )


async def _open(said: Answer, kind: OrderKind, tx: Transaction) -> Order | None:
    """The order that an answer is to, if it counts; else it is refused."""
    order = await order_store.lock_order(tx, said.order_id)
    refused = weigh_answer(order, said.order_id, said.holder_id, kind)
    if refused is not None:
        tx.emit(refused)
        return None
    return order


async def _close(said: CeaseConfirmed | ErasureConfirmed | ReturnConfirmed, tx: Transaction) -> None:
    await order_store.answer(tx, said.order_id, said)
    tx.cancel(orders.reminder_name(said.order_id))


async def _fail(order: Order, reason: str, tx: Transaction) -> None:
    await order_store.note_failure(tx, order.order_id, reason)
    tx.emit(
        RetentionOrderFailed(
            order_id=order.order_id,
            kind=order.kind,
            holder_id=order.holder_id,
            category=order.category,
            reason=reason,
        )
    )
