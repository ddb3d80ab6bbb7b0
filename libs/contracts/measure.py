"""Versions of the security measures, and why one that is dropped or weakened may be (§5, Appendix C)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Part, Text
from contracts.evidence import Document, Line, Person


class MeasureEvent(Event):
    """An event about the measures of one agreement."""

    KEY: ClassVar[tuple[str, ...]] = ("agreement_id",)

    agreement_id: Id
    version_id: Id
    said_by: Person


class Measure(Part):
    """One security measure."""

    measure_id: Id
    section: Line
    text: Text


class Effect(StrEnum):
    """What a change of words does to a measure, as a person judges it."""

    EQUAL = "equal"
    STRONGER = "stronger"
    WEAKER = "weaker"


class Assessment(Part):
    """What the new words of a measure do to it, and why; without one, a changed measure counts as weakened."""

    measure_id: Id
    effect: Effect
    because: Text


class MeasureVersionProposed(MeasureEvent):
    """All measures of a new version; it comes into force at once or on a day, unless it drops or weakens any."""

    TYPE: ClassVar[str] = "measure.version_proposed"

    measures: Annotated[tuple[Measure, ...], Field(min_length=1, max_length=500)]
    assessments: Annotated[tuple[Assessment, ...], Field(max_length=500)] = ()
    in_force_on: date | None = None
    reason: Text


class MeasureJustified(MeasureEvent):
    """A named person answers for a measure that is dropped or weakened."""

    TYPE: ClassVar[str] = "measure.justified"

    measure_id: Id
    justified_by: Line
    reason: Text
    document: Document | None = None


class MeasureVersionWithdrawn(MeasureEvent):
    """A version that is not in force yet is taken back."""

    TYPE: ClassVar[str] = "measure.version_withdrawn"

    reason: Text
