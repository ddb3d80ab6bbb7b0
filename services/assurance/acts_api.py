"""What clients and operators say of questions, audits, help and disputes: one table, an operation per row (§7, §10)."""

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel

from assurance import queries
from assurance.reading_api import seen_by
from assurance.speaking import Act, add_acts
from assurance.taking import Said, about_of
from assurance.views import CompetitorView, MatterView
from chassis.asking import found
from chassis.rights import Caller, Right
from contracts import assistance, audit, client, dispute, question
from contracts.event import Event

router = APIRouter(tags=["acts"])

_CLIENT: Final = (Right.ASK_ASSURANCE,)
_STAFF: Final = (Right.HANDLE_ASSURANCE,)
_EITHER: Final = (*_CLIENT, *_STAFF)
_QUESTION: Final = "/clients/{client_id}/questions/{question_id}"
_AUDIT: Final = "/clients/{client_id}/audits/{audit_id}"
_FINDING: Final = _AUDIT + "/findings/{finding_id}"
_HELP: Final = "/clients/{client_id}/assistance/{assistance_id}"
_QUOTE: Final = _HELP + "/quotes/{quote_id}"
_DISPUTE: Final = "/clients/{client_id}/disputes/{dispute_id}"

ACTS: Final = (
    Act(_QUESTION, question.QuestionAsked, _CLIENT, "Ask, or send a questionnaire"),
    Act(f"{_QUESTION}/answers", question.QuestionAnswered, _STAFF, "Answer some items, or all"),
    Act(f"{_QUESTION}/insufficiency", question.QuestionFoundInsufficient, _CLIENT, "Say that it is not enough"),
    Act(_AUDIT, audit.AuditRequested, _CLIENT, "Request an audit in writing"),
    Act(f"{_AUDIT}/certificate", audit.AuditCertificateOffered, _STAFF, "Offer a certificate, or say why not"),
    Act(f"{_AUDIT}/plan", audit.AuditPlanSubmitted, _CLIENT, "Submit the plan"),
    Act(f"{_AUDIT}/expert", audit.AuditExpertNamed, _CLIENT, "Name the independent expert"),
    Act(f"{_AUDIT}/confidentiality", audit.AuditConfidentialitySigned, _CLIENT, "Hand in the expert's undertaking"),
    Act(f"{_AUDIT}/terms", audit.AuditTermsProposed, _EITHER, "Propose scope, schedule and costs", sided=True),
    Act(f"{_AUDIT}/answers", audit.AuditAnswered, _EITHER, "Accept or refuse what the other put forward", sided=True),
    Act(f"{_AUDIT}/escort", audit.AuditEscortNamed, _STAFF, "Name who is present"),
    Act(f"{_AUDIT}/beginning", audit.AuditBegun, _STAFF, "Begin: every gate must stand open"),
    Act(f"{_AUDIT}/report", audit.AuditReportDelivered, _CLIENT, "Hand in a copy of the report"),
    Act(_FINDING, audit.AuditFindingRecorded, _EITHER, "Record a finding"),
    Act(f"{_FINDING}/remedy", audit.AuditFindingClosed, _STAFF, "Close a finding"),
    Act(f"{_AUDIT}/closure", audit.AuditClosed, _STAFF, "Close the audit"),
    Act(f"{_AUDIT}/withdrawal", audit.AuditWithdrawn, _CLIENT, "Take the request back"),
    Act(_HELP, assistance.AssistanceRequested, _CLIENT, "Ask for help"),
    Act(_QUOTE, assistance.AssistanceQuoted, _STAFF, "Offer a quote before costly work"),
    Act(f"{_QUOTE}/answer", assistance.AssistanceQuoteAnswered, (Right.ACCEPT_COSTS,), "Accept or decline a quote"),
    Act(f"{_HELP}/work", assistance.AssistanceWorkBegun, _STAFF, "Begin the work"),
    Act(f"{_HELP}/result", assistance.AssistanceGiven, _STAFF, "Give the help, with its documents"),
    Act(f"{_HELP}/withdrawal", assistance.AssistanceWithdrawn, _CLIENT, "Need it no more"),
    Act(_DISPUTE, dispute.DisputeNotified, _STAFF, "Enter a notification by registered mail"),
    Act(f"{_DISPUTE}/meeting", dispute.DisputeMet, _STAFF, "Enter the meeting: the days run"),
    Act(f"{_DISPUTE}/settlement", dispute.DisputeSettled, _STAFF, "Enter the settlement"),
)
"""In the order in which things happen; who may say it is the right, which `chassis/rights.py` gives to roles."""


async def _matter(request: Request, caller: Caller, said: Event) -> BaseModel:
    """How the matter stands then."""
    app, runtime = request.app.state.app, request.app.state.runtime
    if not isinstance(said, Said):
        raise TypeError(f"{said.TYPE} is about no matter")
    view = await queries.matter(runtime.pool, app.book, app.settings, runtime.clock.now(), about_of(said))
    return seen_by(caller, found(view))


async def _mark(_: Request, __: Caller, said: Event) -> BaseModel:
    if not isinstance(said, client.ClientCompetitorMarked):
        raise TypeError(f"{said.TYPE} marks nobody")
    return CompetitorView(client_id=said.client_id, competitor=said.reason if said.competitor else None)


add_acts(router, ACTS, _matter, MatterView)
add_acts(
    router,
    [Act("/clients/{client_id}/competitor", client.ClientCompetitorMarked, _STAFF, "Mark a competitor, or lift it")],
    _mark,
    CompetitorView,
)
