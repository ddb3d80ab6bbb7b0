"""What a check of an agreement finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from agreement.schema import Agreement


class Severity(StrEnum):
    """An error stops the agreement from being run; a warning needs a decision of people; a note is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, where (the clause and the TOML path), and what to do."""

    severity: Severity
    clause: str
    path: str
    what: str
    remedy: str


Reader = Callable[[Agreement], Iterator[Finding]]
"""Reads an agreement for one kind of finding."""
