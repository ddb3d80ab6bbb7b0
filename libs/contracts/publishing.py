"""From what a publisher wants to say to the Kafka record that says it: checked first, wholly, in plain words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from contracts.bus import EVENTS
from contracts.cloudevents import CloudEvent
from contracts.event import Event
from contracts.nul import WORDS, nul_in
from contracts.wording import Problem, did_you_mean, in_plain_words

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class InvalidEvent(ValueError):
    """The event can't be published; `problems` names each field and says in plain words what is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.text}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One Kafka record to be sent."""

    topic: str
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes

    @property
    def id(self) -> str:
        """The event's id."""
        return dict(self.headers)["ce_id"].decode()


def draft(
    event_type: str,
    data: bytes | Mapping[str, object],
    *,
    source: str,
    event_id: str | None = None,
    flow_id: str | None = None,
    time: datetime | None = None,
    traceparent: str | None = None,
    prefix: str = "",
) -> Outgoing:
    """The record that publishes `data` (JSON) on the topic with this prefix; raises InvalidEvent.

    `source` is who says it, a URI reference. Without `event_id` the id is derived from source, type, time and data:
    the same draft published again changes nothing. Give an id, or a time, where the same can happen twice.
    """
    event = _read(event_type, data)
    value = event.model_dump_json(exclude_unset=True, exclude_none=True).encode()
    wrong = tuple(_wrong_envelope(source, event_id, flow_id, time, traceparent))
    if wrong:
        raise InvalidEvent(wrong)
    said_at = time.isoformat() if time else None
    name = event_id or _derive(source, event_type, said_at or "", value)
    envelope = CloudEvent(
        id=name,
        source=source,
        type=event_type,
        data=value,
        flow_id=flow_id or name,
        subject=event.key,
        time=said_at,
        traceparent=traceparent,
    )
    headers = [(header, text.encode()) for header, text in envelope.headers().items()]
    return Outgoing(prefix + event.topic(), event.key.encode(), headers, value)


def _read(event_type: str, data: bytes | Mapping[str, object]) -> Event:
    model = EVENTS.get(event_type)
    if model is None:
        hint = did_you_mean(event_type, EVENTS)
        raise InvalidEvent((Problem("type", f"{event_type!r} is no event type{hint}"),))
    try:
        written = data if isinstance(data, bytes) else to_json(data)
        event = model.model_validate_json(written, extra="forbid")
    except PydanticSerializationError as error:
        raise InvalidEvent((Problem("data", f"can't be written as JSON: {error}"),)) from None
    except ValidationError as error:
        raise InvalidEvent(in_plain_words(model, error)) from None
    if (field := nul_in(event, written)) is not None:
        raise InvalidEvent((Problem(field, WORDS),))
    return event


def _wrong_envelope(
    source: str, event_id: str | None, flow_id: str | None, time: datetime | None, traceparent: str | None
) -> Iterator[Problem]:
    for field, text in (("source", source), ("id", event_id), ("flow_id", flow_id)):
        if text is not None and (not text.strip() or not text.isprintable()):
            yield Problem(field, "must be text of printable characters, and not empty")
    if time is not None and time.tzinfo is None:
        yield Problem("time", "needs its offset from UTC")
    if traceparent is not None and not _TRACEPARENT.fullmatch(traceparent):
        yield Problem("traceparent", "must be as in W3C Trace Context: 00-<32 hex>-<16 hex>-<2 hex>")


def _derive(source: str, event_type: str, time: str, value: bytes) -> str:
    named = f"{source}\0{event_type}\0{time}".encode()
    return blake2b(named + b"\0" + value, digest_size=16).hexdigest()
