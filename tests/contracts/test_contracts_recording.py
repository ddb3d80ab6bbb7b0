"""What of each event goes into whose record: by the contracts alone, so that a new one joins by itself (EVI-1, §12)."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from contracts.bus import EVENTS, TOPICS
from contracts.canonical import NotCanonical, canonical
from contracts.event import ID_PATTERN, Event
from contracts.recorded import RECORDED, UNRECORDED
from contracts.recording import Unplaced, parts_of, plan_of

CLIENTS = ("client-A", "client-B", "client-C")
WORDS = "words of somebody about client-A, client-B and client-C"
Schema = dict[str, Any]


@cache
def generated(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Events of a type: its clients are of three, its free texts name them all, everything else fits its schema."""
    schema = kind.model_json_schema()
    values = _object(schema, schema.get("$defs", {}))
    return values.map(json.dumps).map(kind.model_validate_json)


def _object(schema: Schema, defs: Schema) -> st.SearchStrategy[Any]:
    required = schema.get("required", ())
    fields = {name: _named(name, each, defs) for name, each in schema.get("properties", {}).items()}
    return st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    )


def _named(name: str, schema: Schema, defs: Schema) -> st.SearchStrategy[Any]:
    if name == "client_id":
        return st.sampled_from(CLIENTS)
    if name == "client_ids":
        return st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=3, unique=True)
    return _any(schema, defs)


def _any(schema: Schema, defs: Schema) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911 - a case per kind of schema
    if "$ref" in schema:
        return _any(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema:
        return st.one_of([_any(each, defs) for each in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    match schema["type"]:
        case "object" if "properties" in schema:
            return _object(schema, defs)
        case "object":
            extra = schema.get("additionalProperties", {"type": "string"})
            return st.dictionaries(st.just("name"), _any(extra, defs), max_size=1)
        case "array":
            least = schema.get("minItems", 0)
            return st.lists(_any(schema["items"], defs), min_size=least, max_size=max(2, least))
        case "string":
            return _string(schema)
        case "integer":
            return st.integers(schema.get("minimum", 0), schema.get("maximum", 9))
        case "number":
            return st.just(0.5)
        case "boolean":
            return st.booleans()
    return st.none()


def _string(schema: Schema) -> st.SearchStrategy[str]:
    match schema.get("format"), schema.get("pattern"):
        case "date-time", _:
            return st.just("2026-11-24T09:00:00Z")
        case "date", _:
            return st.just("2026-11-24")
        case _, str(pattern) if pattern == ID_PATTERN:
            return st.sampled_from(["id-1", "id-2"])
        case _, str(pattern) if re.search(pattern, WORDS) is None:
            return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
    return st.just(WORDS)


RECORDED_TYPES = [kind for kind in EVENTS.values() if plan_of(kind) is not None]
ABOUT_CLIENTS = [kind for kind in RECORDED_TYPES if (plan := plan_of(kind)) and (plan.one or plan.many or plan.lists)]


def test_every_topic_is_decided_on() -> None:
    """A new topic is recorded, or somebody has said why not."""
    assert {topic.name for topic in TOPICS} == RECORDED.keys() | UNRECORDED.keys()
    assert not RECORDED.keys() & UNRECORDED.keys()


def test_every_event_is_somebodys() -> None:
    """What names no client is about a matter, or somebody has said that it concerns all: nothing does by default."""
    for kind in RECORDED_TYPES:
        plan = plan_of(kind)
        assert plan is not None
        about = plan.recorded.matter in kind.model_fields
        assert plan.one or plan.many or plan.lists or about or kind.TYPE in plan.recorded.everybody, kind.TYPE


def test_every_name_in_the_table_is_there() -> None:
    """A type or field that was renamed doesn't fall out of the record unseen."""
    for topic, recorded in RECORDED.items():
        types = {name for name, kind in EVENTS.items() if kind.topic() == topic}
        named = (
            recorded.dropped
            | recorded.everybody
            | recorded.joins
            | recorded.opens
            | recorded.closes
            | recorded.misses
            | set(recorded.types)
        )
        assert named <= types | {name for name in EVENTS if name in named}, topic
        fields = {path for name in types for path in _paths(EVENTS[name])}
        for path in recorded.texts | recorded.hashed | recorded.left:
            assert path.rpartition(":")[2] in fields, f"{topic}: {path}"


def _paths(kind: type[Event]) -> Iterator[str]:
    schema = kind.model_json_schema()
    return _below(schema, schema.get("$defs", {}), "")


def _below(schema: Schema, defs: Schema, path: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _below(defs[schema["$ref"].rpartition("/")[2]], defs, path)
    for each in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _below(each, defs, path)
    for name, each in schema.get("properties", {}).items():
        yield f"{path}{name}"
        yield from _below(each, defs, f"{path}{name}.")


@pytest.mark.parametrize("kind", ABOUT_CLIENTS, ids=lambda kind: kind.TYPE)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_each_client_gets_its_part_and_nothing_of_another(kind: type[Event], data: st.DataObject) -> None:
    """§12: of every event that names clients each of them has a part, in which no other is named by an id."""
    event = data.draw(generated(kind))
    plan = plan_of(kind)
    assert plan is not None
    parts = parts_of(event, plan)
    said = set(_ids(event.model_dump(mode="json")))
    assert {part.client_id for part in parts if part.client_id} == said
    for part in parts:
        if part.client_id is not None:
            assert set(_ids(part.data)) <= {part.client_id}
            canonical(part.data)


@pytest.mark.parametrize("kind", RECORDED_TYPES, ids=lambda kind: kind.TYPE)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_free_text_stays_out_unless_it_is_named(kind: type[Event], data: st.DataObject) -> None:
    """Nobody's words go into a record that can't be erased, unless the table names the field."""
    plan = plan_of(kind)
    assert plan is not None
    for part in parts_of(data.draw(generated(kind)), plan):
        for path, value in _leaves(part.data, ""):
            if value == WORDS:
                named = any(path == text or path.startswith(f"{text}.") for text in plan.recorded.texts)
                assert named or "reckoning" in path, f"{kind.TYPE}: {path}"


def _ids(value: JsonValue) -> Iterator[str]:
    """Every client's id in a value, whatever its field is called; free text aside."""
    for _, leaf in _leaves(value, ""):
        if leaf in CLIENTS:
            yield str(leaf)


def _leaves(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    match value:
        case dict():
            for name, each in value.items():
                yield from _leaves(each, f"{path}.{name}" if path else name)
        case list():
            for each in value:
                yield from _leaves(each, path)
        case _:
            yield path, value


def test_clients_in_a_strange_place_are_refused() -> None:
    """A contract that names clients where nobody can tell whose part is whose doesn't start."""

    class Deep(Event):
        """Too deep."""

        TYPE = "notice.deep"
        KEY = ("inner",)
        inner: tuple["_Outer", ...]

    Deep.model_rebuild()
    with pytest.raises(Unplaced, match=r"notice.deep names clients in inner.outer.client_id"):
        plan_of(Deep)


class _Inner(Event):
    TYPE = "x.inner"
    KEY = ("client_id",)
    client_id: str


class _Outer(Event):
    TYPE = "x.outer"
    KEY = ("outer",)
    outer: _Inner


def test_what_has_no_one_form_is_refused() -> None:
    """A float, a number that readers round, a name that sorts in two ways, half a character."""
    for value in (0.5, 2**53, {"\U0001f600": 1}, "\ud800", {1: 2}, b"x"):
        with pytest.raises(NotCanonical):
            canonical({"value": value})
