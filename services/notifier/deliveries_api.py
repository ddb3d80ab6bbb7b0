"""Deliveries: every way by which a notice went, every attempt and its answer, and sending it again."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from chassis.asking import Cursor, PathId, Reading, Running, found, page_of, whose
from chassis.http import Authenticated, Limit
from chassis.pages import Page
from chassis.problems import Problem
from chassis.rights import Right
from contracts.event import Id
from notifier import deliveries
from notifier.asking import App, Once, place_of
from notifier.views import DeliveryAnswer, DeliveryStatus, DeliveryView

router = APIRouter(tags=["deliveries"])


@router.get("/deliveries", summary="Deliveries, the newest first")
async def read_deliveries(
    *,
    caller: Authenticated,
    pool: Reading,
    client_id: Annotated[Id | None, Query(description="for staff: one client; all where it is missing")] = None,
    notice_id: Id | None = None,
    order_id: Annotated[Id | None, Query(description="the order that its notice carries out")] = None,
    status: DeliveryStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DeliveryView]:
    """Each channel and each endpoint is a delivery of its own."""
    caller.require(Right.SEE_DELIVERIES)
    items = await deliveries.deliveries(
        pool,
        client_id=whose(caller, client_id),
        notice_id=notice_id,
        order_id=order_id,
        status=status,
        before=place_of(cursor),
        limit=limit + 1,
    )
    return page_of([(delivery, (delivery.created_at, delivery.delivery_id)) for delivery in items], limit)


@router.get("/deliveries/{delivery_id}", summary="One delivery, with every attempt")
async def read_delivery(delivery_id: PathId, caller: Authenticated, pool: Reading) -> DeliveryAnswer:
    """The address that each attempt went to, how long it took, and the beginning of what was answered."""
    caller.require(Right.SEE_DELIVERIES)
    delivery = found(await deliveries.one(pool, delivery_id))
    caller.require_client(delivery.client_id)
    return DeliveryAnswer(delivery=delivery, attempts=await deliveries.attempts(pool, delivery_id))


@router.post("/deliveries/{delivery_id}/resend", status_code=HTTPStatus.ACCEPTED, summary="Send it again, now")
async def resend(delivery_id: PathId, caller: Authenticated, app: App, running: Running, cause: Once) -> DeliveryView:
    """Delivered ones too; a webhook keeps its id, so that its receiver knows it. A letter is on the work list again."""
    caller.require(Right.RESEND)
    async with running.processor.transaction(cause, [cause.inbox_key]) as tx:
        delivery = found(await deliveries.locked(tx, delivery_id))
        caller.require_client(delivery.client_id)
        if tx.new:
            if delivery.endpoint_id and await deliveries.is_disabled(tx, delivery.endpoint_id):
                raise Problem(HTTPStatus.CONFLICT, f"endpoint {delivery.endpoint_id} is disabled: enable it first")
            await deliveries.send_again(tx, delivery_id)
            await app.call_deliverer(tx)
        return found(await deliveries.one(tx.connection, delivery_id))
