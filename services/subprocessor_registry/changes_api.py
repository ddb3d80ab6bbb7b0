"""The changes of the list: planned, in effect, refused; a client sees those that concern it, and its part (§4.3)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from chassis.asking import Cursor, PathId, Reading, found, page_of, whose
from chassis.database import Pool
from chassis.http import Authenticated, Limit
from chassis.pages import Page, decode_cursor
from chassis.rights import Caller, Right
from contracts.event import Id
from subprocessor_registry import change_queries
from subprocessor_registry.decisions import Status
from subprocessor_registry.views import ChangeAnswer, ChangeView, StandingView

router = APIRouter(tags=["changes"])
ChangeStatus = Literal["announced", "in_effect", "withdrawn", "corrected", "refused"]


@router.get("/changes", summary="Changes, the newest first")
async def read_changes(
    caller: Authenticated,
    pool: Reading,
    status: ChangeStatus | None = None,
    subprocessor_id: Id | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ChangeView]:
    """§4.3: for staff all of them, refused ones with the reason; for a client those that concern it."""
    caller.require(Right.SEE_CHANGES)
    before = decode_cursor(cursor, int)
    placed = await change_queries.changes(
        pool,
        client_id=whose(caller, None),
        status=status,
        subprocessor_id=subprocessor_id,
        before=int(before[0]) if before else None,
        limit=limit + 1,
    )
    return page_of([(change, (seq,)) for seq, change in placed], limit)


@router.get("/changes/{change_id}", summary="One change, with the way to its date")
async def read_change(change_id: PathId, caller: Authenticated, pool: Reading) -> ChangeAnswer:
    """§4.3, §4.4: what is planned and why on that day; where the calling client stands, or how many stand where."""
    caller.require(Right.SEE_CHANGES)
    change, standing = await see(pool, caller, change_id)
    counts = await change_queries.count_standings(pool, change_id) if standing is None else None
    return ChangeAnswer(**dict(change), standing=standing, clients=counts)


@router.get("/changes/{change_id}/clients", summary="Where each client stands with a change")
async def read_clients(
    change_id: PathId,
    caller: Authenticated,
    pool: Reading,
    status: Annotated[Status | None, Query(description="only the clients that stand here")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[StandingView]:
    """§4.4: for staff: every client's receipt, its last day to object, and what became of it."""
    caller.require(Right.SEE_CHANGES)
    caller.require(Right.SEE_ALL_CLIENTS)
    found(await change_queries.change(pool, change_id))
    after = decode_cursor(cursor, str)
    clients = await change_queries.standings(pool, change_id, status, str(after[0]) if after else "", limit + 1)
    return page_of([(client, (client.client_id,)) for client in clients], limit)


async def see(pool: Pool, caller: Caller, change_id: str) -> tuple[ChangeView, StandingView | None]:
    """A change, with a client's own standing; for a client, a change that doesn't concern it isn't there (§12)."""
    change = found(await change_queries.change(pool, change_id))
    client_id = whose(caller, None)
    return change, None if client_id is None else found(await change_queries.standing(pool, change_id, client_id))
