"""A flow through two services on the real bus, as a tracing backend sees it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.chassis.bus import Bus
from tests.chassis.clerk import Answered, Clerk, question
from tests.chassis.eventually import eventually
from tests.chassis.otlp import Sink, attributes_of, receiving, traceparent_of

from chassis.clock import VirtualClock
from chassis.database import Pool
from chassis.router import Router
from chassis.service import Service, prepare
from chassis.settings import Settings
from chassis.transaction import Transaction

pytestmark = pytest.mark.servers

_MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
_TRACE, _PARENT = "a" * 32, "b" * 16
_TRACEPARENT = f"00-{_TRACE}-{_PARENT}-01"


class _Archive(Clerk):
    """The next service: it hears the clerk's answers and keeps them."""

    router = Router()

    @router.on(Answered)
    async def on_answered(self, answered: Answered, tx: Transaction) -> None:
        """Keep the answer."""
        await tx.execute("INSERT INTO heard (text) VALUES ($1)", answered.text)


class _Traced:
    """Clerk and archive, one clock, and what they tell the receiver."""

    def __init__(self, services: tuple[Service, Service], clock: VirtualClock, sink: Sink, prefix: str) -> None:
        self.clock = clock
        self._services = services
        self._sink = sink
        self._prefix = prefix

    async def ask(self) -> None:
        """Someone asks the clerk through its API, within a trace of their own."""
        headers = {"Idempotency-Key": "k-1", "traceparent": _TRACEPARENT}
        async with httpx.AsyncClient() as http:
            asked = await http.post(f"{self._services[0].url}/askers/anna/questions", headers=headers)
        assert asked.status_code == 200

    def handled(self, event_type: str) -> tuple[float | None, float | None]:
        """How many events the clerk's metrics have as handled, and how many handler calls as timed."""
        labels = {"service": self._services[0].app.name, "type": event_type}
        of = self._services[0].metrics.registry.get_sample_value
        return of("dutiful_events_handled_total", labels), of("dutiful_handler_duration_seconds_count", labels)

    async def promised(self) -> None:
        """Return when the clerk has something on its agenda."""
        await eventually(lambda: _pool(self._services[0]).fetchval("SELECT true FROM agenda"))

    async def archived(self) -> None:
        """Return when the archive has something."""
        await eventually(lambda: _pool(self._services[1]).fetchval("SELECT true FROM heard"))

    async def spans(self) -> dict[str, Span]:
        """All spans by their names without the prefix; whoever sent them has stopped."""
        for service in self._services:
            await service.stop()
        spans = {span.name.replace(self._prefix, ""): span for span in self._sink.spans}
        assert len(spans) == len(self._sink.spans)
        return spans


def _pool(service: Service) -> Pool:
    assert service.runtime is not None
    return service.runtime.pool


@pytest.fixture
def receiver() -> Iterator[tuple[str, Sink]]:
    """A tracing backend's URL, and the backend."""
    with receiving() as both:
        yield both


@pytest.fixture
async def traced(clerk: Clerk, clerk_settings: Settings, receiver: tuple[str, Sink]) -> AsyncIterator[_Traced]:
    """Two services that trace."""
    endpoint, sink = receiver
    clock = VirtualClock(_MONDAY)
    settings = clerk_settings.model_copy(update={"otlp_endpoint": endpoint})
    archive = _Archive()
    await prepare(archive, settings)
    services = Service(clerk, settings, clock), Service(archive, settings, clock)
    for service in services:
        await service.start()
    yield _Traced(services, clock, sink, settings.topic_prefix)
    for service in services:
        await service.stop()


async def test_one_trace(bus: Bus, traced: _Traced) -> None:
    """From the publisher through the clerk to the archive it is one trace; what the relay sends is linked to it."""
    await bus.publish("question", question("why?", ce_flowid="flow-7", traceparent=_TRACEPARENT))
    (answer,) = await bus.hear("answer", 1)
    await traced.archived()
    spans = await traced.spans()
    asked, sent, archived = spans["process question"], spans["send answer"], spans["process answer"]
    assert len(spans) == 3
    assert (asked.trace_id.hex(), asked.parent_span_id.hex()) == (_TRACE, _PARENT)
    assert answer.headers["traceparent"] == traceparent_of(asked)
    assert (archived.trace_id, archived.parent_span_id) == (asked.trace_id, asked.span_id)
    assert [(link.trace_id, link.span_id) for link in sent.links] == [(asked.trace_id, asked.span_id)]
    assert {attributes_of(span)["messaging.message.conversation_id"] for span in spans.values()} == {"flow-7"}


async def test_what_a_person_says_through_the_api_is_one_trace(bus: Bus, traced: _Traced) -> None:
    """From the caller's own span through the request, the outbox and the bus to the archive; timed and counted."""
    await traced.ask()
    await bus.hear("answer", 1)
    await traced.archived()
    assert traced.handled("question.asked") == (1, 1)
    spans = await traced.spans()
    asked, sent, archived = (
        spans["POST /askers/{asker}/questions"],
        spans["send answer"],
        spans["process answer"],
    )
    assert len(spans) == 3
    assert (asked.trace_id.hex(), asked.parent_span_id.hex(), asked.kind) == (_TRACE, _PARENT, Span.SPAN_KIND_SERVER)
    assert (archived.trace_id, archived.parent_span_id) == (asked.trace_id, asked.span_id)
    assert [(link.trace_id, link.span_id) for link in sent.links] == [(asked.trace_id, asked.span_id)]
    assert len({attributes_of(span)["messaging.message.conversation_id"] for span in spans.values()}) == 1


async def test_a_later_day_is_another_trace(bus: Bus, traced: _Traced) -> None:
    """What fires on its day starts a trace of its own, linked to the span that scheduled it; the flow finds both."""
    asked = question("why?", reply_at=_MONDAY + timedelta(days=3), ce_flowid="flow-7", traceparent=_TRACEPARENT)
    await bus.publish("question", asked)
    await traced.promised()
    traced.clock.jump_to(_MONDAY + timedelta(days=4))
    (answer,) = await bus.hear("answer", 1)
    await traced.archived()
    spans = await traced.spans()
    scheduling, archived = spans["process question"], spans["process answer"]
    assert "traceparent" not in answer.headers
    assert archived.trace_id != scheduling.trace_id
    assert archived.parent_span_id == b""
    assert [(link.trace_id, link.span_id) for link in archived.links] == [(scheduling.trace_id, scheduling.span_id)]
    assert {attributes_of(span)["messaging.message.conversation_id"] for span in spans.values()} == {"flow-7"}
