"""Messages that are not for us, and messages that are wrong: they cost themselves and nothing else."""

import json
from collections.abc import Mapping

import pytest
from tests.chassis.bus import Bus, Heard
from tests.chassis.clerk import Asked, Clerk, Record, question
from tests.chassis.conftest import Effects, RunClerk

from chassis.dead_letters import topic_of
from chassis.errors import Rejected
from chassis.service import Service

pytestmark = pytest.mark.servers

_SECRET = "jane-doe-17-rue-x"
"""Stands for personal data in a message: it must not get into a reason, a log line or a metric."""

_BINARY = {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "tests", "ce_type": "question.asked"}
_STRUCTURED = {"content-type": "application/cloudevents+json; charset=UTF-8"}
_ENVELOPE = {"specversion": "1.0", "id": "1", "source": "tests", "type": "question.asked"}


def _structured(**changes: object) -> bytes:
    document = {**_ENVELOPE, "data": {"asker": "anna", "text": "structured"}, **changes}
    return json.dumps({name: value for name, value in document.items() if value is not None}).encode()


_WRONG: dict[str, tuple[Mapping[str, str | None], bytes, str]] = {
    "no headers": ({}, b'{"text": "%s"}', "ce_id"),
    "an empty id": ({**_BINARY, "ce_id": ""}, b'{"text": "%s"}', "ce_id"),
    "an id without a value": ({**_BINARY, "ce_id": None}, b'{"text": "%s"}', "ce_id"),
    "another version": ({**_BINARY, "ce_specversion": "0.3"}, b"{}%s", "ce_specversion"),
    "NUL in the id": ({**_BINARY, "ce_id": "a\0b"}, b"{}%s", "ce_id"),
    "no JSON": (_BINARY, b"%s", "data"),
    "nothing": (_BINARY, b"", "data"),
    "deep JSON": (_BINARY, b"[" * 5000 + b"%s", "data"),
    "not an object": (_BINARY, b'"%s"', "data"),
    "a field missing": (_BINARY, b'{"text": "%s"}', "asker"),
    "a field wrong": (_BINARY, b'{"asker": "%s !", "text": ""}', "asker"),
    "a field of another type": (_BINARY, b'{"asker": "a", "text": ["%s"]}', "text"),
    "half a character": (_BINARY, b'{"asker": "a", "text": "\\ud800 %s"}', "data"),
    "NUL in a text": (_BINARY, b'{"asker": "anna", "text": "\\u0000 %s"}', "text"),
    "too large to store": (_BINARY, b'{"asker": "anna", "text": "%s", "number": 2147483648}', "data"),
    "structured: no JSON": (_STRUCTURED, b"%s", "data"),
    "structured: no object": (_STRUCTURED, b'["%s"]', "data"),
    "structured: no id": (_STRUCTURED, _structured(id=None, subject="%s"), "id"),
    "structured: an id that is no text": (_STRUCTURED, _structured(id=7, subject="%s"), "id"),
    "structured: no data": (_STRUCTURED, _structured(data=None, subject="%s"), "data"),
    "structured: a field missing": (_STRUCTURED, _structured(data={"text": "%s"}), "asker"),
    "structured: a huge number": (_STRUCTURED, _structured(data="%s", x=17).replace(b"17", b"9" * 5000), "data"),
    "structured: no base64": (_STRUCTURED, _structured(data_base64="%s!"), "data_base64"),
    "a batch of events": ({"content-type": "application/cloudevents-batch+json"}, b'["%s"]', "content-type"),
    "another format": ({"content-type": "application/cloudevents+avro"}, b"%s", "content-type"),
}
"""Headers, value and the field that is to be named."""


def _foreign(headers: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if text and not name.startswith("dutiful-")}


def _said(letter: Heard) -> str:
    return letter.headers["dutiful-reason"] + letter.headers["dutiful-field"]


