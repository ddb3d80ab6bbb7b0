"""Every service in one house, as a tracing backend and a scraper see it: one module, one house, five flows."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import uuid4

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.samples import Sample
from pydantic_core import to_json
from tests.chassis.eventually import eventually
from tests.chassis.otlp import Sink, attributes_of, receiving, traceparent_of
from tests.flows.conftest import Progress, open_house
from tests.flows.street import Json, Street, facts

from agreement import default_path
from agreement.book import Book
from chassis.dead_letters import topic_of
from contracts.bus import EVENTS, TOPICS
from dutiful.monitoring.listed import Listed, listed
from embedded import sample_platform

pytestmark = pytest.mark.servers
_PUBLISHER = "b" * 16


@dataclass
class Traced:
    """A house that tells a receiver everything, and what it has told."""

    street: Street
    sink: Sink

    async def publish(self, event_type: str, key: str, data: Json) -> str:
        """An event whose publisher traces; return its id, which is the flow's, and the trace's in other digits."""
        event_id = uuid4()
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(event_id),
            "ce_source": "https://platform.example/tests",
            "ce_type": event_type,
            "traceparent": f"00-{event_id.hex}-{_PUBLISHER}-01",
        }
        encoded = [(name, text.encode()) for name, text in headers.items()]
        topic = event_type.partition(".")[0]
        await self.street.producer.send_and_wait(topic, to_json(data), key=key.encode(), headers=encoded)
        return str(event_id)

    async def spans(self, flow: str, *names: str) -> list[Span]:
        """The spans of a flow, once all of these `service: name` are there; they come a second after they end."""
        async with asyncio.timeout(120):
            while True:
                of_flow = [span for span in self.sink.spans if conversation(span) == flow]
                if set(names) <= {f"{self.sink.of[span.span_id]}: {span.name}" for span in of_flow}:
                    return of_flow
                await asyncio.sleep(0.1)


def conversation(span: Span) -> object:
    """The flow that a span belongs to."""
    return attributes_of(span).get("messaging.message.conversation_id")


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[str, Sink]]:
    """A backend's URL, and the backend."""
    with receiving() as both:
        yield both


@pytest.fixture(scope="module")
async def traced(receiver: tuple[str, Sink], progress: Progress) -> AsyncIterator[Traced]:
    """A house with every service, a holder included, that traces."""
    endpoint, sink = receiver
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        patch.setenv("DUTIFUL_OTLP_METRICS_EVERY", "PT1S")
        async with open_house(Book.read(default_path()), progress, sample_platform.MAP) as street:
            yield Traced(street, sink)


async def test_a_change_is_one_trace_up_to_the_webhook(traced: Traced) -> None:
    """From the publisher through registry, outbox, bus and notifier to the client's endpoint; all found by the flow."""
    street = traced.street
    await street.sign("tr-acme")
    await street.register("tr-acme")
    flow = await traced.publish("subprocessor.added", "tr-sub", facts("tr-sub"))
    await street.until(partial(street.of, "change.window_opened", client_id="tr-acme"))
    spans = await traced.spans(
        flow,
        "subprocessor_registry: process subprocessor",
        "subprocessor_registry: send change",
        "notifier: process change",
        "notifier: POST",
        "notifier: send notice",
        "subprocessor_registry: process notice",
    )
    await _is_one_trace_up_to_the_webhook(traced, flow, spans)
    await street.terminate("tr-acme")


async def test_a_request_is_one_trace_up_to_the_webhook_and_the_record(traced: Traced) -> None:
    """§9: requests, its outbox, the notifier, the client's endpoint, its receipt; and the console, which records it."""
    street = traced.street
    await street.sign("tq-acme")
    await street.register("tq-acme")
    received_at = street.clock.now().isoformat()
    asked = {"request_id": "tq-dsar", "right": "access", "received_at": received_at, "text": "I am Jane Roe of Xtown."}
    flow = await traced.publish("dsar.received", "tq-dsar", asked | {"client_id": "tq-acme"})
    await street.until(partial(street.of, "request.told", request_id="tq-dsar"))
    spans = await traced.spans(
        flow,
        "requests: process dsar",
        "requests: send request",
        "notifier: process request",
        "notifier: POST",
        "notifier: send notice",
        "requests: process notice",
        "console: process request",
        "console: process notice",
    )
    await _is_one_trace_up_to_the_webhook(traced, flow, spans)
    await street.terminate("tq-acme")


