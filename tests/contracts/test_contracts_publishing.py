"""Drafting an event: what is published, and what a publisher is told."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.bus import EVENTS, TOPICS
from contracts.cloudevents import read
from contracts.publishing import InvalidEvent, Outgoing, draft

EXAMPLES = Path(__file__).parents[2] / "docs" / "contracts" / "examples"
BREACH = {"incident_id": "i", "origin": "detector", "detected_at": "2026-01-01T00:00:00Z", "description": "x"}
AT = datetime(2026, 3, 31, 9, tzinfo=UTC)
INSTANT = "must be a date and time with its offset, as in 2026-03-31T09:00:00Z"
IDENTIFIER = "must be letters, digits or . _ : - and begin with a letter or a digit"
OFFSET = "needs its offset from UTC, as in 2026-03-31T09:00:00Z"
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


def problems(data: bytes | dict[str, object], event_type: str = "breach.detected") -> dict[str, str]:
    """What is wrong, by field."""
    with pytest.raises(InvalidEvent) as caught:
        draft(event_type, data, source="/test")
    return {problem.field: problem.text for problem in caught.value.problems}


def breach(**changed: object) -> Outgoing:
    """A breach.detected."""
    return draft("breach.detected", {**BREACH, **changed}, source="/test")


def test_a_record() -> None:
    """Topic with prefix, key, headers that a consumer reads, and the data as it was said."""
    record = draft(
        "breach.detected",
        json.dumps(BREACH).encode(),
        source="/test",
        event_id="1",
        flow_id="f",
        time=AT,
        traceparent=TRACE,
        prefix="eu.",
    )
    assert (record.topic, record.key, record.id) == ("eu.breach", b"i", "1")
    assert json.loads(record.value) == BREACH
    event = read(list(record.headers), record.value)
    assert (event.id, event.source, event.type, event.flow_id) == ("1", "/test", "breach.detected", "f")
    assert (event.subject, event.time, event.traceparent) == ("i", AT.isoformat(), TRACE)


def test_a_derived_id() -> None:
    """Without an id, the same is the same event; another word, source or time makes another."""
    same = [breach(), breach(), draft("breach.detected", json.dumps(BREACH, indent=4).encode(), source="/test")]
    assert len({record.id for record in same}) == 1
    others = [
        breach(description="y"),
        draft("breach.detected", BREACH, source="/other"),
        draft("breach.detected", BREACH, source="/test", time=AT),
    ]
    assert len({record.id for record in [*same, *others]}) == 4


def test_examples() -> None:
    """There is a valid example of every event that comes from outside, and of no other."""
    outside = {event.TYPE for topic in TOPICS for event in topic.from_outside}
    assert {path.stem for path in EXAMPLES.glob("*.json")} == outside
    for path in EXAMPLES.glob("*.json"):
        record = draft(path.stem, path.read_bytes(), source="/test")
        assert EVENTS[path.stem].model_validate_json(record.value).key.encode() == record.key


@pytest.mark.parametrize(
    ("changed", "field", "text"),
    [
        ({"incident_id": 5}, "incident_id", "must be text"),
        (
            {"incident_id": "a b"},
            "incident_id",
            IDENTIFIER,
        ),
        ({"incident_id": "a" * 129}, "incident_id", "must have at most 128 characters"),
        ({"origin": "rumour"}, "origin", "must be one of 'detector', 'operator' or 'subprocessor'"),
        ({"detected_at": "31.3.2026"}, "detected_at", INSTANT),
        ({"detected_at": "2026-03-31T09:00:00"}, "detected_at", OFFSET),
        ({"client_ids": "c"}, "client_ids", "must be a list"),
        ({"client_ids": ["c", None]}, "client_ids[1]", "must be text"),
        ({"subprocesor_id": "s"}, "subprocesor_id", "is not known here; did you mean 'subprocessor_id'?"),
    ],
)
def test_problems(changed: dict[str, object], field: str, text: str) -> None:
    """Each wrong field is named, in plain words; a mistyped name is told the nearest one."""
    assert problems({**BREACH, **changed}) == {field: text}


def test_problems_inside() -> None:
    """A place inside is named by its path, and a mistyped name there by the fields that are there."""
    data = json.loads((EXAMPLES / "subprocessor.added.json").read_text())
    data["transfer"] = {"mecanism": "scc"}
    data["effective_on"] = "soon"
    data["actions"] = []
    assert problems(data, "subprocessor.added") == {
        "transfer.mechanism": "is required",
        "transfer.mecanism": "is not known here; did you mean 'mechanism'?",
        "effective_on": "must be a date, as in 2026-03-31",
        "actions": "must not be empty",
    }


def test_no_values_in_problems() -> None:
    """What was written is never repeated: it may be personal."""
    with pytest.raises(InvalidEvent) as caught:
        breach(incident_id="Jane Doe", origin="Jane Doe", detected_at="Jane Doe", client_ids=["Jane Doe"])
    assert "Jane" not in str(caught.value)
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"[" * 100_000, b"[]", b"null", {"description": object()}, {"description": "\ud800"}]
)
def test_no_event_at_all(data: bytes | dict[str, object]) -> None:
    """What is no JSON object is refused as data."""
    assert list(problems(data)) == ["data"]


def test_unknown_type() -> None:
    """An unknown type is told the nearest one."""
    assert problems({}, "breach.detcted") == {
        "type": "'breach.detcted' is no event type; did you mean 'breach.detected'?"
    }


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("source", {"source": ""}),
        ("id", {"event_id": "a\nb"}),
        ("flow_id", {"flow_id": " "}),
        ("time", {"time": datetime(2026, 1, 1)}),  # noqa: DTZ001 - that is what is wrong
        ("traceparent", {"traceparent": "00-1-2-3"}),
    ],
)
def test_wrong_envelope(field: str, wrong: dict[str, str]) -> None:
    """A wrong attribute of the envelope is named like a field."""
    with pytest.raises(InvalidEvent) as caught:
        draft("breach.detected", BREACH, **{"source": "/test", **wrong})  # type: ignore[arg-type]
    assert [problem.field for problem in caught.value.problems] == [field]