async def test_what_is_not_for_us_is_skipped(bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
    """Unknown types and tombstones are skipped and counted, events that another service hears are skipped alone."""
    tombstone: Record = ("anna", None, {})
    stranger = question("a stranger's", event_type="question.withdrawn")
    others = question("another service's", event_type="client.amended")
    await bus.publish("question", question("one"), stranger, tombstone, others, stranger, question("end"))
    service = await run_clerk()
    await bus.hear("answer", 2)
    assert await heard() == ["one", "end"]
    assert _metric(service, "dutiful_events_skipped_total", reason="unknown") == 2
    assert _metric(service, "dutiful_events_skipped_total", reason="tombstone") == 1
    assert _metric(service, "dutiful_events_skipped_total") == 3
    assert _metric(service, "dutiful_dead_letters_total") == 0


async def test_what_is_wrong_is_set_aside(
    bus: Bus, clerk: Clerk, run_clerk: RunClerk, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong message becomes a dead letter: whole, with a reason that names the field; no value gets into a log."""
    sent = [("anna", value.replace(b"%s", _SECRET.encode()), headers) for headers, value, _ in _WRONG.values()]
    await bus.publish("question", *sent, question("end"))
    service = await run_clerk()
    letters = await bus.hear(topic_of(clerk.name), len(sent))
    await bus.hear("answer", 1)
    fields = {name: letter.headers["dutiful-field"] for name, letter in zip(_WRONG, letters, strict=True)}
    assert fields == {name: field for name, (_, _, field) in _WRONG.items()}
    assert all(letter.headers["dutiful-reason"] for letter in letters)
    reasons = {name: letter.headers["dutiful-reason"] for name, letter in zip(_WRONG, letters, strict=True)}
    assert reasons["a field missing"] == "asker: is required"
    assert reasons["a field wrong"].startswith("asker: must be letters, digits or")
    assert not [reason for reason in reasons.values() if "Input should" in reason or "String should" in reason]
    assert _SECRET not in "".join([*map(_said, letters), *capsys.readouterr()])
    for number, (letter, (_, value, headers)) in enumerate(zip(letters, sent, strict=True)):
        assert (letter.value, _foreign(letter.headers)) == (value, _foreign(headers))
        assert letter.headers["dutiful-topic"] == f"{bus.prefix}question"
        assert (letter.headers["dutiful-partition"], letter.headers["dutiful-offset"]) == ("0", str(number))
        assert letter.headers["dutiful-key"] == '"anna"'
    assert _metric(service, "dutiful_dead_letters_total") == len(sent)


async def test_a_rejected_message_costs_itself(bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects) -> None:
    """In a batch with wrong messages all others take effect, in order; each wrong one is set aside once."""

    async def refuse(asked: Asked) -> None:
        if asked.text == "rude":
            raise Rejected("rude questions are not answered", "text")

    clerk.before = refuse
    malformed = ("anna", b"{}", _BINARY)
    texts = ["one", "rude", "two", "with\0NUL", "three"]
    await bus.publish("question", *[question(text) for text in texts], malformed, question("end"))
    await run_clerk()
    answers = await bus.hear("answer", 4)
    letters = await bus.hear(topic_of(clerk.name), 3)
    assert await heard() == ["one", "two", "three", "end"]
    assert len(answers) == 4
    assert [letter.headers["dutiful-offset"] for letter in letters] == ["1", "3", "5"]
    assert (letters[0].headers["dutiful-reason"], letters[0].headers["dutiful-field"]) == (
        "rude questions are not answered",
        "text",
    )


@pytest.mark.parametrize("key", [None, "", "bert"])
@pytest.mark.parametrize("mode", ["binary", "structured"])
async def test_a_key_that_is_not_the_subjects(
    bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects, key: str | None, mode: str
) -> None:
    """Without its own key an event has no place in its subject's order: it is set aside, in both modes."""
    _, value, headers = question("one") if mode == "binary" else ("", _structured(), _STRUCTURED)
    await bus.publish("question", (key, value, headers), question("end"))
    await run_clerk()
    (letter,) = await bus.hear(topic_of(clerk.name), 1)
    await bus.hear("answer", 1)
    assert await heard() == ["end"]
    assert letter.headers["dutiful-field"] == "key"
    assert letter.headers["dutiful-reason"] == "the record's key must be the event's own asker, in UTF-8"


async def test_what_a_rejected_message_did_is_undone(
    bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects
) -> None:
    """A message that fails half-way leaves nothing, and comes back mended under the same id."""
    await run_clerk()
    rude = True

    async def refuse(_: Asked) -> None:
        if rude:
            raise Rejected("not now")

    clerk.before = refuse
    await bus.publish("question", question("one"))
    await bus.hear(topic_of(clerk.name), 1)
    rude = False
    await bus.publish("question", question("one"))
    await bus.hear("answer", 1)
    assert await heard() == ["one"]


@pytest.mark.parametrize("headers", [_STRUCTURED, {}], ids=["declared", "recognised"])
async def test_structured_mode(bus: Bus, run_clerk: RunClerk, heard: Effects, headers: dict[str, str | None]) -> None:
    """A CloudEvent in structured mode is read as one in binary mode, its extensions too."""
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    value = _structured(flowid="flow-7", traceparent=traceparent)
    await bus.publish("question", ("anna", value, headers), ("anna", value, headers))
    await run_clerk()
    (answer,) = await bus.hear("answer", 1)
    assert await heard() == ["structured"]
    assert (answer.headers["ce_flowid"], answer.headers["traceparent"]) == ("flow-7", traceparent)


async def test_headers_without_a_value(bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
    """A header without a value is as good as none."""
    await bus.publish("question", question("one", ce_flowid=None, traceparent=None))
    await run_clerk()
    (answer,) = await bus.hear("answer", 1)
    assert await heard() == ["one"]
    assert answer.headers["ce_flowid"] == "one"
    assert "traceparent" not in answer.headers


async def test_a_trace_context_that_is_none(bus: Bus, run_clerk: RunClerk) -> None:
    """A publisher's garbage where a trace context should be is left behind: it gets into no column and no header."""
    await bus.publish("question", question("one", traceparent="garbage\0\r\n", tracestate="more"))
    await run_clerk()
    (answer,) = await bus.hear("answer", 1)
    assert {"traceparent", "tracestate"}.isdisjoint(answer.headers)


def _metric(service: Service, name: str, **labels: str) -> float:
    return sum(
        sample.value
        for family in service.metrics.registry.collect()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
