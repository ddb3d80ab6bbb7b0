"""What the registry answers people, each what it may see: first of all the list of sub-processors (§4.3, §12)."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import AwareDatetime

from agreement import deadlines
from chassis.asking import Cursor, PathId, Reading, Running, found, page_of, whose
from chassis.http import Authenticated, Limit, create_api
from chassis.pages import Page, decode_cursor, form, table
from chassis.rights import Right
from chassis.service import Runtime
from contracts.event import Id
from subprocessor_registry import answers_api, changes_api, listing_queries, simulations_api
from subprocessor_registry.asking import Agreements
from subprocessor_registry.views import HistoryLine, ListAnswer, ListedLine, PermissionView

if TYPE_CHECKING:
    from subprocessor_registry.app import Registry

VERSION: Final = "1.0"
_DESCRIPTION: Final = """
The list of sub-processors as of any day, the changes that are planned with their dates and reasons, and what clients
say about them. A client's token reaches that client's records; another's do not exist for it. Every post takes an
`Idempotency-Key`: what is sent again under the same key is carried out once and answered the same.
"""
router = APIRouter()


def build(app: "Registry", runtime: Runtime) -> FastAPI:
    """The registry's HTTP API."""
    api = create_api("Sub-processor registry", VERSION, runtime.access, _DESCRIPTION)
    api.state.book = app.book
    api.state.runtime = runtime
    for part in (router, changes_api.router, answers_api.router, simulations_api.router):
        api.include_router(part)
    return api


@router.get(
    "/sub-processors",
    tags=["list"],
    summary="The list as of a day",
    responses={200: {"model": ListAnswer, "content": {"text/csv": {}, "text/html": {}}}},
    dependencies=[Depends(form)],
)
async def read_list(
    request: Request,
    caller: Authenticated,
    book: Agreements,
    running: Running,
    on: Annotated[
        date | None, Query(description="the day, today where it is missing; what is planned isn't on it")
    ] = None,
    known_at: Annotated[AwareDatetime | None, Query(description="as it was known then, not as it is known now")] = None,
) -> Response:
    """§4.3: the sub-processors on a day, as JSON, as CSV or, for a browser, as a page."""
    caller.require(Right.SEE_LIST)
    now: datetime = running.clock.now()
    day = on or deadlines.local_date(book.latest, now)
    lines = await listing_queries.list_on(running.pool, day, known_at or now)
    rows = [list(line.model_dump().values()) for line in lines]
    return table(request, f"Sub-processors on {day}", list(ListedLine.model_fields), rows)


@router.get("/sub-processors/{subprocessor_id}/history", tags=["list"], summary="All that the list ever said of one")
async def read_history(subprocessor_id: PathId, caller: Authenticated, pool: Reading) -> list[HistoryLine]:
    """§4.3: nothing is rewritten: what was replaced says when, and the row after it says by what."""
    caller.require(Right.SEE_LIST)
    return found(await listing_queries.history_of(pool, subprocessor_id) or None)


@router.get("/permissions", tags=["permissions"], summary="Who may be used for whom")
async def read_permissions(
    caller: Authenticated,
    pool: Reading,
    client_id: Annotated[Id | None, Query(description="for staff: one client; all where it is missing")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PermissionView]:
    """§4.4: who is permitted from when, who is barred and why; whoever isn't named is barred."""
    caller.require(Right.SEE_PERMISSIONS)
    after = decode_cursor(cursor, str, str)
    lines = await listing_queries.permissions(
        pool, whose(caller, client_id), (str(after[0]), str(after[1])) if after else None, limit + 1
    )
    return page_of([(line, (line.client_id, line.subprocessor_id)) for line in lines], limit)
