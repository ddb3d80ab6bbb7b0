"""Requests to an API: their spans as a real OTLP receiver sees them, and what their causes carry on."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.chassis.otlp import Sink, attributes_of, receiving, traceparent_of

from chassis.access import Access
from chassis.http import create_api
from chassis.message import Cause
from chassis.requests import Traced, cause_of
from chassis.telemetry import Telemetry

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Desk:
    """An API that keeps the causes of its requests, around it the spans, and what they reach."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.telemetry = telemetry
        self.causes: list[Cause] = []
        api = create_api("Desk", "1", Access(issuer=None, key=None))
        self._add(api)
        api.add_middleware(Traced, telemetry=telemetry)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://desk.example:8081")

    def _add(self, api: FastAPI) -> None:
        @api.post("/notes/{note_id}")
        async def note(note_id: str, request: Request, status: int = 201, email: str | None = None) -> Response:
            self.causes.append(await cause_of(request, "tests/api", note_id))
            return Response(status_code=status)

        @api.get("/broken")
        async def broken() -> None:
            raise ValueError("jean.dupont@example.org")

        @api.get("/health/live")
        async def live() -> None:
            """Nothing to tell."""


@pytest.fixture
async def traced() -> AsyncIterator[tuple[Desk, Sink]]:
    """A desk that traces, and the receiver; its spans are there once the telemetry is shut down."""
    with receiving() as (endpoint, sink):
        yield Desk(Telemetry("desk", endpoint)), sink


async def test_a_request_goes_on_with_its_callers_trace(traced: tuple[Desk, Sink]) -> None:
    """The SERVER span is a child of the caller's, named by the route; it tells no query, body, token or address."""
    desk, sink = traced
    headers = {"traceparent": TRACEPARENT, "tracestate": "vendor=1", "Authorization": "Bearer s3cret"}
    await desk.http.post("/notes/n-1?email=jean.dupont@example.org", headers=headers)
    desk.telemetry.shutdown()
    (cause,) = desk.causes
    span = sink.one("POST /notes/{note_id}")
    assert (span.trace_id.hex(), span.parent_span_id.hex(), span.kind) == (TRACE, PARENT, Span.SPAN_KIND_SERVER)
    assert (cause.traceparent, cause.tracestate) == (traceparent_of(span), "vendor=1")
    assert attributes_of(span) == {
        "http.request.method": "POST",
        "http.response.status_code": 201,
        "http.route": "/notes/{note_id}",
        "messaging.message.conversation_id": cause.flow_id,
        "server.address": "desk.example",
        "server.port": 8081,
        "url.path": "/notes/n-1",
        "url.scheme": "http",
    }


@pytest.mark.parametrize(
    ("method", "path", "name", "status"),
    [
        ("GET", "/nowhere", "GET", 404),
        ("GET", "/notes/n-1", "GET /notes/{note_id}", 405),
        ("POST", "/notes/n-1?status=409", "POST /notes/{note_id}", 409),
        ("BREW", "/nowhere", "HTTP", 404),
    ],
)
async def test_what_a_caller_does_wrong_is_no_error_of_ours(
    traced: tuple[Desk, Sink], method: str, path: str, name: str, status: int
) -> None:
    """The span has the status and is no error; what leads nowhere is named by its method alone."""
    desk, sink = traced
    await desk.http.request(method, path)
    desk.telemetry.shutdown()
    span = sink.one(name)
    assert (attributes_of(span)["http.response.status_code"], span.status.code) == (status, Status.STATUS_CODE_UNSET)
    assert span.parent_span_id == b""


async def test_an_error_of_ours_shows_and_tells_no_values(traced: tuple[Desk, Sink]) -> None:
    """The answer is a 500, and so is the span's error."""
    desk, sink = traced
    assert (await desk.http.get("/broken")).status_code == 500
    desk.telemetry.shutdown()
    span = sink.one("GET /broken")
    assert (span.status.code, attributes_of(span)["error.type"]) == (Status.STATUS_CODE_ERROR, "500")
    assert b"dupont" not in span.SerializeToString()


async def test_a_look_at_the_process_has_no_span(traced: tuple[Desk, Sink]) -> None:
    """Health and metrics are asked for all day."""
    desk, sink = traced
    await desk.http.get("/health/live")
    desk.telemetry.shutdown()
    assert not sink.spans


@pytest.mark.parametrize(("sent", "kept"), [(TRACEPARENT, TRACEPARENT), ("garbage", None), ("", None)])
async def test_without_an_endpoint_contexts_pass_unchanged(
    monkeypatch: pytest.MonkeyPatch, sent: str, kept: str | None
) -> None:
    """Off, the caller's context is what handlers emit; what is no context is left behind."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    desk = Desk(Telemetry("desk", None))
    await desk.http.post("/notes/n-1", headers={"traceparent": sent, "tracestate": "vendor=1"})
    (cause,) = desk.causes
    assert (cause.traceparent, cause.tracestate) == (kept, "vendor=1" if kept else None)
