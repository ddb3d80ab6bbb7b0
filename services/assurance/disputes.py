"""A dispute (§14): notified by registered mail, a meeting, so many days to settle, then the court. Pure."""

from agreement.assurance_days import settlement_end
from assurance.words import Notice, Of, Record, Refusal, Step, World, reckon, steps_of
from contracts import dispute as says
from contracts.appointment import AppointmentMatterDue
from contracts.assurance import AssuranceClosed, AssuranceDisputeDated, AssuranceNoticeKind, AssuranceOpened, Matter
from contracts.telling import Facts


class Dispute(Record):
    """A dispute as it stands: `notified`, `met`, `settled`, or `lapsed` when its days are over without a settlement."""

    notified: says.DisputeNotified
    met: says.DisputeMet | None = None
    settled: says.DisputeSettled | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is settled, or before the court."""
        return self.status in {"settled", "lapsed"}


def weigh(
    world: World, dispute: Dispute | None, said: says.DisputeEvent | AppointmentMatterDue
) -> Step | Refusal | None:
    """§14: what comes of a word about a dispute; None: nothing at all."""
    match said:
        case says.DisputeNotified():
            return _notify(world, dispute, said)
        case _ if dispute is None:
            return None
        case says.DisputeMet():
            return _meet(world, dispute, said)
        case says.DisputeSettled():
            return _settle(world, dispute, said)
        case AppointmentMatterDue():
            return _lapse(world, dispute, said)
        case _:
            return None


def _notify(world: World, dispute: Dispute | None, said: says.DisputeNotified) -> Step | Refusal:
    clause = world.agreement.law.clause
    if dispute is not None:
        return Refusal(f"the dispute {said.dispute_id!r} is there already", clause)
    if said.received_on > world.today:
        return Refusal(f"it lies ahead: today is {world.today}", clause, "received_on")
    return Step(Dispute(status="notified", notified=said), (AssuranceOpened(**_of(said)),))


def _meet(world: World, dispute: Dispute, said: says.DisputeMet) -> Step | Refusal:
    clause = world.agreement.law.clause
    if dispute.met is not None:
        return Refusal(f"the parties met on {dispute.met.met_on}: the days run from there", clause)
    if dispute.is_over:
        return Refusal(f"it is {dispute.status} already", clause)
    if said.met_on > world.today or said.met_on < dispute.notified.received_on:
        reason = f"between the notification on {dispute.notified.received_on} and today, {world.today}"
        return Refusal(f"the parties met {reason}", clause, "met_on")
    end, court = settlement_end(world.agreement, said.met_on), world.agreement.law.court
    dated = AssuranceDisputeDated(
        **_of(said), met_on=said.met_on, last_day_on=end.day, court=court, reckoning=reckon(end)
    )
    facts: Facts = {
        "dispute_id": said.dispute_id,
        "met_on": said.met_on.isoformat(),
        "last_day_on": end.day.isoformat(),
        "court": court,
        **steps_of(end),
    }
    after = dispute.model_copy(update={"status": "met", "met": said, "due_on": end.day})
    return Step(after, (dated,), (Notice(AssuranceNoticeKind.DISPUTE_DATED, facts),))


def _settle(world: World, dispute: Dispute, said: says.DisputeSettled) -> Step | Refusal:
    """A settlement ends the dispute, also one that is signed late; it can't have been signed before it arose."""
    clause = world.agreement.law.clause
    if dispute.settled is not None:
        return Refusal(f"it was settled on {dispute.settled.signed_on}", clause)
    if said.signed_on > world.today or said.signed_on < dispute.notified.received_on:
        reason = f"between the notification on {dispute.notified.received_on} and today, {world.today}"
        return Refusal(f"it was signed {reason}", clause, "signed_on")
    late = dispute.due_on is not None and said.signed_on > dispute.due_on
    how = "settled_late" if late else "settled"
    after = dispute.model_copy(update={"status": "settled", "settled": said})
    return Step(after, (AssuranceClosed(**_of(said), how=how),))


def _lapse(world: World, dispute: Dispute, due: AppointmentMatterDue) -> Step | None:
    if dispute.is_over or dispute.due_on != due.due_on:
        return None
    court = world.agreement.law.court
    closed = AssuranceClosed(
        client_id=due.client_id, matter=Matter.DISPUTE, matter_id=due.matter_id, how="lapsed", reason=court
    )
    facts: Facts = {"dispute_id": due.matter_id, "last_day_on": due.due_on.isoformat(), "court": court}
    notice = Notice(AssuranceNoticeKind.DISPUTE_LAPSED, facts)
    return Step(dispute.model_copy(update={"status": "lapsed"}), (closed,), (notice,))


def _of(said: says.DisputeEvent) -> Of:
    return Of(client_id=said.client_id, matter=Matter.DISPUTE, matter_id=said.dispute_id)
