"""Breaks between two schemas of one event: what is caught, where, for whom; and that nothing else is."""

from typing import Any

import pytest

from contracts.compatibility import Schema, Side, compare_schemas
from contracts.schemas import DIALECT

Json = dict[str, Any]  # what jsonschema itself calls a schema
Found = set[tuple[Side, str]]
C, P, B = Side.CONSUMERS, Side.PUBLISHERS, Side.BOTH
X = "$.x"
BOTH_ALONE: Found = {(C, X), (P, X)}


def text(**more: object) -> Json:
    """A string."""
    return {"type": "string", **more}


def whole(**more: object) -> Json:
    """An integer."""
    return {"type": "integer", **more}


def number(**more: object) -> Json:
    """A number."""
    return {"type": "number", **more}


def array(**more: object) -> Json:
    """An array."""
    return {"type": "array", **more}


def mapping(**more: object) -> Json:
    """An object whose fields are not named."""
    return {"type": "object", **more}


def model(fields: Json, *required: str) -> Json:
    """An object whose fields are named."""
    return {"type": "object", "properties": fields, "required": list(required)}


def either(*branches: Json) -> Json:
    """Alternatives."""
    return {"anyOf": list(branches)}


def enum(*values: object) -> Json:
    """An enum of strings."""
    return text(enum=list(values))


def tagged(*tags: str, by: str = "kind") -> Json:
    """A union told apart by a field."""
    return {"oneOf": [model({by: {"const": tag}}, by) for tag in tags], "discriminator": {"propertyName": by}}


TEXT = text()
NULL: Json = {"type": "null"}
PAIR = array(prefixItems=[TEXT, whole()], minItems=2, maxItems=2)
ELEMENTS = (C, "$.x[0]"), (C, "$.x[1]")

FIELDS: list[tuple[str, Json, Json, Found]] = [
    ("nothing changes", TEXT, TEXT, set()),
    ("words", TEXT, text(title="X", description="y", examples=["z"]), set()),
    ("may be null", TEXT, either(TEXT, NULL), {(C, X)}),
    ("null no longer", either(TEXT, NULL), TEXT, {(P, X)}),
    ("alternatives in another order", either(TEXT, NULL), either(NULL, TEXT), set()),
    ("alternatives as types", either(TEXT, NULL), {"type": ["null", "string"]}, set()),
    ("another type", TEXT, whole(), BOTH_ALONE),
    ("widened to number", whole(), number(), {(C, X)}),
    ("narrowed to integer", number(), whole(), {(P, X)}),
    ("anything", TEXT, {}, {(C, X)}),
    ("new enum value", enum("a", "b"), enum("a", "b", "c"), {(C, X)}),
    ("enum value removed", enum("a", "b"), enum("b"), {(P, X)}),
    ("enum in another order", enum("a", "b"), enum("b", "a"), set()),
    ("enum of one is a constant", {"enum": ["a"]}, {"const": "a"}, set()),
    ("1 is not true", {"const": 1}, {"const": True}, BOTH_ALONE),
    ("enum opened", enum("a", "b"), TEXT, {(C, X)}),
    ("text closed to an enum", TEXT, enum("a", "b"), {(P, X)}),
    ("values fit the limits", enum("a", "b"), text(maxLength=1), {(C, X)}),
    ("a value misses the pattern", enum("a", "b"), text(pattern="^a$"), BOTH_ALONE),
    ("a value may be no date", enum("a"), text(format="date"), BOTH_ALONE),
    ("numbers fit the bounds", {"enum": [1, 2]}, whole(minimum=1), {(C, X)}),
    ("a number misses the bounds", {"enum": [1, 2]}, whole(minimum=2), BOTH_ALONE),
    ("pattern dropped", text(pattern="^a"), TEXT, {(C, X)}),
    ("pattern added", TEXT, text(pattern="^a"), {(P, X)}),
    ("pattern changed", text(pattern="^a"), text(pattern="a"), BOTH_ALONE),
    ("format added", TEXT, text(format="date"), {(P, X)}),
    ("format changed", text(format="date"), text(format="date-time"), BOTH_ALONE),
    ("longer", text(maxLength=5), text(maxLength=6), {(C, X)}),
    ("shorter", text(maxLength=5), text(maxLength=4), {(P, X)}),
    ("may be empty", text(minLength=1), TEXT, {(C, X)}),
    ("minimum raised", whole(minimum=0), whole(minimum=1), {(P, X)}),
    ("maximum dropped", whole(maximum=9), whole(), {(C, X)}),
    ("zero no longer", number(minimum=0), number(exclusiveMinimum=0), {(P, X)}),
    ("zero no more", number(maximum=0), number(exclusiveMaximum=0), {(P, X)}),
    ("even only", whole(), whole(multipleOf=2), {(P, X)}),
    ("items widened", array(items=TEXT), array(items={}), {(C, "$.x[*]")}),
    ("may hold none", array(minItems=1), array(), {(C, X)}),
    ("fewer items", array(maxItems=9), array(maxItems=8), {(P, X)}),
    ("no item twice", array(), array(uniqueItems=True), {(P, X)}),
    ("second of a pair", PAIR, {**PAIR, "prefixItems": [TEXT, number()]}, {(C, "$.x[1]")}),
    ("pair to a list", PAIR, array(), {(C, X), *ELEMENTS}),
    ("pair to a list of text", PAIR, array(items=TEXT), {(C, X), (C, "$.x[1]"), (P, "$.x[1]")}),
    ("required inside", model({"y": TEXT}, "y"), model({"y": TEXT}), {(C, "$.x.y")}),
    ("new optional inside", model({"y": TEXT}), model({"y": TEXT, "z": TEXT}), set()),
    ("map's values", mapping(additionalProperties=TEXT), mapping(additionalProperties=enum("a")), {(P, "$.x.*")}),
    ("map closed", mapping(additionalProperties=True), mapping(additionalProperties=False), {(P, "$.x.*")}),
    ("map to a model", mapping(additionalProperties=TEXT), model({"y": TEXT}), {(P, "$.x.*")}),
    ("map to a model with a need", mapping(), model({"y": {}}, "y"), {(P, "$.x.y"), (P, "$.x.*")}),
    ("map's names", mapping(), mapping(propertyNames={"pattern": "^a"}), {(P, "$.x.* (its name)")}),
    ("fields counted", mapping(), mapping(maxProperties=3), {(P, X)}),
    ("new branch of a union", tagged("a", "b"), tagged("a", "b", "c"), {(C, "$.x.kind")}),
    ("branch removed", tagged("a", "b"), tagged("a"), {(P, "$.x.kind")}),
    ("told apart by another field", tagged("a"), tagged("a", by="sort"), BOTH_ALONE),
    ("model to a union of models", model({"kind": {"const": "a"}}, "kind"), tagged("a"), BOTH_ALONE),
    ("unknown keyword, unchanged", {"not": TEXT}, {"not": TEXT}, {(B, X)}),
    ("allOf", TEXT, {"allOf": [TEXT]}, {(B, X)}),
    ("oneOf without a discriminator", TEXT, {"oneOf": [TEXT, NULL]}, {(B, X)}),
    ("alternatives beside a limit", TEXT, {**either(TEXT), "maxLength": 3}, {(B, X)}),
    ("enum beside a limit", TEXT, {**enum("a"), "maxLength": 3}, {(B, X)}),
    ("reference to nothing", TEXT, {"$ref": "#/$defs/None"}, {(B, X)}),
    ("unknown type", TEXT, {"type": "text"}, {(B, X)}),
]


