"""How long data are kept (Appendix A): the day on which a record must go, and the records that must go on a day."""

from datetime import date, timedelta

from agreement.calendar import DAY, CalendarUnknown, shift
from agreement.months import YEAR, add_months
from agreement.periods import Unit

_MONTHS = {Unit.MONTHS: 1, Unit.YEARS: YEAR}


def span_end(from_on: date, n: int, unit: Unit) -> date:
    """The day on which a record of `from_on` must go: n days later, or the same number n months or years later."""
    if unit in _MONTHS:
        return add_months(from_on, n * _MONTHS[unit])[0]
    if unit is not Unit.DAYS:
        raise ValueError(f"data are kept for days, months or years, not for {unit}")
    return shift(from_on, timedelta(days=n))


def last_expired(today: date, n: int, unit: Unit) -> date:
    """The latest day whose records must be gone with `today`: `span_end` of it is today or before, of the next after.

    Raises `CalendarUnknown` where there is no such day.
    """
    day = _same_number_back(today, n * _MONTHS[unit]) if unit in _MONTHS else shift(today, timedelta(days=-n))
    while span_end(shift(day, DAY), n, unit) <= today:
        day = shift(day, DAY)
    return day


def _same_number_back(day: date, months: int) -> date:
    """The day with the same number, months before, or the last day of that month: never after what is looked for."""
    years, month = divmod(day.year * YEAR + day.month - 1 - months, YEAR)
    if years < 1:
        raise CalendarUnknown(f"{months} months before {day} is before what a date can express")
    for number in range(day.day, 0, -1):
        try:
            return date(years, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("a month has a first day")
