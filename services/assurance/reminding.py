"""People are reminded of last days: before each, when it is over, and again until it is done (§7, §10, §14)."""

from agreement.deadlines import end_of_day, local_date
from agreement.schema import Agreement
from assurance import client_store, matter_store
from assurance.bound import Bound
from assurance.matter_store import About
from assurance.words import Record
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.appointment import AppointmentReminderDue
from contracts.assurance import AssuranceAlertKind, AssuranceAlertOrdered, AssuranceOverdue, Matter
from contracts.telling import Facts

router = Router()


def enter(agreement: Agreement, about: About, before: Record | None, after: Record, tx: Transaction) -> None:
    """Last days that are new or moved get their reminders; of those that are gone nobody is reminded."""
    known = {} if before is None else before.last_days
    for part in known.keys() - after.last_days.keys():
        tx.cancel(_name(about, part))
    for part, due_on in after.last_days.items():
        if known.get(part) != due_on:
            due = AppointmentReminderDue(
                client_id=about.client_id,
                matter=about.kind,
                matter_id=about.matter_id,
                finding_id=part,
                due_on=due_on,
            )
            at = end_of_day(agreement, due_on) - agreement.reminders.before
            tx.emit_at(due, max(at, tx.now), _name(about, part))


@router.on(AppointmentReminderDue)
async def on_reminder_due(app: Bound, due: AppointmentReminderDue, tx: Transaction) -> None:
    """Who is on call hears of it, unless it was done or moved a moment ago; and the next reminder is entered."""
    client = await client_store.lock_client(tx, due.client_id, local_date(app.book.latest, tx.now))
    about = About(due.client_id, due.matter, due.matter_id)
    record = await matter_store.load(tx, about)
    if client is None or record is None or record.last_days.get(due.finding_id) != due.due_on:
        return
    agreement = app.book[client.signed]
    over_at = end_of_day(agreement, due.due_on)
    late = tx.now >= over_at
    if late and due.matter is Matter.DISPUTE:  # it lapses by itself
        return
    if late and due.finding_id is not None and not due.overdue:
        tx.emit(_overdue(due))
    tx.emit(_alert(agreement, due, late=late, tx=tx))
    again = due.model_copy(update={"overdue": late})
    tx.emit_at(again, tx.now + agreement.reminders.every if late else over_at, _name(about, due.finding_id))


def _overdue(due: AppointmentReminderDue) -> AssuranceOverdue:
    return AssuranceOverdue(
        client_id=due.client_id,
        matter=due.matter,
        matter_id=due.matter_id,
        due_on=due.due_on,
        finding_id=due.finding_id,
    )


def _alert(agreement: Agreement, due: AppointmentReminderDue, *, late: bool, tx: Transaction) -> AssuranceAlertOrdered:
    facts: Facts = {
        "client_id": due.client_id,
        "matter": due.matter,
        "matter_id": due.matter_id,
        "due_on": due.due_on.isoformat(),
    }
    if due.finding_id is None:
        kind = AssuranceAlertKind.MATTER_OVERDUE if late else AssuranceAlertKind.MATTER_DUE_SOON
    else:
        kind = AssuranceAlertKind.FINDING_OVERDUE if late else AssuranceAlertKind.FINDING_DUE_SOON
        facts["finding_id"] = due.finding_id
    return AssuranceAlertOrdered(
        order_id=tx.cause.derive(f"alert/{kind}/{due.client_id}/{due.matter_id}/{due.finding_id}"),
        about=due.matter_id,
        kind=kind,
        clause=_clause(agreement, due.matter),
        facts=facts,
    )


def _clause(agreement: Agreement, matter: Matter) -> str:
    match matter:
        case Matter.ASSISTANCE:
            return agreement.cooperation.clause
        case Matter.DISPUTE:
            return agreement.law.clause
        case Matter.QUESTION | Matter.AUDIT:
            return agreement.audit.clause


def _name(about: About, part: str | None) -> str:
    return f"reminder/{about.client_id}/{about.kind}/{about.matter_id}/{part or ''}"
