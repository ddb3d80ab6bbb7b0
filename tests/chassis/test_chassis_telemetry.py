"""Tracing, as a real OTLP receiver sees it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import ClassVar

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.chassis.eventually import BOUND_S
from tests.chassis.otlp import Sink, attributes_of, receiving, traceparent_of

from chassis.dead_letters import Record
from chassis.errors import Rejected
from chassis.outbox import Stored, encode_headers
from chassis.reading import Readable, read_record
from chassis.router import Router
from chassis.telemetry import Telemetry
from chassis.transaction import Transaction
from contracts.cloudevents import CloudEvent
from contracts.event import Event

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Noted(Event):
    """An event of the tests' own."""

    TYPE: ClassVar[str] = "note.noted"
    KEY: ClassVar[tuple[str, ...]] = ("note_id",)
    note_id: str


class Notes:
    """An app that hears `Noted`."""

    router = Router()

    @router.on(Noted)
    async def on_noted(self, noted: Noted, tx: Transaction) -> None:
        """Nothing: the tests look at what surrounds a handler."""


@dataclass
class Kafka:
    """A consumed record."""

    value: bytes | None
    headers: list[tuple[str, bytes]]
    topic: str = "note"
    partition: int = 3
    offset: int = 41
    key: bytes | None = b"n-1"


@dataclass
class Collector:
    """A telemetry and the sink that its spans reach when it is shut down."""

    endpoint: str
    sink: Sink
    telemetry: Telemetry = field(init=False)

    def __post_init__(self) -> None:
        self.telemetry = Telemetry("notes", self.endpoint)

    def collect(self) -> Sink:
        """Everything that was sent."""
        self.telemetry.shutdown()
        return self.sink


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A receiver on loopback and a service that sends to it."""
    with receiving() as (endpoint, sink):
        yield Collector(endpoint, sink)


def reading(
    event_id: str = "e-1",
    traceparent: str | None = TRACEPARENT,
    scheduled_by: str | None = None,
    tracestate: str | None = None,
) -> Readable:
    """A record as a publisher wrote it, read for `Notes`."""
    envelope = CloudEvent(
        id=event_id,
        source="/platform",
        type="note.noted",
        data=b'{"note_id": "n-1"}',
        flow_id="flow-7",
        subject="n-1",
        traceparent=traceparent,
        tracestate=tracestate,
        scheduled_by=scheduled_by,
    )
    headers = [(name, text.encode()) for name, text in envelope.headers().items()]
    record: Record = Kafka(envelope.data, headers)
    read = read_record(record, Notes.router)
    assert isinstance(read, Readable)
    return read


def row(seq: int, traceparent: str | None, flow_id: str = "flow-7", topic: str = "note") -> Stored:
    """An outbox row."""
    envelope = CloudEvent(f"e-{seq}", "/notes", "note.noted", b"{}", flow_id, traceparent=traceparent)
    return Stored(seq, topic, "n-1", encode_headers(envelope.headers()), b"{}")


def test_a_handler_goes_on_with_its_publishers_trace(collector: Collector) -> None:
    """The process span is a CONSUMER child of the publisher's context, and the handler's emissions are its children."""
    with collector.telemetry.processing([reading(tracestate="vendor=1")]) as (message,):
        given = message.cause.traceparent
        assert message.cause.tracestate == "vendor=1"
    sink = collector.collect()
    span = sink.one("process note")
    assert sink.services == {"notes"}
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.kind == Span.SPAN_KIND_CONSUMER
    assert given == traceparent_of(span)
    assert attributes_of(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "note",
        "messaging.destination.partition.id": "3",
        "messaging.consumer.group.name": "dutiful-notes",
        "messaging.kafka.offset": 41,
        "messaging.message.id": "e-1",
        "messaging.message.conversation_id": "flow-7",
        "cloudevents.event_id": "e-1",
        "cloudevents.event_source": "/platform",
        "cloudevents.event_type": "note.noted",
        "cloudevents.event_subject": "n-1",
    }


def test_every_message_of_a_run_has_its_own_span(collector: Collector) -> None:
    """Two messages that are handled at once stay in their two publishers' traces."""
    other = f"00-{'a' * 32}-{'b' * 16}-01"
    with collector.telemetry.processing([reading("e-1"), reading("e-2", other)]) as messages:
        given = [message.cause.traceparent for message in messages]
    spans = collector.collect().spans
    assert [traceparent_of(span) for span in spans] == given
    assert [span.trace_id.hex() for span in spans] == [TRACE, "a" * 32]
    assert {attributes_of(span)["messaging.batch.message_count"] for span in spans} == {2}


def test_a_dated_event_starts_a_linked_trace(collector: Collector) -> None:
    """What fires later is a root of its own, linked to the span that scheduled it and found by the flow's id."""
    with collector.telemetry.processing([reading(traceparent=None, scheduled_by=TRACEPARENT)]):
        pass
    span = collector.collect().one("process note")
    assert span.parent_span_id == b""
    assert span.trace_id.hex() != TRACE
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in span.links] == [(TRACE, PARENT)]
    assert attributes_of(span)["messaging.message.conversation_id"] == "flow-7"


