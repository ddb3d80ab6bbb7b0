"""The spans themselves, to OpenTelemetry's semantic conventions for messaging and HTTP (1.44).

Contexts are passed by hand, never through the process: what a handler, the relay and a delivery share is what is
stored. Nothing else in the process is instrumented, so that no second layer rewrites a context.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic_core import from_json

from chassis.message import Message
from chassis.outbox import Stored
from chassis.reading import Readable
from contracts.cloudevents import CloudEvent
from contracts.event import Event

if TYPE_CHECKING:
    from chassis.telemetry import Posting, Serving

_W3C: Final = TraceContextTextMapPropagator()
_LINKS: Final = 128  # the SDK drops what is over
_EXPORT_S: Final = 3
_FAILED: Final = 400  # HTTP: a client's span is in error from here on
_OUR_FAULT: Final = 500  # and a server's from here on
_METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
Attributes = dict[str, str | int]


class Spans:
    """Makes the spans of one service and sends them to an OTLP gRPC endpoint."""

    def __init__(self, service: str, endpoint: str) -> None:
        self._group = f"dutiful-{service}"
        resource = Resource.create({"service.name": service, "service.namespace": "dutiful"})
        self._provider = TracerProvider(resource=resource)
        exporter = OTLPSpanExporter(endpoint=endpoint, insecure=not endpoint.startswith("https://"), timeout=_EXPORT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
        self._tracer = self._provider.get_tracer("dutiful")

    def shutdown(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    @contextmanager
    def processing(self, readings: Sequence[Readable]) -> Iterator[list[Message[Event]]]:
        """A CONSUMER span per message, child of its publisher's; all of a run last as long as the run."""
        spans = [self._start_process(reading, len(readings)) for reading in readings]
        with _ending(spans):
            yield [_within(reading.message, span) for reading, span in zip(readings, spans, strict=True)]

    @contextmanager
    def sending(self, rows: Sequence[Stored], prefix: str) -> Iterator[None]:
        """A CLIENT span per topic, linked to the contexts in which the rows were written."""
        topics: dict[str, list[Stored]] = {}
        for row in rows:
            topics.setdefault(prefix + row.topic, []).append(row)
        with _ending([self._start_send(topic, same) for topic, same in topics.items()]):
            yield

    @contextmanager
    def serving(self, serving: "Serving") -> Iterator["Serving"]:
        """A SERVER span, child of the context in `serving`, which then holds the span's own."""
        method = serving.method if serving.method in _METHODS else "_OTHER"
        attributes: Attributes = {
            "http.request.method": method,
            "url.scheme": serving.scheme,
            "url.path": serving.path,
            "server.address": serving.host,
            "server.port": serving.port,
        }
        name = "HTTP" if method == "_OTHER" else method
        span = self._start(name, SpanKind.SERVER, _read(serving.traceparent, serving.tracestate), attributes)
        serving.traceparent, serving.tracestate = _write(span)
        with _ending([span]):
            yield serving
            _tell(span, serving, name)

    @contextmanager
    def posting(self, posting: "Posting", flow_id: str, url: str, message_id: str) -> Iterator["Posting"]:
        """A CLIENT span, child of the context in `posting`, which then holds the span's own."""
        where = urlsplit(url)
        attributes: Attributes = {
            "http.request.method": "POST",
            "url.full": f"{where.scheme}://{_authority(where)}{where.path}",
            "server.address": where.hostname or "",
            "server.port": where.port or (443 if where.scheme == "https" else 80),
            "messaging.message.id": message_id,
            "messaging.message.conversation_id": flow_id,
        }
        span = self._start("POST", SpanKind.CLIENT, _read(posting.traceparent), attributes)
        posting.traceparent, _ = _write(span)
        with _ending([span]):
            yield posting
            if posting.status is not None:
                span.set_attribute("http.response.status_code", posting.status)
            if posting.status is not None and posting.status >= _FAILED:
                _fail(span, str(posting.status))
            elif posting.reason is not None:
                _fail(span, posting.reason)

    def _start_process(self, reading: Readable, count: int) -> Span:
        envelope, record = reading.envelope, reading.record
        attributes: Attributes = {
            **_messaging("process", record.topic, count),
            **_message(envelope),
            "messaging.destination.partition.id": str(record.partition),
            "messaging.consumer.group.name": self._group,
            "messaging.kafka.offset": record.offset,
        }
        parent = _read(envelope.traceparent, envelope.tracestate)
        links = [Link(scheduler)] if (scheduler := _read(envelope.scheduled_by)) else []
        return self._start(f"process {record.topic}", SpanKind.CONSUMER, parent, attributes, links)

    def _start_send(self, topic: str, rows: Sequence[Stored]) -> Span:
        written: list[Mapping[str, str]] = [from_json(row.headers) for row in rows]
        stored = dict.fromkeys((each.get("traceparent"), each.get("tracestate")) for each in written)
        contexts = (_read(*each) for each in stored)
        links = [Link(context) for context in islice(filter(None, contexts), _LINKS)]
        attributes = _messaging("send", topic, len(rows))
        flows = {each.get("ce_flowid", "") for each in written}
        if len(flows) == 1 and "" not in flows:
            attributes["messaging.message.conversation_id"] = flows.pop()
        return self._start(f"send {topic}", SpanKind.CLIENT, None, attributes, links)

    def _start(
        self,
        name: str,
        kind: SpanKind,
        parent: SpanContext | None,
        attributes: Attributes,
        links: Sequence[Link] = (),
    ) -> Span:
        above = set_span_in_context(NonRecordingSpan(parent) if parent else INVALID_SPAN)
        return self._tracer.start_span(name, context=above, kind=kind, attributes=attributes, links=links)


