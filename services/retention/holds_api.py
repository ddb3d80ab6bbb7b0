"""Holds: what forbids a deletion for a while, and whether data may be processed meanwhile (§8.3)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request

from chassis.asking import Cursor, PathId, Reading, Running, found, page_of, whose
from chassis.http import Authenticated, Limit
from chassis.pages import Page, decode_cursor
from chassis.problems import Problem
from chassis.rights import Right
from contracts.event import Id
from contracts.hold import HoldLifted, HoldPlaced
from retention import accessing, queries
from retention.asking import Once, app_of
from retention.views import AccessAnswer, AccessBody, FlagView, HoldBody, HoldView, LiftBody

router = APIRouter(tags=["holds"])


@router.get("/clients/{client_id}/holds", summary="The holds on a client's data")
async def read_holds(client_id: PathId, caller: Authenticated, pool: Reading) -> list[HoldView]:
    """§8.3: with legal basis and end, those that are over included."""
    caller.require(Right.SEE_TERMINATIONS)
    caller.require_client(client_id)
    return await queries.holds(pool, client_id)


@router.post("/clients/{client_id}/holds", status_code=HTTPStatus.CREATED, summary="Place a hold")
async def place_hold(
    client_id: PathId, body: HoldBody, caller: Authenticated, running: Running, cause: Once
) -> HoldView:
    """§8.3: nothing of these data is deleted from now on; 409 where the hold can't stand."""
    caller.require(Right.HOLD)
    found(await queries.knows(running.pool, client_id) or None)
    placed = HoldPlaced(
        client_id=client_id,
        placed_by=caller.subject,
        categories=tuple(body.categories),
        **body.model_dump(exclude={"categories"}),
    )
    await running.processor.submit(placed, cause)
    for hold in await queries.holds(running.pool, client_id):
        if hold.hold_id == body.hold_id and hold.lifted_at is None:
            return hold
    raise Problem(HTTPStatus.CONFLICT, "the hold can't stand: a category is unknown, its end has passed, or it is over")


@router.post("/clients/{client_id}/holds/{hold_id}/end", status_code=HTTPStatus.CREATED, summary="Lift a hold")
async def lift_hold(
    client_id: PathId, hold_id: PathId, body: LiftBody, caller: Authenticated, running: Running, cause: Once
) -> HoldView:
    """§8.3: what only this hold kept goes by itself; 404 where there is no such hold."""
    caller.require(Right.HOLD)
    lifted = HoldLifted(client_id=client_id, hold_id=hold_id, reason=body.reason, lifted_by=caller.subject)
    known = [hold for hold in await queries.holds(running.pool, client_id) if hold.hold_id == hold_id]
    found(known or None)
    await running.processor.submit(lifted, cause)
    return next(hold for hold in await queries.holds(running.pool, client_id) if hold.hold_id == hold_id)


@router.post("/access-checks", summary="May these data be processed?", tags=["flags"])
async def check_access(
    body: AccessBody, request: Request, caller: Authenticated, running: Running, cause: Once
) -> AccessAnswer:
    """§8.3: no after the end of the contract, with what the data are kept for; each refusal is recorded."""
    caller.require(Right.CHECK_ACCESS)
    async with running.processor.transaction(cause) as tx:
        refused = await accessing.check(app_of(request).book, body, tx)
    return AccessAnswer(allowed=refused is None, reason=refused)


@router.get("/flags", summary="What should not be", tags=["flags"])
async def read_flags(
    *,
    caller: Authenticated,
    pool: Reading,
    client_id: Annotated[Id | None, Query(description="for staff: one client; all where it is missing")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[FlagView]:
    """§8.3, Appendix A: processing after the end, data that are never stored, a return that nobody can make."""
    caller.require(Right.SEE_TERMINATIONS)
    after = queries.place_of(decode_cursor(cursor, str, str))
    return page_of(await queries.flags(pool, client_id=whose(caller, client_id), after=after, limit=limit + 1), limit)
