"""Orders to holders, what is overdue, and what a sub-processor confirmed by letter (§8.3, SUB-7)."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from chassis.asking import Cursor, PathId, Running, found, page_of, whose
from chassis.errors import Rejected
from chassis.http import Authenticated, Limit
from chassis.pages import Page, decode_cursor
from chassis.problems import Problem
from chassis.rights import Right
from contracts.erasure import ErasureConfirmed
from contracts.event import Id
from contracts.retention import OrderKind
from retention import queries
from retention.asking import Once
from retention.views import ConfirmationBody, OrderView

router = APIRouter(tags=["orders"])


@router.get("/orders", summary="Orders to holders, by when they are due")
async def read_orders(
    *,
    caller: Authenticated,
    running: Running,
    client_id: Annotated[Id | None, Query(description="for staff: one client; all where it is missing")] = None,
    holder_id: Id | None = None,
    state: Literal["open", "answered", "halted", "withdrawn"] | None = None,
    overdue: Annotated[bool, Query(description="only what should have been answered")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[OrderView]:
    """§8.3: what was ordered from whom, when its answer is due, and what came of it."""
    caller.require(Right.SEE_TERMINATIONS)
    items = await queries.orders(
        running.pool,
        client_id=whose(caller, client_id),
        holder_id=holder_id,
        state=state,
        overdue_at=running.clock.now() if overdue else None,
        after=queries.place_of(decode_cursor(cursor, str, str)),
        limit=limit + 1,
    )
    return page_of([(order, (order.due_at.isoformat(), order.order_id)) for order in items], limit)


@router.post("/orders/{order_id}/confirmation", status_code=HTTPStatus.CREATED, summary="Enter a holder's answer")
async def confirm_for_holder(
    order_id: PathId, body: ConfirmationBody, caller: Authenticated, running: Running, cause: Once
) -> OrderView:
    """SUB-7: what a sub-processor confirmed by letter, with its evidence; 409 where something else is its answer.

    422 where the deletion is said to end in the future: evidence is of what was done.
    """
    caller.require(Right.ANSWER_ORDERS)
    order = found(await queries.order(running.pool, order_id))
    said = _answer(order, body)
    now = running.clock.now()
    if said.finished_at > now:
        raise Rejected(f"it lies in the future: it is {now:%Y-%m-%dT%H:%M:%SZ} now", "finished_at")
    await running.processor.submit(said, cause)
    answered = found(await queries.order(running.pool, order_id))
    if answered.answered_at is None:
        raise Problem(HTTPStatus.CONFLICT, "the order was taken back")
    if await queries.answer(running.pool, order_id) != said:
        raise Problem(HTTPStatus.CONFLICT, f"the order was answered already on {answered.answered_at.date()}")
    return answered


def _answer(order: OrderView, body: ConfirmationBody) -> ErasureConfirmed:
    if order.kind is OrderKind.ERASURE:
        return ErasureConfirmed(
            order_id=order.order_id,
            holder_id=order.holder_id,
            unreached=tuple(body.unreached),
            **body.model_dump(exclude={"unreached"}),
        )
    raise Problem(HTTPStatus.CONFLICT, f"an order of the kind {order.kind} is answered by its holder alone")
