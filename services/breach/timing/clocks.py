"""What runs from awareness, until when, and when it warns (BRE-1). Values in, values out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agreement.deadlines import Deadline, authority_due, breach_notice_due
from agreement.schema import Agreement
from contracts.event import Reckoning
from contracts.incident import ClockStarted

CLIENTS: Final = "clients"
"""The code of the clock towards the clients; the others are the agreement's."""

NONE_LEFT: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs: towards whom, until when, by which steps."""

    code: str
    to: str
    deadline: Deadline
    to_confirm: bool

    @property
    def due_at(self) -> datetime:
        """The instant at which it is over."""
        result = self.deadline.result
        assert isinstance(result, datetime)  # noqa: S101 - hours end at an instant
        return result

    def event(self) -> ClockStarted:
        """The clock as it is said on the bus."""
        deadline = self.deadline
        return ClockStarted(
            clock=self.code,
            to=self.to,
            clause=deadline.clause,
            due_at=self.due_at,
            to_confirm=self.to_confirm,
            reckoning=Reckoning(
                rule=deadline.rule, clause=deadline.clause, because=deadline.because, calendar=deadline.calendar
            ),
        )


def clients_clock(agreement: Agreement, aware_at: datetime) -> Clock:
    """§6: the clock towards every client that is bound to this version; it runs from awareness of the incident."""
    return Clock(CLIENTS, "the clients", breach_notice_due(agreement, aware_at), to_confirm=False)


def authority_clocks(agreement: Agreement, aware_at: datetime) -> tuple[Clock, ...]:
    """The clocks towards authorities, by law and by the status that it binds (GDPR art. 33, Regulation 611/2013)."""
    return tuple(
        Clock(each.code, each.to, authority_due(agreement, each, aware_at), each.confirm)
        for each in agreement.breach.authority_clocks
    )


def warnings(agreement: Agreement, aware_at: datetime, due_at: datetime, now: datetime) -> tuple[timedelta, ...]:
    """What is left when a clock warns, the most first, the end (nothing left) last.

    Only what is less than the whole counts; of what has passed already, the last alone.
    """
    lefts = [left for left in sorted(agreement.breach.warn_with_left, reverse=True) if left < due_at - aware_at]
    times = [*lefts, NONE_LEFT]
    passed = [left for left in times if due_at - left <= now]
    return tuple(times[max(len(passed) - 1, 0) :])


def late_by(agreement: Agreement, due_at: datetime, left: timedelta, now: datetime) -> timedelta | None:
    """How late a warning is noticed, where that is more than the agreement lets pass; None: in time."""
    late = now - (due_at - left)
    return late if late > agreement.breach.late_after else None


@dataclass(frozen=True, slots=True)
class NoticeTimes:
    """When who has no receipt goes on to the next channels, and when people must act."""

    escalate_at: datetime
    deadline_at: datetime


def notice_times(agreement: Agreement, due_at: datetime, now: datetime) -> NoticeTimes:
    """An unsent notice escalates at the next warning before its clock is over.

    What is late, or nearly, has the last warning's time: half of it by the first channels alone.
    """
    lefts = sorted(agreement.breach.warn_with_left, reverse=True)
    ahead = [due_at - left for left in lefts if due_at - left > now]
    if ahead:
        return NoticeTimes(ahead[0], due_at)
    return NoticeTimes(now + lefts[-1] / 2, now + lefts[-1])
