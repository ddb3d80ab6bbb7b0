"""A fact, before it has a place in a chain: what was said, on which promises it bears, what it says of them. Pure."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

from chassis.message import Message
from contracts.event import Event
from contracts.recording import Json, ids_of, matter_of, parts_of, plan_of, promises_of, stands_of


@dataclass(frozen=True, slots=True)
class Fact:
    """What a record will hold of one event; `thing` is what is open, closed or missed where `stands` says so."""

    event_id: str
    source: str
    type: str
    said_at: str | None
    promises: tuple[str, ...]
    clause: str | None
    stands: str | None
    thing: str
    data: Json

    @property
    def about(self) -> list[str]:
        """The ids by which it is found."""
        return list(dict.fromkeys([self.event_id, *ids_of(self.data)]))

    def to_text(self) -> str:
        """As it is kept until somebody's record takes it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `to_text` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "promises": tuple(fields["promises"])})


@dataclass(frozen=True, slots=True)
class Told:
    """A fact and whose it is: one client's, everybody's (neither client nor matter), or that of a matter's clients.

    `joins` is the matter to which the client belongs from now on.
    """

    fact: Fact
    client_id: str | None
    matter: str | None
    joins: str | None


def told_by(message: Message[Event]) -> Iterator[Told]:
    """What an event tells, to whom, each client's part apart."""
    event, cause = message
    plan = plan_of(type(event))
    if plan is None:
        return
    about = matter_of(event, plan)
    joins = about if event.TYPE in plan.recorded.joins else None
    promises, stands = promises_of(event, plan), stands_of(type(event), plan)
    for part in parts_of(event, plan):
        fact = Fact(
            event_id=cause.id,
            source=cause.source,
            type=event.TYPE,
            said_at=cause.said_at,
            promises=promises,
            clause=_clause(part.data),
            stands=stands,
            thing=about or next(iter(ids_of(part.data)), event.topic()),
            data=part.data,
        )
        yield Told(fact, part.client_id, part.matter, joins)


def _clause(data: Json) -> str | None:
    """The clause that an event names itself, or its date does."""
    reckoning = data.get("reckoning")
    found = data.get("clause") or (reckoning.get("clause") if isinstance(reckoning, dict) else None)
    return found if isinstance(found, str) else None
