"""Reading CloudEvents from Kafka records, as any client in any language may write them."""

import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.cloudevents import BATCHED, STRUCTURED, CloudEvent, Malformed, read

BINARY = {
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_source": b"/test",
    "ce_type": b"breach.detected",
    "content-type": b"application/json",
}
DOCUMENT = {"specversion": "1.0", "id": "1", "source": "/test", "type": "breach.detected", "data": {"a": [1, "é"]}}
TYPED = [("content-type", STRUCTURED.encode())]


def binary(data: bytes = b"{}", /, **changed: bytes | None) -> CloudEvent:
    """Read a record in binary mode."""
    return read(list({**BINARY, **changed}.items()), data)


def structured(**changed: object) -> CloudEvent:
    """Read a record in structured mode; an attribute that is None is left out."""
    document = {name: value for name, value in {**DOCUMENT, **changed}.items() if value is not None}
    return read(TYPED, json.dumps(document).encode())


def test_binary() -> None:
    """In binary mode the headers are the attributes and the value is the data, byte for byte."""
    event = binary(b' {"a": 1}', ce_subject=b"s", ce_flowid=b"f", ce_time=b"2026-03-31T09:00:00Z", traceparent=b"t")
    assert event == CloudEvent(
        id="1",
        source="/test",
        type="breach.detected",
        data=b' {"a": 1}',
        flow_id="f",
        subject="s",
        time="2026-03-31T09:00:00Z",
        traceparent="t",
    )


def test_the_flow_is_the_event_itself() -> None:
    """Where no flow id is set, the event begins a flow under its own id."""
    assert binary().flow_id == structured().flow_id == "1"


@pytest.mark.parametrize("content_type", [STRUCTURED, f"{STRUCTURED}; charset=utf-8", STRUCTURED.upper()])
def test_structured(content_type: str) -> None:
    """In structured mode one JSON object holds attributes and data, however the content type is spelt."""
    event = read([("Content-Type", content_type.encode())], json.dumps(DOCUMENT).encode())
    assert (event.id, event.source, event.type) == ("1", "/test", "breach.detected")
    assert json.loads(event.data) == DOCUMENT["data"]


def test_structured_without_headers() -> None:
    """A structured event is recognised where the client could set no headers."""
    assert read([], json.dumps(DOCUMENT).encode()).id == "1"


def test_structured_trace() -> None:
    """The trace comes from the document's extension, and from the record's header where there is none."""
    value = json.dumps(DOCUMENT).encode()
    assert read([*TYPED, ("traceparent", b"h")], value).traceparent == "h"
    assert structured(traceparent="d").traceparent == "d"


def test_data_base64() -> None:
    """Data may come in base64."""
    assert structured(data=None, data_base64=base64.b64encode(b'{"a":1}').decode()).data == b'{"a":1}'


def test_header_names_in_any_case() -> None:
    """Header names are read in any case."""
    assert read([(name.title(), value) for name, value in BINARY.items()], b"{}").id == "1"


def test_null_headers_are_absent() -> None:
    """A header whose value is null is as good as not there."""
    event = binary(ce_subject=None, ce_time=None, ce_flowid=None, traceparent=None, other=None)
    assert (event.subject, event.time, event.flow_id, event.traceparent) == (None, None, "1", None)


