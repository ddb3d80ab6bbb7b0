"""From a Kafka record to a message, or to the reason why it is none. Never raises."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import ValidationError

from chassis.dead_letters import Record
from chassis.errors import Rejected
from chassis.message import Cause, Message
from chassis.router import Route, Router
from contracts.bus import EVENTS
from contracts.cloudevents import CloudEvent, Malformed, read
from contracts.event import Event
from contracts.nul import WORDS, nul_in
from contracts.wording import in_plain_words


class Readable(NamedTuple):
    """A message that has a handler here."""

    record: Record
    envelope: CloudEvent
    route: Route
    message: Message[Event]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A tombstone, a type that the contracts don't know, or one of theirs that another service handles."""

    record: Record
    reason: Literal["tombstone", "unknown", "not ours"]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No CloudEvent, or data that its type forbids, or (`rejected`) what its handler would not take."""

    record: Record
    rejected: Rejected
    reason: Literal["unreadable", "rejected"] = "unreadable"


Reading = Readable | Skipped | Unreadable


def read_record(record: Record, router: Router) -> Reading:
    """Read one record for a service with these routes."""
    if record.value is None:
        return Skipped(record, "tombstone")
    try:
        envelope = read(record.headers, record.value)
    except Malformed as error:
        return Unreadable(record, Rejected(error.reason, error.field))
    route = router.routes.get(envelope.type)
    if route is None:
        return Skipped(record, "not ours" if envelope.type in EVENTS else "unknown")
    try:
        event = route.model.model_validate_json(envelope.data)
    except ValidationError as error:
        return Unreadable(record, _wrong_data(route.model, error))
    wrong = _beyond_its_fields(event, envelope, record)
    if wrong is not None:
        return Unreadable(record, wrong)
    return Readable(record, envelope, route, Message(event, Cause.of(envelope)))


def _beyond_its_fields(event: Event, envelope: CloudEvent, record: Record) -> Rejected | None:
    """What is wrong although each field is what it should be."""
    if (field := nul_in(event, envelope.data)) is not None:
        return Rejected(f"{field}: {WORDS}", field)
    return None if record.key == event.key.encode() else _wrong_key(type(event))


def _wrong_data(model: type[Event], error: ValidationError) -> Rejected:
    """What is wrong with the data, field by field, and never the values: they may be personal."""
    problems = in_plain_words(model, error)
    return Rejected("; ".join(f"{each.field}: {each.text}" for each in problems), problems[0].field)


def _wrong_key(model: type[Event]) -> Rejected:
    """Under another key, or none, what is said about one subject could overtake itself."""
    return Rejected(f"the record's key must be the event's own {'/'.join(model.KEY)}, in UTF-8", "key")
