"""Requests, as the processor's staff handle them: whoever asks, and nothing leaves uninstructed (§9)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from chassis.asking import Cursor, PathId, Running, found, page_of
from chassis.http import Limit
from chassis.pages import Page, decode_cursor
from chassis.problems import Problem
from contracts.dsar import DsarAssistanceStarted, DsarQuoteOffered, DsarReceived
from contracts.event import Id
from contracts.handling import (
    HandlingAnswerDrafted,
    HandlingClientNamed,
    HandlingClosed,
    HandlingSendRequested,
    HandlingTaken,
)
from contracts.request import RequestKind
from requests_desk import journal_queries, queries
from requests_desk.asking import Act, Handler, Staff, app_of, asked, event_of, say, shown
from requests_desk.bodies import AnswerBody, ClientBody, DsarBody, QuoteBody, ReasonBody, SendingBody
from requests_desk.records import Status
from requests_desk.views import JournalView, RequestLine, RequestView

router = APIRouter(tags=["requests"])
_CREATED = HTTPStatus.CREATED


@router.get("/requests", summary="Requests, the newest first")
async def read_requests(
    *,
    running: Running,
    caller: Staff,  # noqa: ARG001 - whoever asks must be one
    client_id: Annotated[Id | None, Query(description="one client; all where it is missing")] = None,
    kind: RequestKind | None = None,
    status: Status | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[RequestLine]:
    """§9: how each stands; nothing of who asks."""
    before = decode_cursor(cursor, int)
    at = int(before[0]) if before else None
    return page_of(
        await queries.requests(running.pool, client_id=client_id, kind=kind, status=status, before=at, limit=limit + 1),
        limit,
    )


@router.get("/requests/{request_id}", summary="A request")
async def read_request(request_id: PathId, request: Request, caller: Staff, running: Running) -> RequestView:
    """§9: with its answers and what was refused; who asks is shown to its handler alone."""
    return await shown(request, running, caller, request_id)


@router.get("/requests/{request_id}/journal", summary="All that was said of it")
async def read_journal(
    *,
    request_id: PathId,
    running: Running,
    caller: Staff,  # noqa: ARG001 - whoever asks must be one
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[JournalView]:
    """§9: every step, decision and refusal, with its time and person; nothing is ever changed there."""
    record = await asked(running, request_id)
    after = decode_cursor(cursor, int)
    at = int(after[0]) if after else 0
    return page_of(await journal_queries.journal(running.pool, record.request_id, at, limit + 1), limit)


@router.post("/requests", status_code=_CREATED, summary="Enter a data subject's request")
async def receive(body: DsarBody, act: Act) -> RequestView:
    """DSR-1: its client is found and told, or it waits for a decision; the same again is counted."""
    await say(act.running, event_of(DsarReceived, body), act.cause)
    return await act.shown(body.request_id)


@router.post("/requests/{request_id}/handler", status_code=_CREATED, summary="Take a request")
async def take(request_id: PathId, act: Act) -> RequestView:
    """§9: from here on you read who asks, and nobody else of the staff does."""
    return await act.say(HandlingTaken, request_id, by="taken_by")


@router.post("/requests/{request_id}/client", status_code=_CREATED, summary="Decide whose data it is about")
async def name_client(request_id: PathId, body: ClientBody, act: Act) -> RequestView:
    """DSR-1: that client is told at once; 409 where somebody has decided before."""
    return await act.say(HandlingClientNamed, request_id, body, by="decided_by")


@router.post("/requests/{request_id}/answers", status_code=_CREATED, summary="Write an answer")
async def draft(request_id: PathId, body: AnswerBody, act: Act) -> RequestView:
    """DSR-2: the client reads it and instructs; nothing leaves yet."""
    answer_id = act.cause.derive("answer")
    return await act.say(HandlingAnswerDrafted, request_id, body, by="drafted_by", answer_id=answer_id)


@router.post("/requests/{request_id}/answers/{answer_id}/sending", status_code=_CREATED, summary="Send an answer")
async def send(request_id: PathId, answer_id: PathId, body: SendingBody, act: Act) -> RequestView:
    """DSR-2: on an instruction of the client about this request; 409 without one, on record and shown to the client."""
    return await act.say(HandlingSendRequested, request_id, body, by="requested_by", answer_id=answer_id)


@router.get(
    "/requests/{request_id}/answers/{answer_id}/content",
    summary="The bytes of an answer that was sent",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
async def read_content(
    request_id: PathId,
    answer_id: PathId,
    request: Request,
    caller: Handler,  # noqa: ARG001 - whoever asks must be one
    running: Running,
) -> Response:
    """DSR-2: what carries answers away takes them here; 409 while one may not leave. Its SHA-256 is on record."""
    record = await asked(running, request_id)
    content = found(await queries.sent_content(running.pool, app_of(request).vault, record.request_id, answer_id))
    if isinstance(content, str):
        raise Problem(HTTPStatus.CONFLICT, content)
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/requests/{request_id}/closure", status_code=_CREATED, summary="Close it without an answer of ours")
async def close(request_id: PathId, body: ReasonBody, act: Act) -> RequestView:
    """§9: the client answers itself, or it concerns nobody here."""
    return await act.say(HandlingClosed, request_id, body, by="closed_by")


@router.post("/requests/{request_id}/assistance/{assistance_id}/quote", status_code=_CREATED, summary="Offer a quote")
async def quote(request_id: PathId, assistance_id: PathId, body: QuoteBody, act: Act) -> RequestView:
    """DSR-3: the client is told, and nothing is begun before it accepts."""
    of = {"assistance_id": assistance_id, "quote_id": act.cause.derive("quote")}
    return await act.say(DsarQuoteOffered, request_id, body, by="offered_by", **of)


@router.post("/requests/{request_id}/assistance/{assistance_id}/start", status_code=_CREATED, summary="Begin to help")
async def start(request_id: PathId, assistance_id: PathId, act: Act) -> RequestView:
    """DSR-3: no quote is open or declined, and the instruction still stands; else 409."""
    return await act.say(DsarAssistanceStarted, request_id, by="started_by", assistance_id=assistance_id)
