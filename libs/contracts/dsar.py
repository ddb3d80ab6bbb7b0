"""What the platform says about a data subject's request (§9)."""

from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Instant, Text


class DataSubjectRight(StrEnum):
    """The eight rights of §9 (GDPR art. 15 to 22; instructions after death: French law, art. 85)."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    ERASURE = "erasure"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    INSTRUCTIONS_AFTER_DEATH = "instructions_after_death"
    AUTOMATED_DECISION = "automated_decision"


class DsarReceived(Event):
    """A data subject's request arrived at `received_at`; the client answers it, never the processor by itself."""

    TYPE: ClassVar[str] = "dsar.received"
    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: Id
    right: DataSubjectRight
    received_at: Instant
    text: Text
    client_id: Id | None = None
    reply_to: Text | None = None
