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
from requests_desk.asking import Once, asked, event_of, say, shown
from requests_desk.bodies import AssistanceBody, QuoteAnswerBody
from requests_desk.request_store import Status
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
Instructing = Annotated[Caller, Depends(_instructing)]


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
async def ask_for_help(
    client_id: PathId,
    request_id: PathId,
    body: AssistanceBody,
    request: Request,
    caller: Instructing,
    running: Running,
    cause: Once,
) -> RequestView:
    """DSR-3: on an instruction about this request; what is costly is quoted before it is begun."""
    record = await asked(running, request_id, client_id)
    wanted = event_of(
        DsarAssistanceRequested,
        body,
        request_id=record.request_id,
        client_id=client_id,
        assistance_id=cause.derive("assistance"),
        requested_by=caller.subject,
        received_at=running.clock.now(),
    )
    await say(running, wanted, cause)
    return await shown(request, running, caller, request_id)


@router.post(
    "/clients/{client_id}/requests/{request_id}/assistance/{assistance_id}/answer",
    status_code=HTTPStatus.CREATED,
    summary="Accept or decline a quote",
)
async def answer_quote(
    client_id: PathId,
    request_id: PathId,
    assistance_id: PathId,
    body: QuoteAnswerBody,
    request: Request,
    caller: Instructing,
    running: Running,
    cause: Once,
) -> RequestView:
    """DSR-3: nothing is begun before it is accepted."""
    record = await asked(running, request_id, client_id)
    answered = event_of(
        DsarQuoteAnswered,
        body,
        request_id=record.request_id,
        client_id=client_id,
        assistance_id=assistance_id,
        answered_by=caller.subject,
        received_at=running.clock.now(),
    )
    await say(running, answered, cause)
    return await shown(request, running, caller, request_id)
