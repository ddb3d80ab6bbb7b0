"""A client's word that came over the bus and changes nothing is answered in writing, as one to the API is at once."""

from typing import Final

from assurance.words import Notice, Refusal
from chassis.message import Cause
from contracts import assistance, audit, question
from contracts.event import Event
from contracts.evidence import Side
from contracts.telling import Facts, RefusalKind

_CLIENTS: Final = (
    question.QuestionAsked,
    question.QuestionFoundInsufficient,
    audit.AuditRequested,
    audit.AuditPlanSubmitted,
    audit.AuditExpertNamed,
    audit.AuditConfidentialitySigned,
    audit.AuditReportDelivered,
    audit.AuditFindingRecorded,
    audit.AuditWithdrawn,
    assistance.AssistanceRequested,
    assistance.AssistanceQuoteAnswered,
    assistance.AssistanceWithdrawn,
)


def answers_to(said: Event, about: str, refusal: Refusal, cause: Cause) -> tuple[Notice, ...]:
    """§15: what the client is told; nothing where it read the refusal as the API's answer."""
    if cause.request is not None or not _is_clients(said):
        return ()
    facts: Facts = {"about": about, "what": said.TYPE, "reason": refusal.reason}
    if refusal.opening is not None:
        facts |= {"opening": refusal.opening.sentence, "opening.code": refusal.opening.coded}
    if refusal.opens_on is not None:
        facts["opens_on"] = refusal.opens_on.isoformat()
    return (Notice(RefusalKind.WORD_REFUSED, facts),)


def _is_clients(said: Event) -> bool:
    if isinstance(said, audit.AuditTermsProposed | audit.AuditAnswered):
        return said.side is Side.CLIENT
    return isinstance(said, _CLIENTS)
