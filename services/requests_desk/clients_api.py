"""What is asked about a client's data, as that client sees it and helps itself (§9, §12)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from chassis.asking import Cursor, PathId, Running, page_of
from chassis.http import Authenticated, Limit
from chassis.pages import Page, decode_cursor
from chassis.rights import Caller, Right
from contracts.dsar import DsarAssistanceRequested, DsarQuoteAnswered
from contracts.request import RequestKind
from requests_desk import queries
from requests_desk.asking import Acting, Once, asked, shown
from requests_desk.bodies import AssistanceBody, QuoteAnswerBody
from requests_desk.records import Status
from requests_desk.views import RequestLine, RequestView

router = APIRouter(tags=["clients"])


def _own(client_id: PathId, caller: Authenticated) -> Caller:
    caller.require(Right.SEE_REQUESTS)
    caller.require_client(client_id)
    return caller


def _instructing(caller: Annotated[Caller, Depends(_own)]) -> Caller:
    caller.require(Right.INSTRUCT)
    return caller


Own = Annotated[Caller, Depends(_own)]
"""Who may see what is about this client's data."""

Instructing = Annotated[Caller, Depends(_instructing)]
"""Who may instruct for this client."""


def _acting(request: Request, caller: Instructing, running: Running, cause: Once) -> Acting:
    return Acting(request, caller, running, cause)


Act = Annotated[Acting, Depends(_acting)]


@router.get("/clients/{client_id}/requests", summary="What is asked about a client's data, the newest first")
async def read_requests(
    *,
    client_id: PathId,
    caller: Own,  # noqa: ARG001 - whoever asks must be one
    running: Running,
    kind: RequestKind | None = None,
    status: Status | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[RequestLine]:
    """DSR-1: each with the controller's own date."""
    before = decode_cursor(cursor, int)
    at = int(before[0]) if before else None
    return page_of(
        await queries.requests(running.pool, client_id=client_id, kind=kind, status=status, before=at, limit=limit + 1),
        limit,
    )


@router.get("/clients/{client_id}/requests/{request_id}", summary="A request about a client's data")
async def read_request(
    client_id: PathId, request_id: PathId, request: Request, caller: Own, running: Running
) -> RequestView:
    """DSR-2: who asks, what is drafted, what has left on which instruction, and what was refused."""
    await asked(running, request_id, client_id)
    return await shown(request, running, caller, request_id)


@router.post(
    "/clients/{client_id}/requests/{request_id}/assistance",
    status_code=HTTPStatus.CREATED,
    summary="Ask for help with a request",
)
async def ask_for_help(client_id: PathId, request_id: PathId, body: AssistanceBody, act: Act) -> RequestView:
    """DSR-3: on an instruction about this request; what is costly is quoted before it is begun."""
    more = {"assistance_id": act.cause.derive("assistance"), "received_at": act.running.clock.now()}
    return await act.say(DsarAssistanceRequested, request_id, body, client_id=client_id, by="requested_by", **more)


@router.post(
    "/clients/{client_id}/requests/{request_id}/assistance/{assistance_id}/answer",
    status_code=HTTPStatus.CREATED,
    summary="Accept or decline a quote",
)
async def answer_quote(
    client_id: PathId, request_id: PathId, assistance_id: PathId, body: QuoteAnswerBody, caller: Instructing, act: Act
) -> RequestView:
    """DSR-3: nothing is begun before it is accepted, which is for the client alone."""
    caller.require(Right.ACCEPT_COSTS)
    more = {"assistance_id": assistance_id, "received_at": act.running.clock.now()}
    return await act.say(DsarQuoteAnswered, request_id, body, client_id=client_id, by="answered_by", **more)
