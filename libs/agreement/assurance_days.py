"""The days of audits, questions, assistance and disputes (§7, §10, §14), computed purely and explained.

Every function raises `CalendarUnknown` for days beyond the calendar's years or beyond what a date can express.
"""

from datetime import date, datetime

from agreement.counting import roll_on, spell
from agreement.deadlines import Deadline, calendar_version, counted_after
from agreement.months import add_months
from agreement.periods import Roll
from agreement.schema import Agreement
from agreement.steps import StepCode, step


def earliest_audit_day(agreement: Agreement, requested_on: date) -> Deadline:
    """§7: the first day on which an audit may be held that was requested in writing on this day."""
    return counted_after(agreement, "earliest_audit_day", agreement.periods.audit_request, requested_on, "the request")


def next_audit_day(agreement: Agreement, last_on: date) -> Deadline:
    """§7: the first day on which the next audit may be held when the last one was held on this day."""
    period = agreement.periods.audit_interval
    calendar = agreement.calendar_of(agreement.periods.audit_request)
    months = period.n * (12 if period.unit == "years" else 1)
    anniversary, sentence = add_months(last_on, months)
    result, moved = roll_on(anniversary, Roll.NEXT_WORKING_DAY, calendar)
    steps = [step(StepCode.ANNIVERSARY, n=period.n, unit=period.counted, after=last_on, day=anniversary)]
    if result != anniversary:
        steps.append(step(StepCode.MOVED, day=result))
    because = (f"the last audit was held on {spell(last_on)}", sentence, *moved)
    return Deadline("next_audit_day", period.clause, result, because, calendar_version(calendar), steps=tuple(steps))


def question_due(agreement: Agreement, asked_on: date) -> Deadline:
    """§7: the last day on which a question that came on this day is answered in time."""
    return counted_after(agreement, "question_due", agreement.periods.question_answer, asked_on, "the question")


def assistance_due(agreement: Agreement, asked_on: date) -> Deadline:
    """§10: the last day for help that was asked for on this day, where the client names none."""
    return counted_after(agreement, "assistance_due", agreement.periods.assistance_answer, asked_on, "the request")


def settlement_end(agreement: Agreement, met_on: date) -> Deadline:
    """§14: the last day for a settlement after a meeting on this day; then the court is competent."""
    return counted_after(agreement, "settlement_end", agreement.periods.dispute_settlement, met_on, "the meeting")


def why_not_business_hours(agreement: Agreement, starts_at: datetime, ends_at: datetime) -> str | None:
    """§7: why a session is not within normal business hours, in the agreement's timezone; None where it is."""
    hours = agreement.audit.business_hours
    starts, ends = starts_at.astimezone(agreement.zone), ends_at.astimezone(agreement.zone)
    when = f"{spell(starts.date())} {starts:%H:%M} to {ends:%H:%M}"
    if starts.date() != ends.date():
        return f"{spell(starts.date())} {starts:%H:%M} to {spell(ends.date())} {ends:%H:%M} is more than one day"
    calendar = agreement.calendar_of(agreement.periods.audit_request)
    day_off = None if calendar is None else calendar.why_not(starts.date())
    if day_off is not None:
        return f"{when} is no working day ({day_off})"
    if not hours.opens <= starts.time() <= ends.time() <= hours.closes:
        return f"{when} is not within {hours.opens:%H:%M} to {hours.closes:%H:%M} ({agreement.timezone})"
    return None
