"""What clients and the processor say about an audit, gate by gate, from the request to its last finding (§7)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant, Part, Text
from contracts.evidence import Document, Documents, Line, Money, Person, Side


class AuditEvent(Event):
    """An event about one audit; all that is said for one client stays in order."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    audit_id: Id
    said_by: Person


class AuditReason(StrEnum):
    """What opens the way to an audit."""

    INFORMATION_INSUFFICIENT = "information_insufficient"
    BREACH = "breach"


class AuditRequested(AuditEvent):
    """A client requests an audit in writing; it names the question that was not enough, or the breach."""

    TYPE: ClassVar[str] = "audit.requested"

    reason: AuditReason
    question_id: Id | None = None
    incident_id: Id | None = None
    text: Text
    proposed_on: date
    documents: Documents = ()
    received_at: Instant


class AuditCertificateOffered(AuditEvent):
    """The processor offers an independent expert's certificate instead, or says why none can be had."""

    TYPE: ClassVar[str] = "audit.certificate_offered"

    certificate: Document | None = None
    issuer: Line | None = None
    text: Text


class AuditPlanSubmitted(AuditEvent):
    """The client's detailed written plan; another one takes its place and needs an approval of its own."""

    TYPE: ClassVar[str] = "audit.plan_submitted"

    plan: Document
    text: Text


class AuditExpertNamed(AuditEvent):
    """The independent third-party expert whom the client hires; another one needs another acceptance."""

    TYPE: ClassVar[str] = "audit.expert_named"

    name: Line
    firm: Line
    text: Text


class AuditConfidentialitySigned(AuditEvent):
    """The expert's undertaking of confidentiality."""

    TYPE: ClassVar[str] = "audit.confidentiality_signed"

    expert: Line
    undertaking: Document
    signed_on: date


class Session(Part):
    """A part of an audit's schedule."""

    starts_at: Instant
    ends_at: Instant


class AuditTermsProposed(AuditEvent):
    """Scope, schedule, and what the processor's time will cost; the other side agrees or refuses."""

    TYPE: ClassVar[str] = "audit.terms_proposed"

    side: Side
    scope: Text
    sessions: Annotated[tuple[Session, ...], Field(min_length=1, max_length=50)]
    costs: Money


class AnsweredGate(StrEnum):
    """The gates that one side puts something forward for and the other answers."""

    CERTIFICATE = "certificate"
    PLAN = "plan"
    EXPERT = "expert"
    CONFIDENTIALITY = "confidentiality"
    SCOPE_AND_COSTS = "scope_and_costs"


class AuditAnswered(AuditEvent):
    """The other side accepts or refuses what was put forward last for a gate, with its reason.

    `put_at` is when that was, as whoever answers has read it: an answer to what has been replaced meanwhile is refused.
    """

    TYPE: ClassVar[str] = "audit.answered"

    side: Side
    gate: AnsweredGate
    put_at: Instant | None = None
    accepted: bool
    reason: Text


class AuditEscortNamed(AuditEvent):
    """The processor's representative, who is present."""

    TYPE: ClassVar[str] = "audit.escort_named"

    name: Line
    function: Line


class AuditBegun(AuditEvent):
    """The audit begins; refused while any gate is closed."""

    TYPE: ClassVar[str] = "audit.begun"

    begun_at: Instant


class AuditReportDelivered(AuditEvent):
    """The client gives a copy of the report: it is confidential information of the processor."""

    TYPE: ClassVar[str] = "audit.report_delivered"

    report: Document


class AuditFindingRecorded(AuditEvent):
    """Something that the audit found; `due_on` is when it is to be mended."""

    TYPE: ClassVar[str] = "audit.finding_recorded"

    finding_id: Id
    text: Text
    due_on: date | None = None


class AuditFindingClosed(AuditEvent):
    """A finding is mended."""

    TYPE: ClassVar[str] = "audit.finding_closed"

    finding_id: Id
    remedy: Text
    documents: Documents = ()


class AuditClosed(AuditEvent):
    """The audit is over: its report is there and no finding is open."""

    TYPE: ClassVar[str] = "audit.closed"


class AuditWithdrawn(AuditEvent):
    """The client takes its request back, before the audit has begun."""

    TYPE: ClassVar[str] = "audit.withdrawn"

    reason: Text
