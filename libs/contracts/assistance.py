"""Help that a client asks for: inquiries, impact assessments, articles 32 to 36, proceedings (§10)."""

from datetime import date
from typing import ClassVar

from contracts.event import Event, Id, Instant, Text
from contracts.evidence import Documents, Money, Person


class AssistanceEvent(Event):
    """An event about one request for help."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    assistance_id: Id
    said_by: Person


class AssistanceRequested(AssistanceEvent):
    """A client asks for help of one of the agreement's kinds, by a day that it may name."""

    TYPE: ClassVar[str] = "assistance.requested"

    kind: Id
    text: Text
    needed_on: date | None = None
    documents: Documents = ()
    received_at: Instant


class AssistanceQuoted(AssistanceEvent):
    """It takes significant resources: what it costs is put before the client first; another quote takes its place."""

    TYPE: ClassVar[str] = "assistance.quoted"

    quote_id: Id
    costs: Money
    text: Text


class AssistanceQuoteAnswered(AssistanceEvent):
    """The client accepts or declines a quote."""

    TYPE: ClassVar[str] = "assistance.quote_answered"

    quote_id: Id
    accepted: bool
    reason: Text | None = None


class AssistanceWorkBegun(AssistanceEvent):
    """Work begins; refused while a quote is not accepted."""

    TYPE: ClassVar[str] = "assistance.work_begun"


class AssistanceGiven(AssistanceEvent):
    """The help is given, with its documents; refused while a quote is not accepted."""

    TYPE: ClassVar[str] = "assistance.given"

    text: Text
    documents: Documents = ()


class AssistanceWithdrawn(AssistanceEvent):
    """The client needs it no more."""

    TYPE: ClassVar[str] = "assistance.withdrawn"

    reason: Text
