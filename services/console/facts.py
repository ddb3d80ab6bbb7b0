"""A fact, before it has a place in a chain: what was said, on which promises it bears, what it says of them. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from chassis.message import Message
from contracts.event import Event
from contracts.recording import Json, ids_of, matter_of, matters_of, parts_of, plan_of, promises_of

_KEPT: Final = ("event_id", "source", "type", "said_at", "promises", "clause", "stands", "thing", "data")


@dataclass(slots=True, eq=False)
class Fact:
    """What a record will hold of one event; `thing` is what is open, closed or missed where `stands` says so.

    What is the same for many clients is one object, and known as that one: most of an entry is made once for all.
    `about` are the ids by which it is found. It is not frozen: making it so costs three times as much.
    """

    event_id: str
    source: str
    type: str
    said_at: str | None
    promises: tuple[str, ...]
    clause: str | None
    stands: str | None
    thing: str
    data: Json
    about: list[str]

    def to_text(self) -> str:
        """As it is kept until somebody's record takes it."""
        return json.dumps({name: getattr(self, name) for name in _KEPT})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `to_text` wrote."""
        fields = json.loads(text)
        about = _about(fields["event_id"], ids_of(fields["data"]))
        return cls(**{**fields, "promises": tuple(fields["promises"])}, about=about)


class Told(NamedTuple):
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
    promises = promises_of(event, plan)
    fact: Fact | None = None
    for part in parts_of(event, plan):
        if fact is None or fact.data is not part.data:
            ids = ids_of(part.data)
            fact = Fact(
                event_id=cause.id,
                source=cause.source,
                type=event.TYPE,
                said_at=cause.said_at,
                promises=promises,
                clause=_clause(part.data),
                stands=plan.stands,
                thing=about or (ids[0] if ids else event.topic()),
                data=part.data,
                about=_about(cause.id, ids),
            )
        yield Told(fact, part.client_id, part.matter, joins)


def locks_of(event: Event) -> list[str]:
    """What no other transaction may record anything about meanwhile: the matter whose clients must be known."""
    plan = plan_of(type(event))
    return [] if plan is None else [f"console/{matter}" for matter in matters_of(event, plan)]


def _about(event_id: str, ids: list[str]) -> list[str]:
    return list(dict.fromkeys((event_id, *ids)))


def _clause(data: Json) -> str | None:
    """The clause that an event names itself, or its date does."""
    reckoning = data.get("reckoning")
    found = data.get("clause") or (reckoning.get("clause") if isinstance(reckoning, dict) else None)
    return found if isinstance(found, str) else None
