"""The stream: what platform teams publish in the life of some clients, act by act, every kind of event.

What one event answers, was handled before: an act is published when the one before it has come to rest, as people
answer what they have read. Within an act nothing depends on an order that Kafka doesn't keep.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from tests.faults.bus import Bus
from tests.faults.snapshot import of_bytes
from tests.faults.world import STARTS_AT

from contracts.bus import EVENTS

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "contracts" / "examples"
Json = dict[str, object]


@dataclass(frozen=True)
class Said:
    """One event as it is published; the same words have the same id."""

    type: str
    key: str
    value: bytes

    @property
    def topic(self) -> str:
        """Where it goes."""
        return self.type.partition(".")[0]

    @property
    def id(self) -> str:
        """Its id: of all that it says, the moments of this very run aside."""
        digest = blake2b(of_bytes(self.value).encode(), digest_size=6).hexdigest()
        return f"{self.type}/{self.key}/{digest}"


def say(event_type: str, **data: object) -> Said:
    """The example of a kind of event, with these fields; one of None is left out."""
    whole = {name: value for name, value in (_example(event_type) | data).items() if value is not None}
    value = json.dumps(whole).encode()
    return Said(event_type, EVENTS[event_type].model_validate_json(value).key, value)


@cache
def _example(event_type: str) -> Json:
    content: Json = json.loads((EXAMPLES / f"{event_type}.json").read_text(encoding="utf-8"))
    return content


def at(act: float) -> str:
    """The instant at which an act begins, on the whole second; a later one isn't said in it."""
    return _text(begins_at(act))


def begins_at(act: float) -> datetime:
    """When an act begins: one each hour, and some days in between."""
    return STARTS_AT + timedelta(hours=act, days=sum(days for number, days in DAYS.items() if number <= act))


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


DAYS: Final[dict[int, float]] = {6: 1, 9: 4, 11: 45, 13: 35.75}
"""Days that pass before an act, beside its hour: clocks of breaches run out, windows close, orders fall due."""
ACTS: Final = 15


@dataclass(frozen=True)
class Cast:
    """Who acts: so many clients, sub-processors and incidents."""

    clients: int
    subprocessors: int
    incidents: int

    @property
    def client_ids(self) -> list[str]:
        """The clients."""
        return [f"client-{n:03}" for n in range(self.clients)]


Script = Callable[[int, Cast, Bus], Iterable[Said]]
