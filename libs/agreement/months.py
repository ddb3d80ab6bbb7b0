"""Months and years: the same number of a later month, or that month's end."""

from calendar import month_name, monthrange
from datetime import MAXYEAR, date

from agreement.calendar import CalendarUnknown
from agreement.counting import spell

YEAR = 12


def add_months(start: date, n: int) -> tuple[date, str]:
    """The day n (≥ 0) months after `start`, and the sentence that explains it."""
    if n < 0:
        raise ValueError(f"n is {n}: months are counted forwards, from 0 on")
    years, month = divmod(start.month - 1 + n, YEAR)
    year = start.year + years
    if year > MAXYEAR:
        raise CalendarUnknown(f"{n} months after {start} is the year {year}; dates end with {MAXYEAR}")
    last = monthrange(year, month + 1)[1]
    end = date(year, month + 1, min(start.day, last))
    how = (
        f"the same number, {spell(end)}"
        if end.day == start.day
        else f"{month_name[month + 1]} {year} has no {start.day}: its last day, {spell(end)}"
    )
    return end, f"{_spell_span(n)} after {spell(start)}: {how}"


def _spell_span(n: int) -> str:
    span, unit = (n // YEAR, "year") if n and n % YEAR == 0 else (n, "month")
    return f"{span} {unit}" if span == 1 else f"{span} {unit}s"
