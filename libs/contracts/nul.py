"""The one character that JSON can say and PostgreSQL can't store, wherever it stands in what somebody sends."""

from typing import Final

from pydantic import BaseModel
from pydantic_core import from_json

WORDS: Final = "must not hold the character NUL"
_ESCAPED: Final = b"\\u0000"
"""JSON has no other way to say it: in a string it must be escaped."""


def field_with_nul(data: bytes) -> str | None:
    """The first field with a NUL in its text or its name, as in `facts.actions[0]`; None where there is none.

    `data` that is no JSON has none: whoever reads it says what is wrong. What has none costs a search for six bytes.
    """
    if _ESCAPED not in data:
        return None
    try:
        return _within(from_json(data), "")
    except ValueError:
        return None


def nul_in(event: BaseModel, said: bytes) -> str | None:
    """The first field of `event` with a NUL; `said` is the JSON that it was read from. What it ignored may hold any."""
    return field_with_nul(event.model_dump_json().encode()) if _ESCAPED in said else None


def _within(value: object, path: str) -> str | None:
    match value:
        case str():
            return path or "data" if "\0" in value else None
        case dict():
            found = ((_named(path, name), each) for name, each in value.items())
        case list():
            found = ((f"{path}[{nth}]", each) for nth, each in enumerate(value))
        case _:
            return None
    for place, each in found:
        if "\0" in place:
            return place.replace("\0", "\\0")
        if (wrong := _within(each, place)) is not None:
            return wrong
    return None


def _named(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
