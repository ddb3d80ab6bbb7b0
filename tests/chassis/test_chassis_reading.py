"""Whatever lies on a topic is read, skipped or refused with a reason: nothing raises, nothing is lost on the way."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from chassis.dead_letters import Record
from chassis.reading import Readable, Skipped, Unreadable, read_record
from chassis.router import Router
from chassis.transaction import Transaction
from contracts import nul
from contracts.bus import EVENTS
from contracts.cloudevents import STRUCTURED
from contracts.event import Event
from contracts.nul import field_with_nul
from contracts.publishing import InvalidEvent, draft

EXAMPLES: Final = {
    path.stem: path.read_bytes() for path in (Path(__file__).parents[2] / "docs/contracts/examples").glob("*.json")
}
ROUTER: Final = Router()


class Lying(NamedTuple):
    """A record of a topic."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    key: bytes | None = b"k"
    topic: str = "client"
    partition: int = 0
    offset: int = 0


async def _heard(_: object, event: Event, tx: Transaction) -> None:
    """Never called: only reading is tried."""


for model in EVENTS.values():
    ROUTER.on(model)(_heard)

NAMES = st.sampled_from(
    [
        *("ce_id", "ce_source", "ce_type", "ce_specversion", "ce_time", "ce_subject", "ce_flowid", "CE_ID"),
        *("content-type", "traceparent", "tracestate", "ce_scheduledby"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
HEADERS = st.lists(st.tuples(NAMES | st.text(max_size=10), st.none() | st.binary(max_size=40)), max_size=12)


def record(value: bytes | None, headers: Sequence[tuple[str, bytes | None]], key: bytes | None = b"k") -> Lying:
    """A record; Kafka's headers may have no value, whatever the client's types say."""
    return Lying(value, cast("Sequence[tuple[str, bytes]]", headers), key)


def tried(what: Record) -> Readable | Skipped | Unreadable:
    """What becomes of a record: it is kept whole, and a refusal says why without saying what."""
    reading = read_record(what, ROUTER)
    assert reading.record is what
    if isinstance(reading, Unreadable):
        assert reading.rejected.reason
        assert "\0" not in reading.rejected.reason
        reading.rejected.reason.encode()
    if isinstance(reading, Readable):
        assert field_with_nul(to_json(reading.message.event)) is None
        assert reading.message.cause.inbox_key
    return reading


@given(st.none() | st.binary(max_size=200), HEADERS, st.none() | st.binary(max_size=10))
@settings(max_examples=400, deadline=None)
@example(b"\xff\xfe", [("content-type", STRUCTURED.encode())], None)
@example(b'{"specversion":"1.0"', [], None)
@example(b"[" * 100_000, [("content-type", STRUCTURED.encode())], b"k")
@example(b'{"a":' * 50_000, [("ce_id", b"1")], b"k")
@example(
    b"{}", [("ce_id", b"\x00"), ("ce_source", b"s"), ("ce_type", b"client.signed"), ("ce_specversion", b"1.0")], b"k"
)
def test_any_bytes_are_told_apart(
    value: bytes | None, headers: list[tuple[str, bytes | None]], key: bytes | None
) -> None:
    """Any value under any headers and any key."""
    tried(record(value, headers, key))


@given(JSON, st.sampled_from(sorted(EVENTS)), st.booleans(), st.binary(max_size=20))
@settings(max_examples=400, deadline=None)
def test_any_json_under_a_known_type_is_told_apart(data: object, kind: str, structured: bool, key: bytes) -> None:  # noqa: FBT001
    """JSON of any shape, in both modes, under every type that there is."""
    if structured:
        envelope = {"specversion": "1.0", "id": "1", "source": "s", "type": kind, "data": data}
        tried(record(to_json(envelope), [("content-type", STRUCTURED.encode())], key))
        encoded = {**envelope, "data_base64": base64.b64encode(to_json(data)).decode()}
        del encoded["data"]
        tried(record(to_json(encoded), [("content-type", STRUCTURED.encode())], key))
    else:
        tried(record(to_json(data), headers(kind), key))


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_an_event_that_is_cut_or_bent_is_told_apart(kind: str, data: st.DataObject) -> None:
    """Every event of the bus, with any one byte changed, cut off or doubled."""
    whole = EXAMPLES[kind]
    key = EVENTS[kind].model_validate_json(whole).key.encode()
    assert isinstance(tried(record(whole, headers(kind), key)), Readable)
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.binary(min_size=0, max_size=3))
    tried(record(whole[:at] + byte + whole[at + data.draw(st.integers(0, 2)) :], headers(kind), key))


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_no_field_of_any_event_lets_a_nul_through(kind: str) -> None:
    """Every text of every event, one after the other, with a NUL: refused by its name, on the bus and by `emit`."""
    whole = from_json(EXAMPLES[kind])
    key = EVENTS[kind].model_validate_json(EXAMPLES[kind]).key.encode()
    places = list(_texts(whole))
    assert places
    for steps in places:
        bent = json.loads(json.dumps(whole))
        within = bent
        for step in steps[:-1]:
            within = within[step]
        within[steps[-1]] += "\0"
        reading = tried(record(to_json(bent), headers(kind), key))
        assert isinstance(reading, Unreadable), steps
        assert reading.rejected.field is not None
        first = str(steps[0])
        assert reading.rejected.field.startswith(first), (reading.rejected.field, steps)
        with pytest.raises(InvalidEvent, match=first):
            draft(kind, to_json(bent), source="tests")


def test_the_field_is_named_and_what_only_looks_so_is_let_through() -> None:
    """Names too, however deep; a backslash before the six characters is no NUL; what is no JSON is somebody else's."""
    assert field_with_nul(b'{"a":[{"b":1},{"c":"x\\u0000"}]}') == "a[1].c"
    assert field_with_nul(b'{"a":{"b\\u0000":1}}') == r"a.b\0"
    assert field_with_nul(b'"\\u0000"') == "data"
    assert field_with_nul(b'{"a":"\\\\u0000"}') is None
    assert field_with_nul(b'{"a":"\\u0000"') is None
    assert nul._ESCAPED in to_json({"a": "\0"})


def headers(kind: str) -> list[tuple[str, bytes | None]]:
    """Binary mode."""
    return [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"s"), ("ce_type", kind.encode())]


def _texts(value: object) -> list[list[str | int]]:
    match value:
        case str():
            return [[]]
        case dict():
            return [[name, *rest] for name, each in value.items() for rest in _texts(each)]
        case list():
            return [[nth, *rest] for nth, each in enumerate(value) for rest in _texts(each)]
    return []
