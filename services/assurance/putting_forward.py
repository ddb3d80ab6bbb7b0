"""What one side puts forward for a gate of an audit, and how the other answers (§7). Pure."""

from typing import assert_never

from agreement.deadlines import local_date
from agreement.duties import AuditGate
from assurance.audit_record import Answer, Audit, end, of, opened, since, without
from assurance.gate_state import AuditWorld, refuse
from assurance.gates import hours_of, judge
from assurance.words import Notice, Opening, Refusal, Step
from contracts import audit as says
from contracts.assurance import AssuranceGateDecided, AssuranceNoticeKind
from contracts.audit import AnsweredGate
from contracts.event import Event
from contracts.evidence import Side
from contracts.telling import Facts

Put = says.AuditPlanSubmitted | says.AuditExpertNamed | says.AuditConfidentialitySigned | says.AuditTermsProposed
Forward = Put | says.AuditCertificateOffered | says.AuditEscortNamed | says.AuditAnswered


def put_forward(world: AuditWorld, audit: Audit, said: Forward) -> Step | Refusal:
    """§7: something for a gate, or an answer to it."""
    match said:
        case says.AuditCertificateOffered():
            return _offer_certificate(world, audit, said)
        case says.AuditEscortNamed():
            after = since(world.now, audit, AuditGate.ESCORT, escort=said)
            return Step(after, (opened(said, AuditGate.ESCORT, f"{said.name}, {said.function}"),))
        case says.AuditAnswered():
            return _answer(world, audit, said)
        case _:
            return _put(world, audit, said)


def _put(world: AuditWorld, audit: Audit, said: Put) -> Step | Refusal:
    match said:
        case says.AuditPlanSubmitted():
            return _anew(world, audit, AnsweredGate.PLAN, plan=said)
        case says.AuditExpertNamed():
            stranger = without(audit, AnsweredGate.CONFIDENTIALITY).model_copy(update={"confidentiality": None})
            return _anew(world, stranger, AnsweredGate.EXPERT, expert=said)
        case says.AuditConfidentialitySigned():
            return _sign(world, audit, said)
        case says.AuditTermsProposed():
            return _propose(world, audit, said)
        case _:
            assert_never(said)


def _anew(world: AuditWorld, audit: Audit, gate: AnsweredGate, **what: Event) -> Step:
    """Something new is put forward for a gate: it needs an answer of its own."""
    return Step(since(world.now, without(audit, gate), AuditGate(gate), **what))


def _offer_certificate(world: AuditWorld, audit: Audit, said: says.AuditCertificateOffered) -> Step | Refusal:
    if said.certificate is not None and said.issuer is None:
        reason = "a certificate is issued by an independent qualified expert: name the issuer"
        return Refusal(reason, world.agreement.audit.clause, "issuer")
    after = since(world.now, without(audit, AnsweredGate.CERTIFICATE), AuditGate.CERTIFICATE, certificate=said)
    if said.certificate is None:
        return Step(after, (opened(said, AuditGate.CERTIFICATE, said.text),))
    facts: Facts = {"audit_id": said.audit_id, "offer": "certificate", "text": said.text, "issuer": said.issuer or ""}
    return Step(after, (), (Notice(AssuranceNoticeKind.AUDIT_OFFER, facts),))


def _sign(world: AuditWorld, audit: Audit, said: says.AuditConfidentialitySigned) -> Step | Refusal:
    if audit.expert is None or audit.expert.name != said.expert:
        named = (
            "no expert is named yet" if audit.expert is None else f"the expert who is named is {audit.expert.name!r}"
        )
        return Refusal(named, world.agreement.audit.clause, "expert")
    return _anew(world, audit, AnsweredGate.CONFIDENTIALITY, confidentiality=said)


def _propose(world: AuditWorld, audit: Audit, said: says.AuditTermsProposed) -> Step | Refusal:
    """§7: what is proposed can be held: in time, in business hours, during the term."""
    sessions = [(each.starts_at, each.ends_at) for each in said.sessions]
    if any(starts_at >= ends_at for starts_at, ends_at in sessions):
        return Refusal("a session ends after it starts", world.agreement.audit.clause, "sessions")
    hours = hours_of(world, sessions)
    if world.asks_for(AuditGate.BUSINESS_HOURS) and not hours.is_open:
        return refuse(world, hours)
    days = [local_date(world.agreement, starts_at) for starts_at, _ in sessions]
    for day in (min(days), max(days)):
        for state in judge(world, audit, day):
            if state.gate in {AuditGate.FREQUENCY, AuditGate.WRITTEN_REQUEST} and not state.is_open:
                return refuse(world, state)
    step = _anew(world, audit, AnsweredGate.SCOPE_AND_COSTS, terms=said)
    if said.side is Side.CLIENT:
        return step
    facts: Facts = {
        "audit_id": said.audit_id,
        "offer": "terms",
        "text": said.scope,
        "costs": f"{said.costs.amount} {said.costs.currency}",
        "days": tuple(each.isoformat() for each in sorted(set(days))),
    }
    return Step(step.record, step.events, (Notice(AssuranceNoticeKind.AUDIT_OFFER, facts),))


def _answer(world: AuditWorld, audit: Audit, said: says.AuditAnswered) -> Step | Refusal:
    clause, forward = world.agreement.audit.clause, audit.put_forward(said.gate)
    if forward is None:
        reason = "nothing was put forward that could be answered"
        return Refusal(reason, clause, None, said.gate, _what_opens(said.gate))
    if forward[0] is said.side:
        return Refusal(f"the {said.side} put it forward: the other side answers", clause, "side", said.gate)
    put_at = audit.since.get(AuditGate(said.gate))
    if said.put_at is not None and said.put_at != put_at and said.gate not in audit.answers:
        return Refusal(f"something else was put forward at {put_at and put_at.isoformat()}", clause, None, said.gate)
    before = audit.answers.get(said.gate)
    if before is not None:
        how = "accepted" if before.accepted else "refused"
        reason = f"it was {how} by {before.said_by} at {before.at.isoformat()}: {before.reason}"
        return Refusal(reason, clause, None, said.gate)
    given = Answer(accepted=said.accepted, side=said.side, said_by=said.said_by, reason=said.reason, at=world.now)
    after = since(world.now, audit, AuditGate(said.gate), answers=audit.answers | {said.gate: given})
    if said.gate is AnsweredGate.CERTIFICATE and said.accepted:
        return end(after, said, "certified", said.reason)
    opened = said.accepted is not (said.gate is AnsweredGate.CERTIFICATE)
    decided = AssuranceGateDecided(
        **of(said), gate=said.gate, opened=opened, decided_by=said.said_by, reason=said.reason
    )
    return Step(after, (decided,), _answer_notice(said))


def _answer_notice(said: says.AuditAnswered) -> tuple[Notice, ...]:
    if said.side is Side.CLIENT:
        return ()
    how = "accepted" if said.accepted else "refused"
    facts: Facts = {"audit_id": said.audit_id, "gate": said.gate, "answer": how, "text": said.reason}
    return (Notice(AssuranceNoticeKind.AUDIT_GATE_DECIDED, facts),)


def _what_opens(gate: AnsweredGate) -> Opening:
    return Opening("terms" if gate is AnsweredGate.SCOPE_AND_COSTS else gate.value)