async def _is_one_trace_up_to_the_webhook(traced: Traced, flow: str, spans: list[Span]) -> None:
    trace = bytes.fromhex(flow.replace("-", ""))
    ours = {span.span_id: span for span in spans if span.trace_id == trace}
    for span in ours.values():
        assert span.parent_span_id == bytes.fromhex(_PUBLISHER) or span.parent_span_id in ours, span.name
    linked = [link for span in spans if span.name.startswith("send ") for link in span.links]
    assert {link.span_id for link in linked if link.trace_id == trace} <= ours.keys()
    posts = {traceparent_of(span) for span in ours.values() if span.name == "POST"}
    requests = await traced.street.receiver.wait_for(
        lambda got: any(each.headers.get("traceparent") in posts for each in got)
    )
    assert not any("baggage" in each.headers for each in requests)


async def test_a_later_day_is_a_linked_trace(traced: Traced) -> None:
    """What fires from the agenda weeks later starts a trace of its own, linked to the span that scheduled it."""
    street = traced.street
    await street.sign("tl-acme")
    flow = await traced.publish("subprocessor.added", "tl-sub", facts("tl-sub"))
    await street.until(partial(street.of, "change.announced", subprocessor_id="tl-sub"))
    (announced,) = street.of("change.announced", subprocessor_id="tl-sub")
    await street.received(str(announced["change_id"]), "tl-acme")
    street.reach(street.day_of(str(announced["change_id"])))
    await street.until(partial(street.of, "change.took_effect", change_id=announced["change_id"]))
    spans = await traced.spans(flow, "subprocessor_registry: process deadline", "subprocessor_registry: send change")
    _are_traces_linked_to(flow, "process deadline", spans)
    await street.terminate("tl-acme")


async def test_the_last_day_of_a_question_is_a_linked_trace(traced: Traced) -> None:
    """§7: what the assurance service reminds of later goes on to people on call and the record, found by the flow."""
    street = traced.street
    await street.sign("tn-acme")
    asked = {"question_id": "tn-q", "said_by": "dpo", "items": ["Who?"], "received_at": street.clock.now().isoformat()}
    flow = await traced.publish("question.asked", "tn-acme", asked | {"client_id": "tn-acme"})
    await traced.spans(flow, "assurance: process question", "assurance: send assurance", "console: process assurance")
    seen = await street.get("operator", "assurance", "/clients/tn-acme/questions/tn-q")
    street.reach(date.fromisoformat(str(seen["due_on"])))
    reminded = ("assurance: process appointment", "notifier: process assurance")
    _are_traces_linked_to(flow, "process appointment", await traced.spans(flow, *reminded))
    await street.terminate("tn-acme")


def _are_traces_linked_to(flow: str, name: str, spans: list[Span]) -> None:
    fired = [span for span in spans if span.name == name]
    assert fired
    for span in fired:
        assert span.parent_span_id == b""
        (link,) = span.links
        assert link.trace_id.hex() == flow.replace("-", "")
        assert link.trace_id != span.trace_id
        assert link.span_id in {each.span_id for each in spans if each.trace_id == link.trace_id}


