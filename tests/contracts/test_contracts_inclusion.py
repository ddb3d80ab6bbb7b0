"""Inclusion of schemas: whatever is changed, nothing slips through."""

from copy import deepcopy
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import JsonValue
from pydantic_core import to_json

from contracts.bus import EVENTS
from contracts.compatibility import Schema, compare_schemas
from contracts.inclusion import Inclusion
from contracts.schemas import json_schema

Json = dict[str, Any]  # what jsonschema itself calls a schema
TEXT: Json = {"type": "string"}
NULL: Json = {"type": "null"}
ENUM: Json = {"type": "string", "enum": ["a", "b"]}
TEXTS = st.text("abé1", max_size=6)
LEAVES: tuple[Json, ...] = (
    TEXT,
    {"type": "string", "maxLength": 3},
    {"type": "string", "minLength": 1, "maxLength": 4},
    {"type": "string", "pattern": "^[a-c]+$"},
    {"type": "string", "format": "date"},
    ENUM,
    {"const": "a"},
    {"enum": ["a", 1, None]},
    {"type": "integer"},
    {"type": "integer", "minimum": 0, "maximum": 5},
    {"type": "number", "exclusiveMinimum": 0},
    {"type": "boolean"},
    NULL,
    {},
)


def _compound(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    names = st.sampled_from("pqr")
    objects = st.dictionaries(names, inner, max_size=3).flatmap(
        lambda fields: (
            st.sets(st.sampled_from(sorted(fields))).map(lambda need: _object(fields, need))
            if fields
            else st.just(_object({}, set()))
        )
    )
    arrays = st.builds(
        lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2)
    )
    pairs = st.builds(lambda a, b: {"type": "array", "prefixItems": [a, b], "minItems": 2, "maxItems": 2}, inner, inner)
    maps = inner.map(lambda values: {"type": "object", "additionalProperties": values})
    unions = st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches})
    return st.one_of(objects, objects, arrays, pairs, maps, unions)


def _object(fields: Json, need: set[str]) -> Json:
    return {"type": "object", "properties": fields, "required": sorted(need)}


SCHEMAS = st.recursive(st.sampled_from(LEAVES), _compound, max_leaves=6)


@st.composite
def mutants(draw: st.DrawFn, original: Json) -> Json:
    """The same schema with one thing changed somewhere."""
    changed = deepcopy(original)
    places = list(_places(changed))
    place = draw(st.sampled_from(places))
    place.update(draw(st.sampled_from(_changes(place))))
    for gone in [name for name, value in place.items() if value is ...]:
        del place[gone]
    return changed


