"""What is offered after an objection, and what the client makes of it (§4.4, second paragraph)."""

from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Instant, Text


class MitigationKind(StrEnum):
    """§4.4 names two: an alternative solution, or a change of the client's configuration or use."""

    ALTERNATIVE = "alternative"
    CONFIGURATION = "configuration"


class MitigationOffered(Event):
    """The processor offers a way to avoid the sub-processor that the client objected to."""

    TYPE: ClassVar[str] = "mitigation.offered"
    KEY: ClassVar[tuple[str, ...]] = ("change_id",)

    mitigation_id: Id
    change_id: Id
    client_id: Id
    kind: MitigationKind
    description: Text
    offered_by: Text


class MitigationAnswered(Event):
    """The client accepts or refuses what was offered."""

    TYPE: ClassVar[str] = "mitigation.answered"
    KEY: ClassVar[tuple[str, ...]] = ("change_id",)

    mitigation_id: Id
    change_id: Id
    client_id: Id
    accepted: bool
    received_at: Instant
