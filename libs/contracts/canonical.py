"""One form for every JSON value, so that equal values have equal bytes, and one hash (RFC 8785).

It is the part of RFC 8785 that needs no arithmetic of floating-point numbers: a float is refused. The library `rfc8785`
does all of it, in Python, and takes five times as long.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Final

_FIRST_BEYOND: Final = "\U00010000"
_LARGEST: Final = 2**53 - 1
_ENCODE: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


class NotCanonical(ValueError):
    """A value that has no canonical form here: a float, a number beyond 2^53, a name outside Unicode's first plane."""

    field: str | None = "data"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def canonical(value: object) -> bytes:
    """Sorted names, no spaces, UTF-8; raises NotCanonical for what may be written in more than one way."""
    _check(value)
    try:
        return _ENCODE(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("half of a surrogate pair is no text") from error


def sha256_of(value: object) -> str:
    """The SHA-256 of a value's canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: object) -> None:
    """By exact types: this runs for every piece of every entry, and abstract ones cost five times as much."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if isinstance(value, dict):
        _check_names(value)
        _check_all(value.values())
    elif isinstance(value, list | tuple):
        _check_all(value)
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            raise NotCanonical(f"{value} is beyond what every reader of JSON reads alike")
    elif not isinstance(value, str):  # an enum's member is text
        raise NotCanonical(f"a {kind.__name__} has more than one form in JSON")


def _check_all(values: Iterable[object]) -> None:
    for each in values:
        if type(each) is not str:  # most are, and a call for each costs more than it
            _check(each)


def _check_names(names: Iterable[object]) -> None:
    """RFC 8785 sorts by UTF-16 units, Python by code points: they differ beyond the first plane alone."""
    for name in names:
        if not isinstance(name, str) or (not name.isascii() and max(name) >= _FIRST_BEYOND):
            raise NotCanonical(f"{name!r} can't be a name")