def _places(node: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    yield node
    kids = [*node.get("properties", {}).values(), *node.get("prefixItems", ()), *node.get("anyOf", ())]
    kids += [*node.get("$defs", {}).values()]
    kids += [node[name] for name in ("items", "additionalProperties") if isinstance(node.get(name), dict)]
    for kid in kids:
        yield from _places(kid)


def _changes(node: Json) -> list[Json]:
    """What may be changed at one place; `...` deletes the keyword."""
    found: list[Json] = [{"title": "Another"}]
    if "anyOf" in node:
        found += [{"anyOf": node["anyOf"][1:] or [TEXT]}, {"anyOf": [*node["anyOf"], {"type": "boolean"}]}]
        found += [{"anyOf": node["anyOf"][::-1]}]
    if "enum" in node:
        found += [{"enum": [*node["enum"], "new"]}, {"enum": node["enum"][1:] or ["new"]}, {"enum": node["enum"][::-1]}]
    elif node.get("type") == "string":
        found += [{"maxLength": 2}, {"minLength": 2}, {"maxLength": ..., "minLength": ...}, {"pattern": "^[ab]*$"}]
        found += [{"pattern": ...}, {"type": "integer", "pattern": ..., "format": ...}, {"type": ["string", "null"]}]
    if node.get("type") in ("integer", "number"):
        found += [{"type": "number"}, {"type": "integer"}, {"minimum": 2}, {"maximum": ...}, {"exclusiveMaximum": 3}]
    if node.get("type") == "array":
        found += [{"minItems": 1}, {"minItems": ...}, {"maxItems": 2}, {"uniqueItems": True}, {"prefixItems": [TEXT]}]
    if fields := node.get("properties"):
        some = min(fields)
        need = node.get("required", [])
        found += [
            {"properties": {name: fields[name] for name in fields if name != some}, "required": [*{*need} - {some}]}
        ]
        found += [{"properties": {**fields, "fresh": TEXT}}, {"required": sorted(fields)}, {"required": []}]
        found += [{"properties": {**fields, some: {"anyOf": [fields[some], NULL]}}}]
    return found


def instances(node: Json, root: Json) -> st.SearchStrategy[JsonValue]:
    """Documents that a schema allows, with no field that it doesn't name."""
    if "$ref" in node:
        return instances(root["$defs"][node["$ref"].removeprefix("#/$defs/")], root)
    if "anyOf" in node:
        return st.one_of([instances(branch, root) for branch in node["anyOf"]])
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    kinds = node.get("type", ["null", "boolean", "integer", "string", "array", "object"])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return st.one_of([_of_type(kind, node, root) for kind in kinds])


def _of_type(kind: str, node: Json, root: Json) -> st.SearchStrategy[JsonValue]:
    match kind:
        case "string":
            return _strings(node)
        case "integer" | "number":
            return _numbers(kind, node)
        case "array":
            return _arrays(node, root)
        case "object":
            return _objects(node, root)
    return st.booleans() if kind == "boolean" else st.none()


def _strings(node: Json) -> st.SearchStrategy[JsonValue]:
    if "pattern" in node:
        made: st.SearchStrategy[str] = st.from_regex(node["pattern"].replace("$", r"\Z"), fullmatch=True)
    elif "format" in node:
        moments = {"date": st.dates().map(str), "date-time": st.datetimes().map(lambda at: f"{at.isoformat()}Z")}
        made = moments[node["format"]]
    else:
        made = TEXTS
    least, most = node.get("minLength", 0), node.get("maxLength", 99999)
    return made.filter(lambda text: least <= len(text) <= most)


def _numbers(kind: str, node: Json) -> st.SearchStrategy[JsonValue]:
    whole = st.integers(-3, 9)
    made: st.SearchStrategy[int | float] = (
        whole if kind == "integer" else st.one_of(whole, whole.map(lambda n: n + 0.5))
    )
    return made.filter(
        lambda n: (
            node.get("minimum", -9) <= n <= node.get("maximum", 99)
            and node.get("exclusiveMinimum", -9) < n < node.get("exclusiveMaximum", 99)
        )
    )


def _arrays(node: Json, root: Json) -> st.SearchStrategy[JsonValue]:
    fixed = [instances(item, root) for item in node.get("prefixItems", ())]
    rest = instances(node["items"], root) if "items" in node else st.sampled_from([None, 7, "z"])
    least, most = node.get("minItems", 0), node.get("maxItems", 4)
    sizes = st.integers(least, max(least, most))
    made = sizes.flatmap(lambda size: st.tuples(*(fixed + [rest] * size)[:size]).map(list))
    alone = made.filter(lambda items: len({str(item) for item in items}) == len(items))
    return alone if node.get("uniqueItems") else made


def _objects(node: Json, root: Json) -> st.SearchStrategy[JsonValue]:
    if "properties" not in node:
        values = node.get("additionalProperties", TEXT)
        names = instances(node["propertyNames"], root).map(str) if "propertyNames" in node else TEXTS
        return st.dictionaries(names, instances({} if values is True else values, root), max_size=2)
    fields = {name: instances(field, root) for name, field in node["properties"].items()}
    need = {name: fields[name] for name in node.get("required", ()) if name in fields}
    return st.fixed_dictionaries(need, optional={name: fields[name] for name in fields if name not in need})


def _gaps(narrow: Json, wide: Json, *, ignores: bool) -> bool:
    ours, theirs = Schema.model_validate({**narrow, "x-key": []}), Schema.model_validate({**wide, "x-key": []})
    return bool(Inclusion(ours.defs, theirs.defs, ignores=ignores).gaps(ours, theirs))


@settings(max_examples=400, deadline=None)
@given(st.data(), SCHEMAS, st.booleans())
def test_nothing_slips_through(data: st.DataObject, old: Json, ignores: bool) -> None:  # noqa: FBT001
    """Where no gap is found between two generated schemas, every document of the one is a document of the other."""
    new = data.draw(mutants(old).flatmap(mutants))
    gap = _gaps(old, new, ignores=ignores)
    event(f"gap: {gap}, same: {old == new}")
    if not gap:
        document = data.draw(instances(old, old))
        Draft202012Validator(new).validate(document)


@settings(max_examples=200, deadline=None)
@given(SCHEMAS)
def test_a_schema_includes_itself(generated: Json) -> None:
    """No schema has a gap to itself, whoever reads."""
    assert not _gaps(generated, generated, ignores=True)
    assert not _gaps(generated, deepcopy(generated), ignores=False)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(EVENTS)))
def test_old_events_are_read_by_the_models(data: st.DataObject, name: str) -> None:
    """Whatever an event's schema was before: if check finds nothing, the model takes every event of the old schema."""
    current = json_schema(EVENTS[name])
    old = data.draw(mutants(current))
    broken = compare_schemas(name, Schema.model_validate(old), Schema.model_validate(current))
    event(f"broken: {bool(broken)}")
    if not broken:
        document = data.draw(instances(old, old))
        Draft202012Validator(current).validate(document)
        EVENTS[name].model_validate_json(to_json(document))
