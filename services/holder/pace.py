"""How hard a live system is worked: the size of a batch, and the rest after it."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field


class Pace(BaseModel):
    """Transactions of `rows` in statements of `bite`, ended early after `held_s`; then a part of that time at rest."""

    model_config = ConfigDict(frozen=True)

    rows: int = Field(2000, gt=0, le=50_000, description="rows of one short transaction")
    bite: int = Field(500, gt=0, description="rows of one statement")
    held_s: float = Field(0.1, gt=0, description="seconds of locks after which a transaction ends early")
    rest: float = Field(0.05, ge=0, description="rest after a batch, as a part of what the batch took")
    found: int = Field(100_000, gt=0, description="rows that one look at a table finds")
    file_bytes: int = Field(64 * 1024 * 1024, gt=0, description="bytes of one file of a return package, about")


_SHORTEST_S: Final = 0.002
"""Timers are as exact as a millisecond: what is owed is added up until it is worth a rest."""


class Rest:
    """What is owed to those who wait: a part of the time that was worked, whatever a piece of work took."""

    def __init__(self, part: float) -> None:
        self._part = part
        self._owed_s = 0.0

    @property
    def due_s(self) -> float:
        """How long to rest now; nought until it is worth it."""
        return self._owed_s if self._owed_s >= _SHORTEST_S else 0.0

    def worked(self, seconds: float) -> None:
        """Something is owed for this."""
        self._owed_s += self._part * seconds

    def rested(self, seconds: float) -> None:
        """So long it was; what was too much is not owed the next time."""
        self._owed_s -= seconds