def test_empty_value() -> None:
    """An empty value is empty data; whether a type allows that is its model's affair."""
    assert binary(b"").data == b""


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("value", [None, b""])
def test_missing_attributes_are_named(name: str, value: bytes | None) -> None:
    """What is required and missing or empty is named as the publisher writes it, in both modes."""
    with pytest.raises(Malformed) as caught:
        read(list({**BINARY, f"ce_{name}": value}.items()), b"{}")
    assert caught.value.field == f"ce_{name}"
    assert f"ce_{name}" in caught.value.reason
    with pytest.raises(Malformed) as caught:
        structured(**{name: value if value is None else ""})
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("headers", "value", "field"),
    [
        pytest.param([], b"{}", "ce_id", id="no CloudEvent at all"),
        pytest.param([], b"", "ce_id", id="nothing at all"),
        pytest.param([("x", b"\xff")], b"{}", "x", id="a header that is not UTF-8"),
        pytest.param([("content-type", BATCHED.encode() + b"+json")], b"[]", "content-type", id="batched"),
        pytest.param([("content-type", b"application/cloudevents+avro")], b"", "content-type", id="another format"),
        pytest.param(TYPED, b"", "data", id="structured, empty"),
        pytest.param(TYPED, b"{", "data", id="structured, no JSON"),
        pytest.param(TYPED, b"[" * 100_000, "data", id="structured, too deep"),
        pytest.param(TYPED, b'{"id": "\\ud800"}', "data", id="structured, half a character"),
        pytest.param(TYPED, b"[]", "data", id="structured, no object"),
        pytest.param(TYPED, b'{"specversion":"1.0","id":"1","source":"s","type":"t"}', "data", id="no data"),
    ],
)
def test_malformed(headers: list[tuple[str, bytes | None]], value: bytes, field: str) -> None:
    """What can't be read is refused with the place named."""
    with pytest.raises(Malformed) as caught:
        read(headers, value)
    assert caught.value.field == field


@pytest.mark.parametrize("time", ["yesterday", "", "2026-03-31", "2026-03-31T09:00:00", "2026-13-01T00:00:00Z"])
def test_bad_time(time: str) -> None:
    """A time is RFC 3339 with its offset."""
    with pytest.raises(Malformed) as caught:
        binary(ce_time=time.encode())
    assert caught.value.field == "ce_time"
    with pytest.raises(Malformed) as caught:
        structured(time=time)
    assert caught.value.field == "time"


def test_base64_that_is_none() -> None:
    """Wrong base64 is refused."""
    with pytest.raises(Malformed, match="data_base64"):
        structured(data_base64="é")


def test_another_version() -> None:
    """CloudEvents 0.3 and 2.0 are refused; every 1.x is read."""
    assert binary(ce_specversion=b"1.1").id == "1"
    for version in (b"0.3", b"2.0", b"11"):
        with pytest.raises(Malformed, match=r"publish 1\.0"):
            binary(ce_specversion=version)


@pytest.mark.parametrize("name", ["id", "source", "type", "subject", "flowid"])
def test_control_characters(name: str) -> None:
    """Control characters, which CloudEvents forbids and databases refuse, don't get in."""
    with pytest.raises(Malformed, match=f"ce_{name} holds a control character"):
        binary(**{f"ce_{name}": b"a\x00b"})


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
TIMES = st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat())
EVENTS = st.builds(
    CloudEvent,
    id=WORDS,
    source=WORDS,
    type=WORDS,
    data=st.binary(),
    flow_id=WORDS,
    subject=st.none() | WORDS,
    time=st.none() | TIMES,
    traceparent=st.none() | WORDS,
    tracestate=st.none() | WORDS,
    scheduled_by=st.none() | WORDS,
)


@given(EVENTS)
def test_what_is_written_is_read(event: CloudEvent) -> None:
    """Every envelope comes back from its own headers, field by field."""
    headers = [(name, text.encode()) for name, text in event.headers().items()]
    assert read(headers, event.data) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = st.sampled_from([*BINARY, "ce_time", "ce_subject", "ce_flowid", "traceparent"]) | st.text()
ATTRIBUTES = st.sampled_from([*DOCUMENT, "time", "subject", "data_base64", "flowid"]) | st.text()
VALUES = st.binary() | st.sampled_from([*BINARY.values(), STRUCTURED.encode()])
DOCUMENTS = st.dictionaries(ATTRIBUTES, JSON).map(lambda some: json.dumps({**DOCUMENT, **some}).encode())


@given(st.lists(st.tuples(NAMES, st.none() | VALUES)), st.binary() | DOCUMENTS)
@example(TYPED, b'{"data":' + b"9" * 5000 + b"}")
@example([*TYPED, ("ce_id", b"1")], b"\xef\xbb\xbf{}")
@example(TYPED, b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":NaN}')
def test_anything_is_read_or_malformed(headers: list[tuple[str, bytes | None]], value: bytes) -> None:
    """Whatever bytes arrive, reading returns an event or raises Malformed with a reason."""
    try:
        event = read(headers, value)
    except Malformed as error:
        assert error.reason  # noqa: PT017 - either outcome is right
    else:
        assert event.id
        assert event.source
        assert event.type
