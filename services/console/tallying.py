"""What stands of each promise in a chain, counted entry by entry, up to any of them and on from there. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel


class Standing(NamedTuple):
    """An entry that promises rest on."""

    seq: int
    type: str
    recorded_at: datetime
    promises: Sequence[str]
    thing: str
    stands: str | None


class Facts(BaseModel):
    """The entries that bear on a promise: how many, and the last of them."""

    count: int
    seq: int
    type: str
    recorded_at: datetime


class Thing(BaseModel):
    """What is open or missed as its last entry says, and the promises that its entries since it began bear on."""

    stands: str
    promises: set[str]


class Tally(BaseModel):
    """A chain up to its entry `seq`. What was closed is forgotten: it counts again when it is open again."""

    seq: int = 0
    facts: dict[str, Facts] = {}
    things: dict[str, Thing] = {}

    def add(self, entry: Standing) -> None:
        """The next entry."""
        self.seq = entry.seq
        for code in entry.promises:
            before = self.facts[code].count if code in self.facts else 0
            self.facts[code] = Facts.model_construct(
                count=before + 1, seq=entry.seq, type=entry.type, recorded_at=entry.recorded_at
            )
        if entry.stands == "closes":
            self.things.pop(entry.thing, None)
        elif entry.stands is not None:
            thing = self.things.setdefault(entry.thing, Thing(stands=entry.stands, promises=set()))
            thing.stands = entry.stands
            thing.promises.update(entry.promises)

    def counted(self, code: str, stands: str) -> int:
        """How many things of a promise stand so."""
        return sum(each.stands == stands and code in each.promises for each in self.things.values())
