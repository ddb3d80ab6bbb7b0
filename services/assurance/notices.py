"""The order to tell a client something (§15): what, about which matter, and by when."""

from typing import Final

from agreement import deadlines
from assurance.matter_store import About
from assurance.words import Notice, World
from chassis.transaction import Transaction
from contracts.assurance import AssuranceNoticeOrdered, AssuranceRefusalNoticeOrdered, Matter
from contracts.telling import RefusalKind


def order(world: World, about: About, notice: Notice, tx: Transaction) -> None:
    """§15: told within the days that a client has for its own answers; without a receipt it escalates before."""
    agreement, today = world.agreement, world.today
    last_day = deadlines.objection_window(agreement, today).day
    lead = agreement.notices.escalation.working_days_before
    escalate_at = deadlines.start_of_day(agreement, deadlines.working_days_before(agreement, last_day, lead))
    deadline_at = deadlines.end_of_day(agreement, last_day)
    clauses: Final = {
        Matter.ASSISTANCE: agreement.cooperation.clause,
        Matter.DISPUTE: agreement.law.clause,
    }
    processor = agreement.processor
    said = AssuranceRefusalNoticeOrdered if isinstance(notice.kind, RefusalKind) else AssuranceNoticeOrdered
    ordered = said.model_validate(
        {
            "order_id": tx.cause.derive(f"notice/{notice.kind}/{about.kind}/{about.matter_id}"),
            "about": about.matter_id,
            "kind": notice.kind,
            "client_ids": (about.client_id,),
            "deadline_at": deadline_at,
            "escalate_at": min(max(escalate_at, tx.now), deadline_at),
            "clause": clauses.get(about.kind, agreement.audit.clause),
            "facts": {"write_to": f"{processor.name}, {processor.postal_address}", **notice.facts},
        }
    )
    tx.emit(ordered)