def event(fields: Json, *required: str, **more: object) -> Json:
    """An event's schema."""
    return {"$schema": DIALECT, "x-key": ["id"], **model(fields, *required), **more}


def defined(**definitions: Json) -> Json:
    """An event whose field `x` is the first of these definitions."""
    name = next(iter(definitions))
    return {**event({"x": {"$ref": f"#/$defs/{name}"}}, "x"), "$defs": definitions}


def node(value: Json) -> Json:
    """A recursive definition."""
    return model({"next": {**either({"$ref": "#/$defs/Node"}, NULL), "default": None}, "v": value}, "v")


OLD = event({"x": TEXT}, "x")
OPTIONAL = {**either(TEXT, NULL), "default": None}
OTHER_DIALECT = "http://json-schema.org/draft-07/schema#"

EVENTS: list[tuple[str, Json, Json, Found]] = [
    ("new optional", OLD, event({"x": TEXT, "y": OPTIONAL}, "x"), set()),
    ("fields in another order", event({"x": TEXT, "y": TEXT}), event({"y": TEXT, "x": TEXT}), set()),
    ("new required", OLD, event({"x": TEXT, "y": TEXT}, "x", "y"), {(P, "$.y")}),
    ("required removed", OLD, event({}), BOTH_ALONE),
    ("optional removed: what is said is lost", event({"x": OPTIONAL}), event({}), {(P, X)}),
    ("renamed", OLD, event({"z": TEXT}, "z"), {*BOTH_ALONE, (P, "$.z")}),
    ("required made optional", OLD, event({"x": TEXT}), {(C, X)}),
    ("optional made required", event({"x": TEXT}), OLD, {(P, X)}),
    ("another default", event({"x": text(default="a")}), event({"x": text(default="b")}), {(C, X)}),
    ("default dropped", event({"x": text(default="a")}), event({"x": TEXT}), {(C, X)}),
    ("moved to a definition", event({"x": enum("a")}, "x"), defined(E=enum("a")), set()),
    ("definition renamed", defined(E=enum("a")), defined(F=enum("a")), set()),
    ("definition changed", defined(E=enum("a")), defined(E=TEXT), {(C, X)}),
    ("recursive", defined(Node=node(TEXT)), defined(Node=node(TEXT)), set()),
    ("recursive changed", defined(Node=node(TEXT)), defined(Node=node(text(maxLength=3))), {(P, "$.x.v")}),
    ("another key", OLD, {**OLD, "x-key": ["x"]}, {(B, "$")}),
    ("unknown keyword in a new field", OLD, event({"x": TEXT, "y": {"if": TEXT}}, "x"), {(B, "$.y")}),
    ("unknown keyword in a definition", OLD, {**OLD, "$defs": {"E": {"contains": TEXT}}}, {(B, "$ E")}),
    ("our own annotations", OLD, {**OLD, "x-topic": "e"}, set()),
    ("another dialect", OLD, {**OLD, "$schema": OTHER_DIALECT}, {(B, "$")}),
]

CASES = [(name, event({"x": old}, "x"), event({"x": new}, "x"), found) for name, old, new, found in FIELDS] + EVENTS


@pytest.mark.parametrize(("old", "new", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_table(old: Json, new: Json, expected: Found) -> None:
    """Each change breaks whom it breaks, where it does, and nobody else."""
    found = compare_schemas("e", Schema.model_validate(old), Schema.model_validate(new))
    assert {(each.breaks, each.path) for each in found} == expected
    assert all(each.reason and each.remedy for each in found)