@pytest.mark.parametrize("wrong", ["", "garbage", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01"])
def test_a_malformed_traceparent_starts_a_new_trace(collector: Collector, wrong: str) -> None:
    """A publisher that sends no valid context costs itself its trace and nothing else."""
    with collector.telemetry.processing([reading(traceparent=wrong)]):
        pass
    span = collector.collect().one("process note")
    assert span.parent_span_id == b""
    assert not span.links


def test_a_failing_handler_shows_and_tells_no_values(collector: Collector) -> None:
    """The error's class is on the span; its text, which may be personal, is not."""
    with pytest.raises(Rejected), collector.telemetry.processing([reading()]):
        raise Rejected("jean.dupont@example.org is unknown")
    span = collector.collect().one("process note")
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes_of(span)["error.type"] == "Rejected"
    assert b"dupont" not in span.SerializeToString()


def test_the_relay_links_to_what_it_sends_and_changes_none_of_it(collector: Collector) -> None:
    """One CLIENT span per topic, a root, linked once to each distinct context of its rows."""
    second = f"00-{TRACE}-{'c' * 16}-01"
    rows = [row(1, TRACEPARENT), row(2, TRACEPARENT), row(3, second), row(4, None), row(5, second, topic="other")]
    before = [each.headers for each in rows]
    with collector.telemetry.sending(rows, "eu."):
        pass
    sink = collector.collect()
    span = sink.one("send eu.note")
    assert span.kind == Span.SPAN_KIND_CLIENT
    assert span.parent_span_id == b""
    assert [link.span_id.hex() for link in span.links] == [PARENT, "c" * 16]
    assert attributes_of(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "eu.note",
        "messaging.batch.message_count": 4,
        "messaging.message.conversation_id": "flow-7",
    }
    assert len(sink.one("send eu.other").links) == 1
    assert [each.headers for each in rows] == before


def test_links_are_bounded_and_mixed_flows_are_not_named(collector: Collector) -> None:
    """A large batch of many flows makes one span of 128 links and no conversation id."""
    rows = [row(seq, f"00-{seq:032x}-{seq:016x}-01", flow_id=f"flow-{seq}") for seq in range(1, 301)]
    with collector.telemetry.sending(rows):
        pass
    span = collector.collect().one("send note")
    assert len(span.links) == 128
    assert span.dropped_links_count == 0
    assert "messaging.message.conversation_id" not in attributes_of(span)


def test_a_webhook_goes_on_with_the_flows_trace(collector: Collector) -> None:
    """The POST is a child of the notice's stored context, and shows neither password nor query of its URL."""
    url = "https://user:pass@hooks.example:8443/in/dpa?key=s3cret"
    with collector.telemetry.posting(TRACEPARENT, "flow-7", url, "delivery-1") as posting:
        given = posting.traceparent
        posting.status = 204
    span = collector.collect().one("POST")
    assert (span.trace_id.hex(), span.parent_span_id.hex(), span.kind) == (TRACE, PARENT, Span.SPAN_KIND_CLIENT)
    assert given == traceparent_of(span)
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert attributes_of(span) == {
        "http.request.method": "POST",
        "http.response.status_code": 204,
        "url.full": "https://hooks.example:8443/in/dpa",
        "server.address": "hooks.example",
        "server.port": 8443,
        "messaging.message.id": "delivery-1",
        "messaging.message.conversation_id": "flow-7",
    }


@pytest.mark.parametrize(
    ("status", "reason", "error_type"),
    [(500, "status 500", "500"), (302, "redirect", "redirect"), (None, "timeout", "timeout")],
)
def test_a_failed_webhook_names_its_error(
    collector: Collector, status: int | None, reason: str, error_type: str
) -> None:
    """`error.type` is the status code where it is the error, or else the short reason."""
    with collector.telemetry.posting(TRACEPARENT, "flow-7", "http://127.0.0.1/x", "d") as posting:
        posting.status, posting.reason = status, reason
    span = collector.collect().one("POST")
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes_of(span)["error.type"] == error_type
    assert attributes_of(span)["server.port"] == 80


def test_without_an_endpoint_contexts_pass_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off, the publisher's context is what handlers emit and webhooks carry."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    telemetry = Telemetry("notes", None)
    read = reading()
    with telemetry.processing([read]) as messages:
        assert messages == [read.message]
        assert messages[0].cause.traceparent == TRACEPARENT
    with telemetry.sending([row(1, TRACEPARENT)]):
        pass
    with telemetry.posting(TRACEPARENT, "flow-7", "http://127.0.0.1/x", "d") as posting:
        assert posting.traceparent == TRACEPARENT
    telemetry.shutdown()


def test_the_usual_variable_turns_tracing_on(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_EXPORTER_OTLP_ENDPOINT is enough."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
    telemetry = Telemetry("notes", None)
    with telemetry.processing([reading()]):
        pass
    telemetry.shutdown()
    assert collector.sink.one("process note").trace_id.hex() == TRACE


def test_without_an_endpoint_neither_sdk_nor_grpc_is_loaded() -> None:
    """Who doesn't trace doesn't pay for it in memory."""
    look = (
        "import sys; from chassis.telemetry import Telemetry; Telemetry('x', None);"
        "print({'grpc', 'opentelemetry.sdk'} & set(sys.modules))"
    )
    environment = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, env=environment)  # noqa: S603 - our own interpreter
    assert told.stdout.strip() == "set()"


def test_a_receiver_that_is_away_does_not_hold_up_the_stop() -> None:
    """Shutting down with nobody listening ends, though what is to be told never gets there."""
    telemetry = Telemetry("notes", "http://127.0.0.1:9")
    with telemetry.processing([reading()]):
        pass
    shutdown = Thread(target=telemetry.shutdown, daemon=True)
    shutdown.start()
    shutdown.join(BOUND_S)
    assert not shutdown.is_alive()
