"""What a client says about a planned change, however it reached the processor (§4.4)."""

from typing import ClassVar

from contracts.event import Event, Id, Instant, Text


class ObjectionRaised(Event):
    """A client objects; `received_at` is when the objection reached the processor in writing."""

    TYPE: ClassVar[str] = "objection.raised"
    KEY: ClassVar[tuple[str, ...]] = ("change_id",)

    objection_id: Id
    change_id: Id
    client_id: Id
    received_at: Instant
    ground: Id | None = None
    statement: Text | None = None


class ObjectionWithdrawn(Event):
    """A client takes its objection back."""

    TYPE: ClassVar[str] = "objection.withdrawn"
    KEY: ClassVar[tuple[str, ...]] = ("change_id",)

    change_id: Id
    client_id: Id
    received_at: Instant
