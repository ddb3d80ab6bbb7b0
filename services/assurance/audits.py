"""An audit's course (§7): requested, held, withdrawn. None begins unless every gate stands open. Pure."""

from agreement.assurance_days import next_audit_day
from agreement.deadlines import local_date
from agreement.duties import AuditGate
from assurance.audit_record import Audit, end, of
from assurance.audit_results import After, follow
from assurance.gate_state import AuditWorld, refuse
from assurance.gates import earliest, frequency_of, hours_of, judge, need_of
from assurance.putting_forward import Forward, put_forward
from assurance.questions import competes
from assurance.words import Notice, Refusal, Step, ahead, reckon, steps_of
from contracts.assurance import AssuranceAuditBegun, AssuranceNoticeKind, AssuranceOpened
from contracts.audit import AuditBegun, AuditEvent, AuditRequested, AuditWithdrawn
from contracts.telling import Facts


def weigh(world: AuditWorld, audit: Audit | None, said: AuditEvent) -> Step | Refusal | None:
    """§7: what comes of a word about an audit; None: of one that nobody requested."""
    if isinstance(said, AuditRequested):
        return _request(world, audit, said)
    if audit is None:
        return None
    if isinstance(said, After):
        return follow(world, audit, said)
    if audit.status != "open":
        return Refusal(f"the audit is {audit.status} already", world.agreement.audit.clause)
    return _prepare(world, audit, said)


def _prepare(world: AuditWorld, audit: Audit, said: AuditEvent) -> Step | Refusal | None:
    match said:
        case AuditBegun():
            return _begin(world, audit, said)
        case AuditWithdrawn():
            return end(audit, said, "withdrawn", said.reason)
        case _:
            return put_forward(world, audit, said) if isinstance(said, Forward) else None


def _request(world: AuditWorld, audit: Audit | None, said: AuditRequested) -> Step | Refusal:
    if audit is not None:
        return Refusal(f"the audit {said.audit_id!r} is there already, {audit.status}", world.agreement.audit.clause)
    refusal = competes(world) or ahead(world, said.received_at, world.agreement.audit.clause, "received_at")
    if refusal is not None:
        return _told(refusal, said)
    need, frequency = need_of(world, said), frequency_of(world, said.proposed_on)
    for state in (need, frequency):
        if world.asks_for(state.gate) and not state.is_open and state.reckoning is None:
            return _told(refuse(world, state), said)
    record = Audit(status="open", request=said, need=need.because)
    first = earliest(world, local_date(world.agreement, said.received_at))
    too_early = first.opens_on is not None and said.proposed_on < first.opens_on
    opened = AssuranceOpened(
        **of(said),
        asked_on=said.proposed_on,
        due_on=first.opens_on,
        gate=first.gate if too_early else None,
        reckoning=None if first.reckoning is None else reckon(first.reckoning),
    )
    facts: Facts = {
        "audit_id": said.audit_id,
        "asked_on": said.proposed_on.isoformat(),
        "earliest_on": str(first.opens_on),
        "asked": "too_early" if too_early else "lawful",
        **steps_of(first.reckoning),
    }
    return Step(record, (opened,), (Notice(AssuranceNoticeKind.AUDIT_OPENED, facts),))


def _told(refusal: Refusal, said: AuditRequested) -> Refusal:
    """A request that is refused is answered in writing: by which gate, and what would open it."""
    if refusal.gate is None or refusal.opening is None:
        return refusal
    facts: Facts = {
        "audit_id": said.audit_id,
        "gate": refusal.gate,
        "opening": refusal.opening.sentence,
        "opening.code": refusal.opening.coded,
    }
    if refusal.opens_on is not None:
        facts["opens_on"] = refusal.opens_on.isoformat()
    notice = Notice(AssuranceNoticeKind.AUDIT_REFUSED, facts)
    return Refusal(
        refusal.reason, refusal.clause, None, refusal.gate, refusal.opening, refusal.opens_on, None, (notice,)
    )


def _begin(world: AuditWorld, audit: Audit, said: AuditBegun) -> Step | Refusal:
    """§7: every gate stands open on that day, and stood open at that time."""
    refusal = ahead(world, said.begun_at, world.agreement.audit.clause, "begun_at")
    if refusal is not None:
        return refusal
    day = local_date(world.agreement, said.begun_at)
    hours = hours_of(world, [(said.begun_at, said.begun_at)])
    for state in judge(world, audit, day):
        judged = hours if state.gate is AuditGate.BUSINESS_HOURS and state.is_open else state
        if judged.gate is not AuditGate.REPORT and not judged.is_open:
            return refuse(world, judged)
    last = max(audit.since.items(), key=lambda item: item[1], default=None)
    if last is not None and said.begun_at < last[1]:
        reason = f"this gate stands open since {last[1].isoformat()}: nothing has begun before"
        return Refusal(reason, world.agreement.audit.clause, "begun_at", last[0])
    following = next_audit_day(world.agreement, day)
    after = audit.model_copy(update={"status": "begun", "begun_at": said.begun_at, "held_on": day})
    begun = AssuranceAuditBegun(**of(said), held_on=day, next_on=following.day, reckoning=reckon(following))
    return Step(after, (begun,))
