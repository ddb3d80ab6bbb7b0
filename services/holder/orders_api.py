"""The orders of this holder: what it was told to do, how far it is, and what it answered (TER-3, TER-5)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chassis.asking import Cursor, PathId, Running, found, page_of
from chassis.http import Authenticated, Limit
from chassis.pages import Page
from chassis.rights import Caller, Right
from contracts.event import Id
from holder import order_queries
from holder.jobs import Kind, Status

router = APIRouter(tags=["orders"])


class OrderView(BaseModel):
    """One order. `counted` is what went so far, `reason` why it can't be carried out."""

    kind: Kind
    order_id: str
    status: Status
    category: str | None = Field(description="of an erasure and of a second look")
    act: str | None = Field(None, description="of a task about one person")
    clause: str = Field(description="of the agreement, that it rests on")
    clients: int
    client_id: str | None = Field(description="where the order is about one client")
    due_at: datetime
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    round: int = Field(description="how often it was to be carried out")
    counted: int
    halted: int = Field(description="of how many clients the rest stays")
    remaining: int | None = Field(description="what a second look found")
    reason: str | None


@router.get("/orders", summary="Orders, the newest first")
async def read_orders(
    *,
    caller: Authenticated,
    running: Running,
    kind: Kind | None = None,
    status: Status | None = None,
    client_id: Annotated[Id | None, Query(description="only orders that name this client")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[OrderView]:
    """For staff: an order may name many clients, so that no client reads it here; its plan tells it as much (§12)."""
    _staff(caller)
    rows = await order_queries.orders(
        running.pool,
        kind=kind,
        status=status,
        client_id=client_id,
        before=order_queries.place_of(cursor),
        limit=limit + 1,
    )
    views = [OrderView.model_validate(row) for row in rows]
    return page_of([(order, (order.received_at, order.kind.value, order.order_id)) for order in views], limit)


@router.get("/orders/{kind}/{order_id}", summary="One order")
async def read_order(kind: Kind, order_id: PathId, caller: Authenticated, running: Running) -> OrderView:
    """As in the list."""
    _staff(caller)
    return OrderView.model_validate(found(await order_queries.order(running.pool, kind, order_id)))


def _staff(caller: Caller) -> None:
    caller.require(Right.SEE_TERMINATIONS)
    caller.require(Right.SEE_ALL_CLIENTS)
