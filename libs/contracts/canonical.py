"""One form for every JSON value, so that equal values have equal bytes, and one hash (RFC 8785).

It is the part of RFC 8785 that needs no arithmetic of floating-point numbers: a float is refused. `rfc8785`, which does
all of it in Python, takes five times as long; the tests hold the two against each other.
"""

import hashlib
import json
from collections.abc import Mapping
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
    match value:
        case str() | bool() | None:
            return
        case int():
            if abs(value) > _LARGEST:
                raise NotCanonical(f"{value} is beyond what every reader of JSON reads alike")
        case Mapping():
            for name, each in value.items():
                # RFC 8785 sorts by UTF-16 units, Python by code points: they differ beyond the first plane alone.
                if not isinstance(name, str) or max(name, default="") >= _FIRST_BEYOND:
                    raise NotCanonical(f"{name!r} can't be a name")
                _check(each)
        case list() | tuple():
            for each in value:
                _check(each)
        case _:
            raise NotCanonical(f"a {type(value).__name__} has more than one form in JSON")
