"""Why a line of a plan is as it is: a sentence in English, and its code for words in another language. Pure."""

from datetime import date
from typing import NamedTuple

from contracts.coded import encode


class Reason(NamedTuple):
    """A sentence, and what it says as `contracts.coded` has it."""

    text: str
    coded: str


def why(code: str, text: str, **names: date | int | str) -> Reason:
    """A reason, with what its sentence names: days as ISO 8601, everything else by its code."""
    return Reason(text, encode(code, {name: str(value) for name, value in names.items()}))
