"""Who of the processor's people is bound to confidentiality, as its register is told (§3.2, Appendix C 3)."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Text
from contracts.evidence import Document, Person


class Basis(StrEnum):
    """What binds a person."""

    UNDERTAKING = "undertaking"
    LAW = "law"


class StaffEvent(Event):
    """An event about one person, who is named as in the tokens that the person shows."""

    KEY: ClassVar[tuple[str, ...]] = ("person",)

    person: Person
    said_by: Person


class StaffUndertakingGiven(StaffEvent):
    """A person is bound to confidentiality from a day on, for good or until the end of a day."""

    TYPE: ClassVar[str] = "staff.undertaking_given"

    basis: Basis
    given_on: date
    ends_on: date | None = None
    document: Document | None = None


class StaffUndertakingEnded(StaffEvent):
    """It ends with a day: the person has left, or has to give another."""

    TYPE: ClassVar[str] = "staff.undertaking_ended"

    ended_on: date
    reason: Text
