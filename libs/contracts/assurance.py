"""What assurance says: what was opened, decided, refused and by which gate, overdue, ended (§5, §7, §10, §14)."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Instant, Reckoning
from contracts.evidence import Sha256
from contracts.telling import AlertOrder, NoticeOrder, RefusalNoticeOrder


class Matter(StrEnum):
    """What a client can have open."""

    QUESTION = "question"
    AUDIT = "audit"
    ASSISTANCE = "assistance"
    DISPUTE = "dispute"


class AssuranceEvent(Event):
    """An event about one matter of a client."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    matter: Matter
    matter_id: Id


class AssuranceOpened(AssuranceEvent):
    """A client's matter is taken up; `due_on` is its last day, or for an audit the earliest one, by its gate.

    `asked_on` is the day that was asked for; where it is too early, the gate says why and the earliest day holds.
    """

    TYPE: ClassVar[str] = "assurance.opened"

    asked_on: date | None = None
    due_on: date | None = None
    gate: str | None = None
    reckoning: Reckoning | None = None


class AssuranceGateDecided(AssuranceEvent):
    """A gate of an audit was opened, or what was put forward for it refused."""

    TYPE: ClassVar[str] = "assurance.gate_decided"

    gate: str
    opened: bool
    decided_by: str
    reason: str


class AssuranceAuditBegun(AssuranceEvent):
    """Every gate stood open, and the audit began; the next one may be held from `next_on` on."""

    TYPE: ClassVar[str] = "assurance.audit_begun"

    held_on: date
    next_on: date
    reckoning: Reckoning


class AssuranceReportReceived(AssuranceEvent):
    """The processor has its copy of the report, which is confidential."""

    TYPE: ClassVar[str] = "assurance.report_received"

    sha256: Sha256


class AssuranceFindingTracked(AssuranceEvent):
    """A finding was recorded, or closed; `open_findings` are left."""

    TYPE: ClassVar[str] = "assurance.finding_tracked"

    finding_id: Id
    closed: bool
    open_findings: int


class AssuranceAnswered(AssuranceEvent):
    """The processor answered a question, or gave the help that was asked for; `complete`: nothing is left."""

    TYPE: ClassVar[str] = "assurance.answered"

    complete: bool
    late: bool


class AssuranceQuoteDecided(AssuranceEvent):
    """A quote was put before the client (`accepted` is None), accepted, or declined."""

    TYPE: ClassVar[str] = "assurance.quote_decided"

    quote_id: Id
    accepted: bool | None = None


class AssuranceDisputeDated(AssuranceEvent):
    """The parties met: they have until the end of `last_day_on` to settle; then `court` is competent."""

    TYPE: ClassVar[str] = "assurance.dispute_dated"

    met_on: date
    last_day_on: date
    court: str
    reckoning: Reckoning


class AssuranceOverdue(AssuranceEvent):
    """The last day has passed without an answer; with `finding_id`: without a remedy of what an audit found."""

    TYPE: ClassVar[str] = "assurance.overdue"

    due_on: date
    finding_id: Id | None = None


class AssuranceClosed(AssuranceEvent):
    """A matter is over, and how."""

    TYPE: ClassVar[str] = "assurance.closed"

    how: str
    reason: str | None = None


class AssuranceRefused(AssuranceEvent):
    """What was said changes nothing, and why: for an audit the gate, what would open it, and from which day on."""

    TYPE: ClassVar[str] = "assurance.refused"

    what: str
    reason: str
    clause: str
    field: str | None = None
    gate: str | None = None
    opens_when: str | None = None
    opens_on: date | None = None
    reckoning: Reckoning | None = None


class MeasuresEvent(Event):
    """An event about a version of an agreement's security measures."""

    KEY: ClassVar[tuple[str, ...]] = ("agreement_id",)

    agreement_id: Id
    version_id: Id


class AssuranceMeasuresHeld(MeasuresEvent):
    """A version drops or weakens measures: it is held until a named person has justified each."""

    TYPE: ClassVar[str] = "assurance.measures_held"

    dropped: tuple[Id, ...]
    weakened: tuple[Id, ...]
    unjustified: tuple[Id, ...]


class AssuranceMeasuresInForce(MeasuresEvent):
    """A version is in force; what it changes beside the one before."""

    TYPE: ClassVar[str] = "assurance.measures_in_force"

    in_force_from: Instant
    before: Id | None = None
    added: tuple[Id, ...] = ()
    dropped: tuple[Id, ...] = ()
    weakened: tuple[Id, ...] = ()
    changed: tuple[Id, ...] = ()


class AssuranceMeasuresRefused(MeasuresEvent):
    """What was said of a version changes nothing, and why."""

    TYPE: ClassVar[str] = "assurance.measures_refused"

    what: str
    reason: str
    clause: str
    field: str | None = None


class AssuranceNoticeKind(StrEnum):
    """What a notice of assurance tells a client; each has a text in every language."""

    QUESTION_ANSWERED = "question_answered"
    AUDIT_OPENED = "audit_opened"
    AUDIT_REFUSED = "audit_refused"
    AUDIT_GATE_DECIDED = "audit_gate_decided"
    AUDIT_OFFER = "audit_offer"
    QUOTE_OFFERED = "quote_offered"
    ASSISTANCE_GIVEN = "assistance_given"
    DISPUTE_DATED = "dispute_dated"
    DISPUTE_LAPSED = "dispute_lapsed"


class AssuranceNoticeOrdered(NoticeOrder):
    """These clients must be told this, by `deadline_at`; the notifier finds the ways to them."""

    TYPE: ClassVar[str] = "assurance.notice_ordered"

    kind: AssuranceNoticeKind


class AssuranceRefusalNoticeOrdered(RefusalNoticeOrder):
    """What this client said over the bus changes nothing, and it must be told why."""

    TYPE: ClassVar[str] = "assurance.refusal_notice_ordered"


class AssuranceAlertKind(StrEnum):
    """What people on call are told of last days, so that they act; each has a text in every language."""

    MATTER_DUE_SOON = "matter_due_soon"
    MATTER_OVERDUE = "matter_overdue"
    FINDING_DUE_SOON = "finding_due_soon"
    FINDING_OVERDUE = "finding_overdue"


class AssuranceAlertOrdered(AlertOrder):
    """The people on call must be told this; the notifier knows who they are."""

    TYPE: ClassVar[str] = "assurance.alert_ordered"

    kind: AssuranceAlertKind
