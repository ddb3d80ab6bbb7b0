"""Every deadline of an agreement, computed purely and explained: the date, and the steps that led to it.

Every function raises `CalendarUnknown` for days beyond the calendar's years or beyond what a date can express.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from agreement.calendar import DAY, Calendar, CalendarUnknown, shift
from agreement.counting import BACK, count_days, roll_on, spell
from agreement.duties import Clock
from agreement.months import add_months
from agreement.periods import Convention, Period, Unit
from agreement.schema import Agreement
from agreement.steps import Step, StepCode, skipped, step


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date, or an instant in the agreement's timezone, with the rule, its clause and the steps that led to it.

    `steps` are those of `because` as codes, where the date is one that notices name.
    """

    rule: str
    clause: str
    result: date | datetime
    because: tuple[str, ...]
    calendar: str
    unrolled: date | None = None
    steps: tuple[Step, ...] = ()

    @property
    def day(self) -> date:
        """The result as a date in the agreement's timezone."""
        return self.result.date() if isinstance(self.result, datetime) else self.result


def objection_window(agreement: Agreement, received_on: date) -> Deadline:
    """§4.4: the last day on which an objection is in time when the notice was received on this day."""
    return counted_after(agreement, "objection_window", agreement.periods.objection, received_on, "receipt")


def earliest_effective_day(agreement: Agreement, notice_on: date) -> Deadline:
    """§4.3: the first day on which a change may take effect when its notice is given on this day."""
    return counted_after(agreement, "earliest_effective_day", agreement.periods.change_notice, notice_on, "the notice")


def latest_notice_day(agreement: Agreement, effective_on: date) -> Deadline:
    """§4.3: the last working day on which notice may be given of a change that takes effect on this day."""
    period = agreement.periods.change_notice
    calendar = agreement.calendar_of(period)
    clear = period.convention is Convention.CLEAR_DAYS_BETWEEN
    count = count_days(
        effective_on if clear else shift(effective_on, DAY), period.n + 1, BACK, _counted(period, calendar)
    )
    because = (
        f"{period.spell()} must lie between the notice and {spell(effective_on)}; "
        + ("neither day counts" if clear else "the day of the notice does not count"),
        *count.explain(),
        f"notice may be given until {spell(count.last)}",
    )
    return Deadline("latest_notice_day", period.clause, count.last, because, calendar_version(calendar))


def breach_notice_due(agreement: Agreement, aware_at: datetime) -> Deadline:
    """§6: the instant by which the clients must know, in elapsed hours through weekends and clock changes."""
    period = agreement.periods.breach_notice
    return _elapsed(agreement, "breach_notice_due", period.clause, aware_at, timedelta(hours=period.n))


def authority_due(agreement: Agreement, clock: Clock, aware_at: datetime) -> Deadline:
    """The instant by which an authority must know of a breach, in elapsed hours as well."""
    return _elapsed(agreement, clock.code, clock.clause, aware_at, clock.within)


def _elapsed(agreement: Agreement, rule: str, clause: str, aware_at: datetime, within: timedelta) -> Deadline:
    if aware_at.tzinfo is None:
        raise ValueError(f"aware_at {aware_at.isoformat()} has no UTC offset")
    hours = f"{within.total_seconds() / 3600:g} hours"
    try:
        aware, due = (at.astimezone(agreement.zone) for at in (aware_at, aware_at.astimezone(UTC) + within))
    except OverflowError as error:
        raise CalendarUnknown(f"{hours} after {aware_at.isoformat()} is beyond what a date can express") from error
    because = [f"{hours} elapse from {aware.isoformat(timespec='seconds')}, weekends and holidays included"]
    if aware.utcoffset() != due.utcoffset():
        because.append(f"the clocks of {agreement.timezone} change in between: {aware:%Z} to {due:%Z}")
    because.append(f"they are over at {due.isoformat(timespec='seconds')}")
    return Deadline(rule, clause, due, tuple(because), "none: hours are counted as they elapse")


def choice_window(agreement: Agreement, terminated_on: date) -> Deadline:
    """§8.3: the last day on which the client may choose return or deletion when its contract ends on this day."""
    period = agreement.periods.termination_choice
    return counted_after(agreement, "choice_window", period, terminated_on, "the end")


