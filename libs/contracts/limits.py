"""What a schema says about one value apart from its type: lengths, bounds, pattern, format, counts."""

import json
import re
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from contracts.shapes import Shape

ANY_OF: Final = {
    "null": "null",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "an object",
}
"""Every type in words."""


def type_of(value: JsonValue) -> str:
    """The JSON Schema type of a value; a float is a number even where it is whole."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def say(value: JsonValue) -> str:
    """A value as JSON, in a form in which equal values are equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def exceeded(type_name: str, narrow: Shape, wide: Shape) -> Iterator[str]:
    """What `narrow` allows a value of this type and `wide` doesn't, each as what it "may" be or do."""
    match type_name:
        case "string":
            yield from _text(narrow, wide)
        case "integer" | "number":
            yield from _bounds(narrow, wide)
        case "array":
            yield from _counts((narrow.min_items, narrow.max_items), (wide.min_items, wide.max_items), "items")
            if wide.unique_items and not narrow.unique_items:
                yield "may hold the same item twice"
        case "object":
            ours, theirs = (narrow.min_properties, narrow.max_properties), (wide.min_properties, wide.max_properties)
            yield from _counts(ours, theirs, "fields")


def takes(shape: Shape, value: JsonValue) -> bool:
    """Whether a shape allows a value of its type; what needs a look inside, or at a format, counts as refused."""
    match value:
        case bool() | None:
            return True
        case int() | float():
            point = Shape.model_validate({"minimum": value, "maximum": value})
            return shape.multiple_of is None and not list(_bounds(point, shape))
        case str():
            length = Shape.model_validate({"minLength": len(value), "maxLength": len(value)})
            fits = shape.pattern is None or _matches(shape.pattern, value)
            return fits and shape.format is None and not list(_lengths(length, shape))
        case _:
            return False


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return False


def _text(narrow: Shape, wide: Shape) -> Iterator[str]:
    yield from _lengths(narrow, wide)
    if wide.pattern is not None and narrow.pattern != wide.pattern:
        yield f"may not match {wide.pattern}"
    if wide.format is not None and narrow.format != wide.format:
        yield f"may be no {wide.format}"


def _lengths(narrow: Shape, wide: Shape) -> Iterator[str]:
    yield from _counts((narrow.min_length, narrow.max_length), (wide.min_length, wide.max_length), "characters")


def _counts(narrow: tuple[int, int | None], wide: tuple[int, int | None], what: str) -> Iterator[str]:
    if narrow[0] < wide[0]:
        yield f"may have fewer than {wide[0]} {what}"
    if wide[1] is not None and (narrow[1] is None or narrow[1] > wide[1]):
        yield f"may have more than {wide[1]} {what}"


def _bounds(narrow: Shape, wide: Shape) -> Iterator[str]:
    if wide.minimum is not None and not _above(narrow, wide.minimum, open_too=True):
        yield f"may be below {wide.minimum:g}"
    if wide.exclusive_minimum is not None and not _above(narrow, wide.exclusive_minimum, open_too=False):
        yield f"may be {wide.exclusive_minimum:g} or below"
    if wide.maximum is not None and not _below(narrow, wide.maximum, open_too=True):
        yield f"may be above {wide.maximum:g}"
    if wide.exclusive_maximum is not None and not _below(narrow, wide.exclusive_maximum, open_too=False):
        yield f"may be {wide.exclusive_maximum:g} or above"
    if wide.multiple_of is not None and narrow.multiple_of != wide.multiple_of:
        yield f"may be no multiple of {wide.multiple_of:g}"


def _above(shape: Shape, bound: float, *, open_too: bool) -> bool:
    """Whether all that a shape allows is above a bound; with `open_too` the bound itself is fine."""
    if shape.exclusive_minimum is not None and shape.exclusive_minimum >= bound:
        return True
    return shape.minimum is not None and (shape.minimum > bound or (open_too and shape.minimum == bound))


def _below(shape: Shape, bound: float, *, open_too: bool) -> bool:
    if shape.exclusive_maximum is not None and shape.exclusive_maximum <= bound:
        return True
    return shape.maximum is not None and (shape.maximum < bound or (open_too and shape.maximum == bound))
