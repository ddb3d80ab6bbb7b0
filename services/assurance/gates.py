"""The gates of an audit (§7): which stand open for a day, why, and what would open the others. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from agreement.assurance_days import earliest_audit_day, next_audit_day, why_not_business_hours
from agreement.counting import spell
from agreement.deadlines import local_date
from agreement.duties import AuditGate
from assurance.audit_record import Audit
from assurance.gate_state import AuditWorld, GateState, closed, not_before
from assurance.questions import competes
from assurance.words import Opening, World
from contracts.audit import AnsweredGate, AuditReason, AuditRequested


def judge(world: AuditWorld, audit: Audit, day: date) -> list[GateState]:
    """§7: every gate of the agreement, in its order, for an audit held on a day."""
    return [_GATES[each.code](world, audit, day) for each in world.agreement.audit.gates]


def earliest(world: AuditWorld, requested_on: date) -> GateState:
    """§7: the first day on which the audit may be held, with the gate that says so."""
    asked = earliest_audit_day(world.agreement, requested_on)
    dates = {AuditGate.WRITTEN_REQUEST: asked}
    if world.last_held_on is not None:
        dates[AuditGate.FREQUENCY] = next_audit_day(world.agreement, world.last_held_on)
    held = {gate: each for gate, each in dates.items() if world.asks_for(gate)}
    if not held:
        return GateState(AuditGate.WRITTEN_REQUEST, "the agreement asks for no time ahead", None, requested_on)
    gate, latest = max(held.items(), key=lambda item: item[1].day)
    return not_before(gate, latest)


def need_of(world: AuditWorld, said: AuditRequested) -> GateState:
    """§7: the way is open if the information is insufficient, or if there was a breach."""
    if said.reason not in world.agreement.audit.opened_by:
        return closed(AuditGate.NEED, f"{said.reason} opens no audit here", Opening("question_first"))
    if said.reason is AuditReason.BREACH:
        return _breach(world, said.incident_id)
    return _insufficient(world, said.question_id)


def _breach(world: AuditWorld, incident_id: str | None) -> GateState:
    if incident_id in world.breaches:
        return GateState(AuditGate.NEED, f"the client was told of the breach {incident_id}")
    opening = Opening("breach_notice", (("incident_id", incident_id or "?"),))
    return closed(AuditGate.NEED, f"no notice of a breach {incident_id!r} went out to this client", opening)


def _insufficient(world: AuditWorld, question_id: str | None) -> GateState:
    question = world.question
    if question is None:
        return closed(AuditGate.NEED, f"the client asked no question {question_id!r}", Opening("question_first"))
    if question.insufficient is not None:
        return GateState(AuditGate.NEED, f"the answer to {question_id} is not enough: {question.insufficient}")
    if question.overdue and question.unanswered:
        return GateState(AuditGate.NEED, f"the question {question_id} was not answered by {question.due_on}")
    if not question.unanswered:
        opening = Opening("insufficient", (("question_id", question_id or "?"),))
        return closed(AuditGate.NEED, f"the question {question_id} is answered", opening)
    opening = Opening("answer_first", (("question_id", question_id or "?"), ("due_on", str(question.due_on))))
    return GateState(AuditGate.NEED, f"the question {question_id} is not answered yet", opening, question.due_on)


def _competitor(world: AuditWorld, _: Audit, __: date) -> GateState:
    refusal = competes(world)
    if refusal is None:
        return GateState(AuditGate.COMPETITOR, "the client is not marked as a competitor")
    return GateState(AuditGate.COMPETITOR, refusal.reason, refusal.opening)


def _need(_: AuditWorld, audit: Audit, __: date) -> GateState:
    return GateState(AuditGate.NEED, audit.need)


def _certificate(world: AuditWorld, audit: Audit, _: date) -> GateState:
    gate, offer = AuditGate.CERTIFICATE, audit.certificate
    if gate not in world.agreement.audit.forms:
        return GateState(gate, "the agreement knows no certificate instead")
    if offer is None:
        return closed(gate, "no certificate was offered yet", Opening("certificate"))
    if offer.certificate is None:
        return GateState(gate, f"none can be had: {offer.text}")
    answer = audit.answers.get(AnsweredGate.CERTIFICATE)
    if answer is None or answer.accepted:
        return closed(gate, f"a certificate by {offer.issuer} is offered", Opening("certificate_answer"))
    return GateState(gate, f"declined by {answer.said_by}: {answer.reason}")


def frequency_of(world: AuditWorld, day: date) -> GateState:
    """§7: so often and no more, and during the term of the contract."""
    gate, ended_on = AuditGate.FREQUENCY, world.client.ended_on
    if ended_on is not None and day > ended_on:
        return closed(gate, f"the contract ends on {spell(ended_on)}", Opening("term"))
    if world.open_audit_id is not None:
        opening = Opening("under_way", (("audit_id", world.open_audit_id),))
        return closed(gate, f"the audit {world.open_audit_id} is under way", opening)
    if world.last_held_on is None:
        return GateState(gate, "no audit was held yet")
    following = next_audit_day(world.agreement, world.last_held_on)
    return not_before(gate, following) if day < following.day else GateState(gate, "; ".join(following.because))


def _frequency(world: AuditWorld, _: Audit, day: date) -> GateState:
    return frequency_of(world, day)


def _written_request(world: AuditWorld, audit: Audit, day: date) -> GateState:
    first = earliest_audit_day(world.agreement, local_date(world.agreement, audit.request.received_at))
    if day < first.day:
        return not_before(AuditGate.WRITTEN_REQUEST, first)
    return GateState(AuditGate.WRITTEN_REQUEST, "; ".join(first.because))


def _two_sided(audit: Audit, gate: AuditGate, what: object, opening: str) -> GateState:
    """A gate that one side puts something forward for, and the other answers."""
    if what is None:
        return closed(gate, "nothing was put forward yet", Opening(opening))
    answer = audit.answers.get(AnsweredGate(gate))
    if answer is None:
        return closed(gate, "it is not answered yet", Opening(f"{opening}_answer"))
    if not answer.accepted:
        return closed(gate, f"refused by {answer.said_by}: {answer.reason}", Opening(opening))
    return GateState(gate, f"accepted by {answer.said_by}: {answer.reason}")


def _plan(_: AuditWorld, audit: Audit, __: date) -> GateState:
    return _two_sided(audit, AuditGate.PLAN, audit.plan, "plan")


def _expert(_: AuditWorld, audit: Audit, __: date) -> GateState:
    return _two_sided(audit, AuditGate.EXPERT, audit.expert, "expert")


def _confidentiality(_: AuditWorld, audit: Audit, __: date) -> GateState:
    return _two_sided(audit, AuditGate.CONFIDENTIALITY, audit.confidentiality, "confidentiality")


def _scope_and_costs(world: AuditWorld, audit: Audit, day: date) -> GateState:
    agreed = _two_sided(audit, AuditGate.SCOPE_AND_COSTS, audit.terms, "terms")
    if not agreed.is_open or audit.terms is None:
        return agreed
    days = sorted({local_date(world.agreement, each.starts_at) for each in audit.terms.sessions})
    if day in days:
        return agreed
    following = next((each for each in days if each > day), None)
    said = f"the agreed schedule has no session on {spell(day)}"
    return GateState(AuditGate.SCOPE_AND_COSTS, said, Opening("session"), following)


def _business_hours(world: AuditWorld, audit: Audit, _: date) -> GateState:
    if audit.terms is None:
        return closed(AuditGate.BUSINESS_HOURS, "no schedule was proposed yet", Opening("terms"))
    return hours_of(world, [(each.starts_at, each.ends_at) for each in audit.terms.sessions])


def hours_of(world: World, sessions: list[tuple[datetime, datetime]]) -> GateState:
    """§7: every session is within normal business hours."""
    hours = world.agreement.audit.business_hours
    for starts_at, ends_at in sessions:
        why_not = why_not_business_hours(world.agreement, starts_at, ends_at)
        if why_not is not None:
            names = (("opens_at", f"{hours.opens:%H:%M}"), ("closes_at", f"{hours.closes:%H:%M}"))
            return closed(AuditGate.BUSINESS_HOURS, why_not, Opening("hours", names))
    return GateState(AuditGate.BUSINESS_HOURS, "every session is within business hours")


def _escort(_: AuditWorld, audit: Audit, __: date) -> GateState:
    if audit.escort is None:
        return closed(AuditGate.ESCORT, "nobody was named to be present", Opening("escort"))
    return GateState(AuditGate.ESCORT, f"{audit.escort.name}, {audit.escort.function}, is present")


def _report(_: AuditWorld, audit: Audit, __: date) -> GateState:
    if audit.report is not None:
        return GateState(AuditGate.REPORT, f"given by {audit.report.said_by}")
    opening = Opening("begin") if audit.held_on is None else Opening("report")
    return closed(AuditGate.REPORT, "the processor has no copy of the report", opening)


_GATES: Final[Mapping[AuditGate, Callable[[AuditWorld, Audit, date], GateState]]] = {
    AuditGate.COMPETITOR: _competitor,
    AuditGate.NEED: _need,
    AuditGate.CERTIFICATE: _certificate,
    AuditGate.FREQUENCY: _frequency,
    AuditGate.WRITTEN_REQUEST: _written_request,
    AuditGate.PLAN: _plan,
    AuditGate.EXPERT: _expert,
    AuditGate.CONFIDENTIALITY: _confidentiality,
    AuditGate.SCOPE_AND_COSTS: _scope_and_costs,
    AuditGate.BUSINESS_HOURS: _business_hours,
    AuditGate.ESCORT: _escort,
    AuditGate.REPORT: _report,
}
