"""Tracing, thin and our own. Off without an OTLP endpoint; then not even its SDK is loaded.

The `traceparent` of a publisher, or of a caller of the API, goes on through handler, outbox, relay, next handler and
webhook as one trace; while tracing is off it is handed on as it came. What fires on a later day starts a trace of its
own, linked to the span that scheduled it; `messaging.message.conversation_id`, the flow's id, finds them all.
"""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chassis.message import Message
from chassis.outbox import Stored
from chassis.reading import Readable
from contracts.event import Event

if TYPE_CHECKING:
    from chassis.spans import Spans


@dataclass(slots=True)
class Posting:
    """A webhook's span while it is under way: the headers to send, and, set by the sender, how it ended."""

    traceparent: str | None
    status: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class Serving:
    """A request's span while it is under way: what was asked, the context to go on from, and how it ended."""

    method: str
    scheme: str
    path: str
    host: str
    port: int
    traceparent: str | None
    tracestate: str | None
    route: str | None = None
    status: int | None = None
    flow_id: str | None = None


class Telemetry:
    """The spans of one service; `endpoint`, or OTEL_EXPORTER_OTLP_ENDPOINT, is the URL of an OTLP gRPC receiver."""

    def __init__(self, service: str, endpoint: str | None) -> None:
        self.endpoint = endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        self._spans = _open(service, self.endpoint) if self.endpoint else None

    def shutdown(self) -> None:
        """Send what is left, within a few seconds; blocks, so call it in a thread."""
        if self._spans is not None:
            self._spans.shutdown()

    def processing(self, readings: Sequence[Readable]) -> AbstractContextManager[list[Message[Event]]]:
        """A `process` span per message; what its handler emits carries that span's context on."""
        if self._spans is None:
            return nullcontext([reading.message for reading in readings])
        return self._spans.processing(readings)

    def sending(self, rows: Sequence[Stored], prefix: str = "") -> AbstractContextManager[None]:
        """One `send` span per topic for what the relay publishes at once; it leaves the rows' own contexts alone."""
        return nullcontext() if self._spans is None else self._spans.sending(rows, prefix)

    def serving(self, serving: Serving) -> AbstractContextManager[Serving]:
        """An HTTP server span for one request, child of the caller's; what its handler emits carries its context on."""
        return nullcontext(serving) if self._spans is None else self._spans.serving(serving)

    def posting(
        self, traceparent: str | None, flow_id: str, url: str, message_id: str
    ) -> AbstractContextManager[Posting]:
        """An HTTP client span for one attempt at a webhook; it goes on from the notice's stored context."""
        if self._spans is None:
            return nullcontext(Posting(traceparent))
        return self._spans.posting(Posting(traceparent), flow_id, url, message_id)


def _open(service: str, endpoint: str) -> "Spans":
    # The SDK and gRPC cost 14 MB and a quarter of a second: who doesn't trace doesn't pay.
    from chassis.spans import Spans

    return Spans(service, endpoint)
