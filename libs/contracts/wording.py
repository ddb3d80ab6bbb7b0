"""What is wrong with an event, field by field, in words for the person who wrote it; never the values themselves."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.client import EMAIL_PATTERN
from contracts.event import COUNTRY_PATTERN, ID_PATTERN, TEXT_PATTERN
from contracts.returning import SHA256_PATTERN

Step = int | str
Context = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """One field (`facts.transfer.mechanism`, `actions[0]`) and what is wrong with it."""

    field: str
    text: str


_PATTERNS: Final[Mapping[object, str]] = {
    ID_PATTERN: "must be letters, digits or . _ : - and begin with a letter or a digit",
    TEXT_PATTERN: "must not be blank, nor hold the character NUL",
    COUNTRY_PATTERN: "must be a country's two capital letters, as in FR",
    EMAIL_PATTERN: "must be an email address, as in privacy@example.com",
    SHA256_PATTERN: "must be a SHA-256: 64 digits or letters from a to f",
}
"""What our patterns ask for."""

_WORDS: Final[Mapping[str, Callable[[Context], str]]] = {
    "missing": lambda _: "is required",
    "string_type": lambda _: "must be text",
    "bool_type": lambda _: "must be true or false",
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "bool_parsing": lambda _: "must be true or false",
    "float_type": lambda _: "must be a number",
    "tuple_type": lambda _: "must be a list",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "enum": lambda said: f"must be one of {said['expected']}",
    "literal_error": lambda said: f"must be {said['expected']}",
    "string_pattern_mismatch": lambda said: _PATTERNS.get(said["pattern"], f"must match {said['pattern']}"),
    "extra_forbidden": lambda _: "is not known here",
    "string_too_short": lambda said: _at_least(said["min_length"], "character"),
    "string_too_long": lambda said: f"must have at most {said['max_length']} characters",
    "greater_than": lambda said: f"must be more than {said['gt']}",
    "greater_than_equal": lambda said: f"must be at least {said['ge']}",
    "less_than": lambda said: f"must be less than {said['lt']}",
    "less_than_equal": lambda said: f"must be at most {said['le']}",
    "too_short": lambda said: _at_least(said["min_length"], "item"),
    "too_long": lambda said: f"must have at most {said['max_length']} items",
    "timezone_aware": lambda _: "needs its offset from UTC, as in 2026-03-31T09:00:00Z",
    "date_type": lambda _: _DATE,
    "date_parsing": lambda _: _DATE,
    "date_from_datetime_parsing": lambda _: _DATE,
    "date_from_datetime_inexact": lambda _: _DATE,
    "datetime_type": lambda _: _INSTANT,
    "datetime_parsing": lambda _: _INSTANT,
    "datetime_from_date_parsing": lambda _: _INSTANT,
    "time_delta_type": lambda _: _DURATION,
    "time_delta_parsing": lambda _: _DURATION,
    "path_type": lambda _: "must be a path",
    "json_invalid": lambda said: f"is no JSON: {said['error']}",
}

_DATE: Final = "must be a date, as in 2026-03-31"
_DURATION: Final = "must be a duration, as in PT20S or P30D"
_INSTANT: Final = "must be a date and time with its offset, as in 2026-03-31T09:00:00Z"


def in_plain_words(model: type[BaseModel], error: ValidationError) -> tuple[Problem, ...]:
    """Every problem that pydantic found in JSON for `model`; an unknown field is told the nearest known one."""
    found = error.errors(include_url=False, include_input=False)
    return tuple(
        Problem(_path(each["loc"]), _unknown(model, each) or in_words(each["type"], each["msg"], each.get("ctx", {})))
        for each in found
    )


def in_words(kind: str, message: str, context: Context) -> str:
    """One of pydantic's problems, by its kind and context, in plain words; its own message where there are none."""
    words = _WORDS.get(kind)
    return words(context) if words else message


def unknown_field(model: type[BaseModel], loc: tuple[Step, ...]) -> str:
    """What is wrong with a field that `model` doesn't have, with the nearest that it has."""
    *parents, name = loc
    return f"is not known here{did_you_mean(str(name), _known(model, tuple(parents)))}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest known name, or else all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"


def _unknown(model: type[BaseModel], found: ErrorDetails) -> str | None:
    """The nearest known fields, for one that isn't."""
    return unknown_field(model, found["loc"]) if found["type"] == "extra_forbidden" else None


def _at_least(number: object, what: str) -> str:
    return "must not be empty" if number == 1 else f"must have at least {number} {what}s"


def _path(loc: tuple[Step, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).removeprefix(".") or "data"


def _known(model: type[BaseModel], loc: tuple[Step, ...]) -> Iterable[str]:
    """The fields that may stand at a place within a model; those of the last model on the way to it."""
    for step in loc:
        field = model.model_fields.get(str(step))
        model = next(iter(_models(field.annotation)), model) if field else model
    return model.model_fields


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
