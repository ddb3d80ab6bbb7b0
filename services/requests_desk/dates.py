"""The dates of a request, from the agreement (§9, GDPR art. 12(3)). Values in, dates out."""

from dataclasses import dataclass
from datetime import date, datetime

from agreement import deadlines
from agreement.deadlines import Deadline
from agreement.periods import Period
from agreement.schema import Agreement
from contracts.event import Reckoning


def tell_by(agreement: Agreement, since_at: datetime) -> datetime:
    """§9: "promptly": the instant by which the client must know of a request that could be told since this one."""
    return _after(agreement, agreement.periods.request_notice, deadlines.local_date(agreement, since_at))


def controllers_month(agreement: Agreement, received_at: datetime) -> Deadline:
    """GDPR art. 12(3): the controller's own date, rolled to a working day and as it is before that."""
    received_on = deadlines.local_date(agreement, received_at)
    return deadlines.months_after(agreement, received_on, agreement.periods.rights_answer.n)


def reckoning(deadline: Deadline) -> Reckoning:
    """How a date was reached, as an event says it."""
    return Reckoning(rule=deadline.rule, clause=deadline.clause, because=deadline.because, calendar=deadline.calendar)


def kept_after(agreement: Agreement, over_at: datetime) -> datetime:
    """Until when what is personal can be read of a request that was over at this instant."""
    return _after(agreement, agreement.periods.requester_kept, deadlines.local_date(agreement, over_at))


def kept_unclaimed(agreement: Agreement, received_at: datetime) -> datetime:
    """The same of a request whose client nobody has found."""
    return _after(agreement, agreement.periods.requester_unclaimed, deadlines.local_date(agreement, received_at))


def kept_unanswered(agreement: Agreement, received_at: datetime) -> datetime:
    """The same of a request that nobody ever ends: the controller's month, its extension, and what follows the end."""
    month = deadlines.local_date(agreement, received_at)
    for period in (agreement.periods.rights_answer, agreement.periods.rights_extension):
        month = deadlines.period_after(agreement, period, month)
    return _after(agreement, agreement.periods.requester_kept, month)


@dataclass(frozen=True, slots=True)
class NoticeTimes:
    """When who has no receipt goes on to the next channels, and when people must act."""

    escalate_at: datetime
    deadline_at: datetime


def notice_times(agreement: Agreement, due_at: datetime, now: datetime) -> NoticeTimes:
    """A notice escalates before its time is over; what is late, or nearly, has that lead time to itself."""
    lead = agreement.requests.escalate_before
    if due_at - lead > now:
        return NoticeTimes(due_at - lead, due_at)
    return NoticeTimes(now + lead / 2, now + lead)


def _after(agreement: Agreement, period: Period, from_on: date) -> datetime:
    return deadlines.end_of_day(agreement, deadlines.period_after(agreement, period, from_on))
