"""What affects a client, as that client reads it (§6, §12)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request

from breach.answers import client_queries
from breach.answers.asking import Once, app_of, say
from breach.answers.views import ClientBreachAnswer, ClientBreachView
from chassis.asking import PathId, Reading, Running, found
from chassis.http import Authenticated
from chassis.rights import Right
from contracts.breach import BreachStateRequested
from contracts.client import Language

router = APIRouter(tags=["clients"])
In = Annotated[Language | None, Query(description="instead of the client's own")]


@router.get("/clients/{client_id}/breaches", summary="What affects a client, the newest first")
async def read_breaches(
    client_id: PathId, request: Request, caller: Authenticated, pool: Reading, language: In = None
) -> list[ClientBreachView]:
    """BRE-2: each as it stands now."""
    caller.require(Right.SEE_BREACHES)
    caller.require_client(client_id)
    return await client_queries.breaches(pool, app_of(request).book, client_id, language)


@router.get("/clients/{client_id}/breaches/{incident_id}", summary="A breach that affects a client")
async def read_breach(
    client_id: PathId, incident_id: PathId, request: Request, caller: Authenticated, pool: Reading, language: In = None
) -> ClientBreachAnswer:
    """BRE-2: as it stands now, with every update and every step that clients are told of."""
    caller.require(Right.SEE_BREACHES)
    caller.require_client(client_id)
    return found(await client_queries.breach(pool, app_of(request).book, client_id, incident_id, language))


@router.post(
    "/clients/{client_id}/breaches/{incident_id}/request",
    status_code=HTTPStatus.CREATED,
    summary="Ask for the current state in writing",
)
async def request_state(
    client_id: PathId, incident_id: PathId, request: Request, caller: Authenticated, running: Running, cause: Once
) -> ClientBreachAnswer:
    """BRE-2: it is answered here, and a notice with it goes out at once."""
    caller.require(Right.ASK_ABOUT_BREACH)
    caller.require_client(client_id)
    book = app_of(request).book
    found(await client_queries.breach(running.pool, book, client_id, incident_id))
    asked = BreachStateRequested(incident_id=incident_id, client_id=client_id, received_at=running.clock.now())
    await say(running, asked, cause)
    return found(await client_queries.breach(running.pool, book, client_id, incident_id))
