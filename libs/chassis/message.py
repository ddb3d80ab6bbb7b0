"""A message as a service sees it: the event, and the envelope that what it causes is derived from."""

import re
from hashlib import blake2b
from typing import Final, Generic, NamedTuple, TypeVar

from contracts.cloudevents import CloudEvent
from contracts.event import Event

E_co = TypeVar("E_co", bound=Event, covariant=True)
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def is_traceparent(text: str) -> bool:
    """Whether it has the form of a `traceparent` (W3C Trace Context, 3.2)."""
    return _TRACEPARENT.fullmatch(text) is not None


class Cause(NamedTuple):
    """What an emitted event comes from: its id is derived from it, and it belongs to the same flow and trace.

    `request` is the fingerprint of the request to an API that it is; `said_at` the time that an event says of itself.
    """

    source: str
    id: str
    flow_id: str
    traceparent: str | None = None
    tracestate: str | None = None
    request: bytes | None = None
    said_at: str | None = None

    @property
    def inbox_key(self) -> bytes:
        """16 bytes that stand for source and id together, which CloudEvents makes unique."""
        return blake2b(f"{self.source}\0{self.id}".encode(), digest_size=16).digest()

    def derive(self, what: str) -> str:
        """An id that is the same whenever the same cause is handled again."""
        return blake2b(f"{self.source}\0{self.id}\0{what}".encode(), digest_size=16).hexdigest()

    @classmethod
    def of(cls, envelope: CloudEvent) -> "Cause":
        """The cause that a received event is; a `traceparent` that is none is left behind (W3C Trace Context, 3.2)."""
        if envelope.traceparent is not None and not is_traceparent(envelope.traceparent):
            return cls(envelope.source, envelope.id, envelope.flow_id, said_at=envelope.time)
        state = envelope.tracestate
        if state is not None and not (state.isascii() and state.isprintable()):
            state = None  # 3.3.1.1: what is none is left behind too
        return cls(envelope.source, envelope.id, envelope.flow_id, envelope.traceparent, state, said_at=envelope.time)


NOBODY: Final = Cause(source="", id="", flow_id="")
"""The cause of a transaction in which nothing is being handled: what it emits names its own."""


class Message(NamedTuple, Generic[E_co]):
    """An event that was received, and the cause it is of all that its handler emits."""

    event: E_co
    cause: Cause