def fetch_window(agreement: Agreement, ready_on: date) -> Deadline:
    """§8.3: the last day on which a return package may be fetched that was ready on this day."""
    return counted_after(agreement, "fetch_window", agreement.periods.package_fetch, ready_on, "the package")


def days_after(agreement: Agreement, period: Period, from_on: date) -> date:
    """The last day of a period that begins with this day, which does not count itself."""
    return counted_after(agreement, "days_after", period, from_on, "the beginning").day


def months_after(agreement: Agreement, from_on: date, n: int) -> Deadline:
    """GDPR art. 12(3): the same number n months later or the month's end; `unrolled` is the day before any roll."""
    period = agreement.periods.rights_answer
    calendar = agreement.calendar_of(period)
    unrolled, step = add_months(from_on, n)
    result, moved = roll_on(unrolled, period.roll, calendar)
    return Deadline("months_after", period.clause, result, (step, *moved), calendar_version(calendar), unrolled)


def retention_end(agreement: Agreement, from_on: date, years: int) -> Deadline:
    """Appendix A: the same number `years` years later or the month's end: the day on which the data must go."""
    period = agreement.periods.retention
    calendar = agreement.calendar_of(period)
    unrolled, step = add_months(from_on, 12 * years)
    result, moved = roll_on(unrolled, period.roll, calendar)
    return Deadline("retention_end", period.clause, result, (step, *moved), calendar_version(calendar))


def working_days_before(agreement: Agreement, day: date, n: int) -> date:
    """The n-th working day before a day, by the calendar of change notices (§4.3)."""
    return count_days(day, n, BACK, agreement.calendar_of(agreement.periods.change_notice)).last


def require_day(agreement: Agreement, day: date) -> None:
    """Nothing, where the calendar of change notices (§4.3) knows the day's year; raises `CalendarUnknown` otherwise."""
    calendar = agreement.calendar_of(agreement.periods.change_notice)
    if calendar is not None:
        calendar.why_not(day)
    end_of_day(agreement, day)


def start_of_day(agreement: Agreement, day: date) -> datetime:
    """The instant, in UTC, at which a day begins in the agreement's timezone."""
    try:
        return datetime.combine(day, time.min, agreement.zone).astimezone(UTC)
    except OverflowError as error:
        raise CalendarUnknown(f"{day} begins before or ends after what a date can express in UTC") from error


def end_of_day(agreement: Agreement, day: date) -> datetime:
    """The first instant, in UTC, after a day in the agreement's timezone: the day is over when it comes."""
    return start_of_day(agreement, shift(day, DAY))


def local_date(agreement: Agreement, at: datetime) -> date:
    """The date of an aware instant in the agreement's timezone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no UTC offset")
    try:
        return at.astimezone(agreement.zone).date()
    except OverflowError as error:
        raise CalendarUnknown(f"{at.isoformat()} is beyond what a date can express in {agreement.timezone}") from error


def counted_after(agreement: Agreement, rule: str, period: Period, start: date, named: str) -> Deadline:
    """A period of days after `start`, by its convention: its last day, or the first day after so many clear ones."""
    calendar = agreement.calendar_of(period)
    count = count_days(start, period.n, DAY, _counted(period, calendar))
    because = [
        f"{period.spell()} are counted after {spell(start)}; the day of {named} does not count",
        *count.explain(),
    ]
    counted_from = named.removeprefix("the ")
    steps = [
        step(StepCode.COUNTED, n=period.n, unit=period.counted, after=start, counted_from=counted_from),
        *skipped(count.skipped),
    ]
    result = count.last
    because.append(f"the last of them is {spell(result)}")
    steps.append(step(StepCode.LAST, day=result))
    if period.convention is Convention.CLEAR_DAYS_BETWEEN:
        result = shift(result, DAY)
        because.append(f"they must be over: the first day after them is {spell(result)}")
        steps.append(step(StepCode.OVER, day=result))
    rolled, moved = roll_on(result, period.roll, calendar)
    if rolled != result:
        steps.append(step(StepCode.MOVED, day=rolled))
    return Deadline(rule, period.clause, rolled, (*because, *moved), calendar_version(calendar), steps=tuple(steps))


def _counted(period: Period, calendar: Calendar | None) -> Calendar | None:
    return calendar if period.unit is Unit.WORKING_DAYS else None


def calendar_version(calendar: Calendar | None) -> str:
    """What a date rests on."""
    return calendar.version if calendar else "none: every day counts"
