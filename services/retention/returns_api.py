"""What is returned: packages, the client's word that it has them, and what is never returned (§8.3)."""

from http import HTTPStatus

from fastapi import APIRouter

from chassis.asking import PathId, Reading, Running, found
from chassis.http import Authenticated
from chassis.message import NOBODY
from chassis.problems import Problem
from chassis.rights import Right
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.retention import MissedWhy
from contracts.returning import ReturnAbandoned, ReturnAcknowledged, ReturnWaived
from retention import order_store, queries
from retention.asking import Once
from retention.decisions import weigh_abandonment, weigh_waiver
from retention.terminations import Order
from retention.views import AcknowledgementBody, OrderView, PackageView, UnreachableBody, WaiverBody

router = APIRouter(tags=["returns"])


@router.get("/clients/{client_id}/packages", summary="What is returned")
async def read_packages(client_id: PathId, caller: Authenticated, pool: Reading) -> list[PackageView]:
    """§8.3: where each package can be fetched, until when, what it holds, and its checksums."""
    caller.require(Right.FETCH)
    caller.require_client(client_id)
    return await queries.packages(pool, client_id)


@router.post(
    "/clients/{client_id}/acknowledgement", status_code=HTTPStatus.CREATED, summary="Acknowledge what was returned"
)
async def acknowledge(
    client_id: PathId, body: AcknowledgementBody, caller: Authenticated, running: Running, cause: Once
) -> list[PackageView]:
    """§8.3: the client has its data; once all packages are acknowledged, deletion follows."""
    caller.require(Right.FETCH)
    caller.require_client(client_id)
    said = ReturnAcknowledged(
        client_id=client_id,
        order_id=body.order_id,
        acknowledged_by=caller.subject,
        received_at=running.clock.now(),
    )
    await running.processor.submit(said, cause)
    return await queries.packages(running.pool, client_id)


@router.post(
    "/clients/{client_id}/returns/{order_id}/waiver",
    status_code=HTTPStatus.CREATED,
    summary="Give up what a holder was to return",
)
async def waive(
    client_id: PathId, order_id: PathId, body: WaiverBody, caller: Authenticated, running: Running, cause: Once
) -> OrderView:
    """§8.3: deletion waits for this package no more; 409 where it is made, or deletion has begun."""
    caller.require(Right.CHOOSE)
    caller.require_client(client_id)
    said = ReturnWaived(
        client_id=client_id,
        order_id=order_id,
        waived_by=caller.subject,
        received_at=running.clock.now(),
        reason=body.reason,
    )
    order = await _order(running, order_id)
    found(order if order is not None and client_id in order.client_ids else None)
    await running.processor.submit(said, cause)
    answer = found(await queries.order(running.pool, order_id))
    if answer.state != MissedWhy.WAIVED:
        refused = weigh_waiver(await _order(running, order_id), said)
        raise Problem(HTTPStatus.CONFLICT, refused.reason if refused else "it is not given up: say it again")
    return answer


@router.post(
    "/orders/{order_id}/unreachable", status_code=HTTPStatus.CREATED, summary="Declare that a holder can't be reached"
)
async def declare_unreachable(
    order_id: PathId, body: UnreachableBody, caller: Authenticated, running: Running, cause: Once
) -> OrderView:
    """§8.3: what it was to return is not returned: the client is told, and has the time to fetch before anything goes.

    409 where the holder was not reminded in vain yet, nor said that it can't, and where nothing is waited for.
    """
    caller.require(Right.ANSWER_ORDERS)
    order = found(await _order(running, order_id))
    said = ReturnAbandoned(
        client_id=next(iter(order.client_ids), "nobody"),
        order_id=order_id,
        declared_by=caller.subject,
        declared_at=running.clock.now(),
        reason=body.reason,
    )
    await running.processor.submit(said, cause)
    answer = found(await queries.order(running.pool, order_id))
    if answer.state != MissedWhy.UNREACHABLE:
        refused = weigh_abandonment(await _order(running, order_id), said)
        raise Problem(HTTPStatus.CONFLICT, refused.reason if refused else "it is not declared: say it again")
    return answer


async def _order(running: Runtime, order_id: str) -> Order | None:
    async with running.pool.acquire() as connection:
        return await order_store.load_order(Transaction(connection, "order", running.clock.now(), NOBODY), order_id)
