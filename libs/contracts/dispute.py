"""A dispute about the agreement, from its notification to a settlement or to the court (§14)."""

from datetime import date
from typing import ClassVar

from contracts.event import Event, Id, Text
from contracts.evidence import Document, Line, Person, Side


class DisputeEvent(Event):
    """An event about one dispute."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    dispute_id: Id
    said_by: Person


class DisputeNotified(DisputeEvent):
    """One party notified the other, by registered mail that was received on a day."""

    TYPE: ClassVar[str] = "dispute.notified"

    side: Side
    text: Text
    registered_mail: Line
    received_on: date


class DisputeMet(DisputeEvent):
    """The parties met to settle it amicably; the days for that run from here."""

    TYPE: ClassVar[str] = "dispute.met"

    met_on: date
    text: Text


class DisputeSettled(DisputeEvent):
    """A settlement agreement was signed by both."""

    TYPE: ClassVar[str] = "dispute.settled"

    signed_on: date
    agreement: Document
