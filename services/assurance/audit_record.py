"""An audit as it stands: what was put forward for each gate, how the other side answered, and since when."""

from datetime import date, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from agreement.duties import AuditGate
from assurance.words import Of, Record, Step
from contracts.assurance import AssuranceClosed, AssuranceGateDecided, Matter
from contracts.audit import (
    AnsweredGate,
    AuditCertificateOffered,
    AuditConfidentialitySigned,
    AuditEscortNamed,
    AuditEvent,
    AuditExpertNamed,
    AuditFindingClosed,
    AuditFindingRecorded,
    AuditPlanSubmitted,
    AuditReportDelivered,
    AuditRequested,
    AuditTermsProposed,
)
from contracts.evidence import Side

OVER: Final = frozenset({"certified", "closed", "withdrawn"})


class Answer(BaseModel):
    """How the other side answered what was put forward."""

    model_config = ConfigDict(frozen=True)

    accepted: bool
    side: Side
    said_by: str
    reason: str
    at: datetime


class Finding(BaseModel):
    """Something that an audit found, and how it was mended."""

    model_config = ConfigDict(frozen=True)

    found: AuditFindingRecorded
    mended: AuditFindingClosed | None = None


class Audit(Record):
    """`open` until it begins; then `begun`, `reported`, `closed`; or it ends before as `certified` or `withdrawn`.

    `since` is when what a gate rests on was said last: no audit has begun before.
    """

    request: AuditRequested
    need: str
    certificate: AuditCertificateOffered | None = None
    plan: AuditPlanSubmitted | None = None
    expert: AuditExpertNamed | None = None
    confidentiality: AuditConfidentialitySigned | None = None
    terms: AuditTermsProposed | None = None
    escort: AuditEscortNamed | None = None
    answers: dict[AnsweredGate, Answer] = Field(default_factory=dict)
    since: dict[AuditGate, datetime] = Field(default_factory=dict)
    begun_at: datetime | None = None
    held_on: date | None = None
    report: AuditReportDelivered | None = None
    findings: tuple[Finding, ...] = ()
    ended_because: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is expected any more."""
        return self.status in OVER

    @property
    def open_findings(self) -> int:
        """How many findings are not mended."""
        return sum(each.mended is None for each in self.findings)

    @property
    def last_days(self) -> dict[str | None, date]:
        """By when each finding is to be mended that is not."""
        found = [each.found for each in self.findings if each.mended is None]
        return {each.finding_id: each.due_on for each in found if each.due_on is not None}

    def put_forward(self, gate: AnsweredGate) -> tuple[Side, object] | None:
        """What was put forward last for a gate, and by which side."""
        certificate = None if self.certificate is None else self.certificate.certificate
        side_of_terms = Side.CLIENT if self.terms is None else self.terms.side
        put: dict[AnsweredGate, tuple[Side, object]] = {
            AnsweredGate.CERTIFICATE: (Side.PROCESSOR, certificate),
            AnsweredGate.PLAN: (Side.CLIENT, self.plan),
            AnsweredGate.EXPERT: (Side.CLIENT, self.expert),
            AnsweredGate.CONFIDENTIALITY: (Side.CLIENT, self.confidentiality),
            AnsweredGate.SCOPE_AND_COSTS: (side_of_terms, self.terms),
        }
        side, what = put[gate]
        return None if what is None else (side, what)


def of(said: AuditEvent) -> Of:
    """Whose audit it is about."""
    return Of(client_id=said.client_id, matter=Matter.AUDIT, matter_id=said.audit_id)


def since(now: datetime, audit: Audit, gate: AuditGate, **changed: object) -> Audit:
    """The audit with something changed that a gate rests on, from now on."""
    return audit.model_copy(update={**changed, "since": {**audit.since, gate: now}})


def without(audit: Audit, gate: AnsweredGate) -> Audit:
    """The audit without the answer to what was put forward for a gate."""
    return audit.model_copy(update={"answers": {each: a for each, a in audit.answers.items() if each is not gate}})


def end(audit: Audit, said: AuditEvent, how: str, reason: str | None) -> Step:
    """It is over."""
    after = audit.model_copy(update={"status": how, "ended_because": reason})
    return Step(after, (AssuranceClosed(**of(said), how=how, reason=reason),))


def opened(said: AuditEvent, gate: AuditGate, reason: str) -> AssuranceGateDecided:
    """A gate that one side opens alone."""
    return AssuranceGateDecided(**of(said), gate=gate, opened=True, decided_by=said.said_by, reason=reason)