async def test_a_breach_and_the_end_of_a_contract(traced: Traced) -> None:
    """Breach, notifier, retention and the holder: whatever crosses the bus goes on with its cause's trace."""
    street = traced.street
    await street.sign("tb-acme")
    await street.until(partial(street.of, "holder.declared"))
    at = (street.clock.now() - timedelta(hours=1)).isoformat()
    said = {"incident_id": "tb-inc", "origin": "detector", "description": "x", "client_ids": ["tb-acme"]}
    breach = await traced.publish("breach.detected", "tb-inc", said | {"detected_at": at, "aware_at": at})
    told = await traced.spans(
        breach,
        "breach: process breach",
        "notifier: process incident",
        "breach: process notice",
        "breach: send incident",
    )
    assert {span.trace_id.hex() for span in told if span.name.startswith("process")} == {breach.replace("-", "")}
    today = street.clock.now().date().isoformat()
    ended = await traced.publish("contract.terminated", "tb-acme", {"client_id": "tb-acme", "terminated_on": today})
    ceased = await traced.spans(
        ended,
        "retention: process contract",
        "notifier: process contract",
        "subprocessor_registry: process contract",
        "holder: process cease",
        "retention: process cease",
        "notifier: process retention",
    )
    first = [span for span in ceased if span.name == "process contract"]
    assert {span.trace_id.hex() for span in first} == {ended.replace("-", "")}
    assert traced.sink.services == {service.app.name for service in street.house.services}


async def test_no_span_names_a_person(traced: Traced) -> None:
    """Personal data, secrets and bodies are in none of what was told; ids of clients and events may be."""
    told = b"".join(span.SerializeToString() for span in traced.sink.spans)
    assert b"tr-sub" in told
    assert b"tq-dsar" in told
    for personal in (b"dpo@", b"DPO", b"1 rue X", b"Jane Roe", b"Xtown", b"whsec_", b"Bearer"):
        assert personal not in told


async def test_metrics_are_the_same_over_otlp_and_in_a_scrape(traced: Traced) -> None:
    """Each with its unit, under its documented name; what was counted is there by both ways."""
    described = {each.name: each for each in listed()}
    for service in traced.street.house.services:
        name = service.app.name
        scraped = {
            f"{family.name}_total" if family.type == "counter" else family.name: family
            for family in service.metrics.registry.collect()
            if family.samples
        }
        assert scraped.keys() - described.keys() == {"python_info"} & scraped.keys(), (
            "`dutiful monitoring export` lists them"
        )
        assert {each for each in scraped if each in described and name not in described[each].services} == set()
        plain = {each.removesuffix("_total") for each in scraped}
        await eventually(partial(_have_come, traced.sink, name, plain))
        for each in scraped:
            assert traced.sink.metrics.last[name][each.removesuffix("_total")].unit == described[each].unit
    handled = traced.sink.metrics.last["subprocessor_registry"]["dutiful_events_handled"].sum
    assert handled.is_monotonic
    assert {point.attributes[0].key for point in handled.data_points} <= {"service", "type"}


async def _have_come(sink: Sink, service: str, names: set[str]) -> bool:
    return names <= sink.metrics.last.get(service, {}).keys()


async def test_labels_are_few_and_bounded(traced: Traced) -> None:
    """Every label of every series is one that is listed, and its values are of a set that the code knows."""
    services = {service.app.name for service in traced.street.house.services}
    topics = {topic.name for topic in TOPICS} | {topic_of(name) for name in services}
    closed = {"service": services, "type": set(EVENTS), "topic": topics, "result": {"ok", "failed", "done"}}
    words: dict[str, set[str]] = {}
    for metric, sample in _samples(traced.street):
        labels = {name: value for name, value in sample.labels.items() if name != "le"}
        assert labels.keys() <= {*metric.labels, "service"}, sample.name
        if metric.name == "dutiful_breach_seconds_left":
            continue  # bounded by DUTIFUL_SHOWN_CLOCKS, as its own test shows
        for name, value in labels.items():
            words.setdefault(name, set()).add(value)
            assert value in closed.get(name, {value}), f"{sample.name} {name}={value}"
    assert words["type"] > {"subprocessor.added", "contract.terminated", "breach.detected"}
    for name in words.keys() - closed.keys():
        assert name in {"reason", "kind", "channel", "method", "finding", "status", "act", "attempt"}
        assert len(words[name]) <= 16
        assert all(value.replace("_", "").isalpha() for value in words[name]), words[name]


def _samples(street: Street) -> Iterator[tuple[Listed, Sample]]:
    described = {each.name: each for each in listed()}
    for service in street.house.services:
        for family in service.metrics.registry.collect():
            for sample in family.samples:
                if not sample.name.endswith("_created") and family.name != "python_info":
                    yield described[f"{family.name}_total" if family.type == "counter" else family.name], sample
