"""What a detector, an operator or a sub-processor says about a personal data breach (§6)."""

from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Instant, Text


class Origin(StrEnum):
    """Who noticed."""

    DETECTOR = "detector"
    OPERATOR = "operator"
    SUBPROCESSOR = "subprocessor"


class BreachDetected(Event):
    """Something that may be a personal data breach was seen at `detected_at`; `aware_at` starts the clock."""

    TYPE: ClassVar[str] = "breach.detected"
    KEY: ClassVar[tuple[str, ...]] = ("incident_id",)

    incident_id: Id
    origin: Origin
    detected_at: Instant
    description: Text
    aware_at: Instant | None = None
    subprocessor_id: Id | None = None
    client_ids: tuple[Id, ...] = ()
    data_categories: tuple[Id, ...] = ()
