"""What every executor can do, whatever holds the data: compare with the map, count, erase, and hand out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from chassis.errors import Unable
from holder.data_map import Scope
from holder.persons import Change


class ExecutorFailed(Unable):
    """An order can't be carried out as things are; the text says what people must mend."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch that was about to be erased: how many, and the mark by which the store tells whether it was."""

    count: int
    mark: JsonValue


class Ledger(Protocol):
    """Keeps the count exact through every kill: what is about to be erased is written down before it is.

    One intent is open at a time. `intend` takes the one before it as carried out.
    """

    @property
    def intent(self) -> Intent | None:
        """The open intent, as a killed process may have left it."""
        ...

    async def intend(self, count: int, mark: JsonValue) -> None:
        """Write down what comes next, durably; raises where the order isn't ours to carry out any more."""
        ...

    async def correct(self, count: int) -> None:
        """The open intent turns out to be about so many."""
        ...

    async def settle(self, count: int) -> None:
        """Close the open intent: this many are gone."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What is there: so many of a unit, which is a row, an object version or a key."""

    count: int
    unit: str

    def __str__(self) -> str:
        """`1 row`, `2,000 rows`."""
        return f"{self.count:,} {self.unit}{'' if self.count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Exported:
    """One file of a return package was written: its name in its category, its records, where to go on after it."""

    name: str
    records: int
    after: JsonValue


class Executor(Protocol):
    """Reaches one source of the data map."""

    async def lacks(self) -> list[str]:
        """What the map names and the system doesn't have, or what this process may not do there."""
        ...

    async def count(self, scope: Scope) -> Found:
        """How much is there; a first look, or the second."""
        ...

    async def having(self, scopes: Sequence[Scope]) -> Sequence[Scope]:
        """Those of which something is there to erase, as far as that is told more cheaply than by erasing."""
        ...

    async def erase(self, scope: Scope, ledger: Ledger) -> None:
        """Erase it, in batches that the ledger hears of; goes on where a killed run was."""
        ...

    async def change(self, scope: Scope, change: Change, ledger: Ledger) -> None:
        """Correct or mark what is a person's, as `erase` deletes; what is so already counts for nothing."""
        ...

    async def resolve(self, ledger: Ledger) -> None:
        """Find out what became of the open intent, and settle it; erase nothing."""
        ...

    async def export(self, scope: Scope, after: JsonValue, sink: "Sink") -> Exported | None:
        """Write the next file of a return package, the one after `after`; None when all is written."""
        ...

    def clients(self) -> AsyncIterator[tuple[str, int]]:
        """Whoever there is something of, and how much."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Sink(Protocol):
    """Where an export writes to."""

    def write(self, data: bytes, /) -> object:
        """Add bytes."""
        ...
