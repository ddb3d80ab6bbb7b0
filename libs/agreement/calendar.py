"""Working days: which days count, why a day doesn't, and which version of the calendar says so."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

from agreement.periods import LIBRARY, WEEK, WEEKEND, CalendarRule

DAY = timedelta(days=1)


class CalendarUnknown(ValueError):
    """No calendar is known for the year of a day; `reason` says which to whoever named the day."""

    field: str | None = None

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of an agreement."""

    rule: CalendarRule

    @property
    def version(self) -> str:
        """Which library, which version, which country and which days of its own: what a date rests on."""
        place = "-".join(part for part in (self.rule.country, self.rule.subdivision) if part)
        extra = f" + {len(self.rule.extra_holidays)} of the agreement" if self.rule.extra_holidays else ""
        return f"{LIBRARY} {place}{extra}"

    def why_not(self, day: date) -> str | None:
        """Why a day is no working day: the holiday's name, or that the weekday is none; None for a working day."""
        holiday = self._holiday(day)
        if holiday is not None:
            return holiday
        weekday = WEEK[day.weekday()]
        if weekday in self.rule.working_days:
            return None
        return "weekend" if weekday in WEEKEND else "no working day"

    def is_working(self, day: date) -> bool:
        """Whether a day counts."""
        return self.why_not(day) is None

    def _holiday(self, day: date) -> str | None:
        own = {extra.on: extra.name for extra in self.rule.extra_holidays}
        return own.get(day) or _holidays(self.rule.country, self.rule.subdivision, self.rule.language, day.year).get(
            day
        )


def shift(day: date, step: timedelta) -> date:
    """The day a step away; a day that no date can express is `CalendarUnknown`."""
    try:
        return day + step
    except OverflowError as error:
        raise CalendarUnknown(
            f"no date is {step.days} days from {day}: dates run from {date.min} to {date.max}"
        ) from error


@lru_cache(maxsize=1024)
def _holidays(country: str, subdivision: str | None, language: str, year: int) -> dict[date, str]:
    """One year's public holidays; the library answers years beyond its knowledge with none, so they are refused."""
    known = holidays.country_holidays(country, subdiv=subdivision, years=year, language=language)
    if not known.start_year <= year <= known.end_year:
        raise CalendarUnknown(
            f"the public holidays of {country} in {year} are not known: "
            f"{LIBRARY} knows {known.start_year} to {known.end_year}"
        )
    return dict(known)