@contextmanager
def _ending(spans: Sequence[Span]) -> Iterator[None]:
    """End the spans, in error if something is raised; only its class is told, for its text may be personal."""
    try:
        yield
    except BaseException as error:
        for span in spans:
            _fail(span, type(error).__qualname__)
        raise
    finally:
        for span in spans:
            span.end()


def _tell(span: Span, serving: "Serving", name: str) -> None:
    """How a request ended; what a caller did wrong is no error of ours."""
    if serving.route is not None:
        span.update_name(f"{name} {serving.route}")
        span.set_attribute("http.route", serving.route)
    if serving.flow_id is not None:
        span.set_attribute("messaging.message.conversation_id", serving.flow_id)
    if serving.status is not None:
        span.set_attribute("http.response.status_code", serving.status)
        if serving.status >= _OUR_FAULT:
            _fail(span, str(serving.status))


def _fail(span: Span, error_type: str) -> None:
    span.set_attribute("error.type", error_type)
    span.set_status(StatusCode.ERROR)


def _messaging(operation: str, topic: str, count: int) -> Attributes:
    attributes: Attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
    }
    if count > 1:
        attributes["messaging.batch.message_count"] = count
    return attributes


def _message(envelope: CloudEvent) -> Attributes:
    attributes: Attributes = {
        "messaging.message.id": envelope.id,
        "messaging.message.conversation_id": envelope.flow_id,
        "cloudevents.event_id": envelope.id,
        "cloudevents.event_source": envelope.source,
        "cloudevents.event_type": envelope.type,
    }
    if envelope.subject is not None:
        attributes["cloudevents.event_subject"] = envelope.subject
    return attributes


def _within(message: Message[Event], span: Span) -> Message[Event]:
    traceparent, tracestate = _write(span)
    return Message(message.event, message.cause._replace(traceparent=traceparent, tracestate=tracestate))


def _read(traceparent: str | None, tracestate: str | None = None) -> SpanContext | None:
    """W3C Trace Context; what is no `traceparent` counts as none."""
    if traceparent is None:
        return None
    carrier = {"traceparent": traceparent, "tracestate": tracestate or ""}
    context = get_current_span(_W3C.extract(carrier)).get_span_context()
    return context if context.is_valid else None


def _write(span: Span) -> tuple[str, str | None]:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, set_span_in_context(span))
    return carrier["traceparent"], carrier.get("tracestate")


def _authority(where: SplitResult) -> str:
    """Host and port without user and password."""
    return where.netloc.rpartition("@")[2]
