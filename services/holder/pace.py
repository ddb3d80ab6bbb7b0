"""How hard a live system is worked: the size of a batch, and the rest after it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import BaseModel, ConfigDict, Field


class Pace(BaseModel):
    """Transactions of `rows` in statements of `bite`, ended early after `held_s`; then a part of that time at rest."""

    model_config = ConfigDict(frozen=True)

    rows: int = Field(1000, gt=0, le=50_000, description="rows of one short transaction")
    bite: int = Field(250, gt=0, description="rows of one statement")
    held_s: float = Field(0.1, gt=0, description="seconds of locks after which a transaction ends early")
    rest: float = Field(0.05, ge=0, description="rest after a batch, as a part of what the batch took")
    found: int = Field(100_000, gt=0, description="rows that one look at a table finds")
    file_bytes: int = Field(64 * 1024 * 1024, gt=0, description="bytes of one file of a return package, about")


_SHORTEST_S: Final = 0.002
"""Timers are as exact as a millisecond: what is owed is added up until it is worth one."""


class Resting:
    """Rests for a part of the time that was worked, whatever a piece of work took."""

    def __init__(self, part: float) -> None:
        self._part = part
        self._owed_s = 0.0

    @contextmanager
    def work(self) -> Iterator[None]:
        """What is done within counts."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            yield
        finally:
            self._owed_s += self._part * (clock() - began)

    async def rest(self) -> None:
        """Rest, once enough is owed; what a rest took longer is not owed again."""
        if self._owed_s < _SHORTEST_S:
            return
        clock = asyncio.get_running_loop().time
        began = clock()
        await asyncio.sleep(self._owed_s)
        self._owed_s -= clock() - began
