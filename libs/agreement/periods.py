"""The periods of an agreement, how they are counted, and the calendars they are counted on."""

from datetime import date
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated, Final, Self

import holidays
from pydantic import Field, model_validator

from agreement.part import Clausal, Country, Part, Slug, Text

LIBRARY: Final = f"holidays {version('holidays')}"
"""Whose public holidays these are: part of what a date rests on."""


class Weekday(StrEnum):
    """A day of the week, Monday first, as `date.weekday()` counts them."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEK: Final = tuple(Weekday)
WEEKEND: Final = frozenset({Weekday.SATURDAY, Weekday.SUNDAY})


class Unit(StrEnum):
    """What a period counts."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


class Convention(StrEnum):
    """How a period is counted; the file describes each one that it uses."""

    ELAPSED_HOURS = "elapsed_hours"
    DAY_AFTER_TO_END_OF_DAY = "day_after_to_end_of_day"
    CLEAR_DAYS_BETWEEN = "clear_days_between"
    SAME_NUMBER_OR_MONTH_END = "same_number_or_month_end"


COUNTS: Final = {
    Convention.ELAPSED_HOURS: {Unit.HOURS},
    Convention.DAY_AFTER_TO_END_OF_DAY: {Unit.DAYS, Unit.WORKING_DAYS},
    Convention.CLEAR_DAYS_BETWEEN: {Unit.DAYS, Unit.WORKING_DAYS},
    Convention.SAME_NUMBER_OR_MONTH_END: {Unit.MONTHS, Unit.YEARS},
}
"""The units that a convention can count."""


class Roll(StrEnum):
    """What becomes of a last day that is no working day."""

    NEXT_WORKING_DAY = "next_working_day"
    NONE = "none"


class ExtraHoliday(Part):
    """A day off that the holidays library does not know (yet)."""

    on: date
    name: Text


class CalendarRule(Clausal):
    """Working days: some days of the week, less the public holidays of a country or a part of it."""

    country: Country
    subdivision: str | None = Field(None, description="a subdivision of the holidays library, such as 57 for Moselle")
    language: str = Field("en_US", description="the language of the holidays' names")
    working_days: Annotated[frozenset[Weekday], Field(min_length=1)]
    extra_holidays: tuple[ExtraHoliday, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        """The library answers some unknown parts of a country with its national days: they are refused here."""
        if self.country not in holidays.list_supported_countries():
            raise ValueError(f"country {self.country} has no holidays in {LIBRARY}")
        known = holidays.country_holidays(self.country)
        parts = {*known.subdivisions, *getattr(known, "subdivisions_aliases", {})}
        if self.subdivision is not None and self.subdivision not in parts:
            raise ValueError(f"subdivision {self.subdivision!r} of {self.country} is unknown; known: {sorted(parts)}")
        if known.supported_languages and self.language not in known.supported_languages:
            raise ValueError(f"language {self.language!r} is unknown; there are {known.supported_languages}")
        return self


class Period(Clausal):
    """A span of time that a clause gives, how it is counted, and on which calendar."""

    n: Annotated[int, Field(ge=1)]
    unit: Unit
    convention: Convention
    calendar: Slug | None = Field(None, description="the calendar that working days, and a roll, need")
    roll: Roll = Roll.NONE
    term: Text | None = Field(None, description="the clause's own word for what is counted, as in 'business days'")
    as_written: Text | None = None
    open: bool = Field(default=False, description="the clause gives no number: this one is the file's proposal")

    @property
    def counted(self) -> str:
        """The code of what so many of it are called: `working_day` of one, `working_days` of more."""
        return self.unit.removesuffix("s") if self.n == 1 else self.unit

    def spell(self) -> str:
        """`1 day`, `10 working days`, or in the clause's own word."""
        return f"{self.n} {self.term or self.counted.replace('_', ' ')}"

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if self.unit not in COUNTS[self.convention]:
            raise ValueError(f"convention {self.convention} can't count {self.unit}")
        if self.calendar is None and (self.unit is Unit.WORKING_DAYS or self.roll is not Roll.NONE):
            raise ValueError("calendar is missing: working days, and rolling to one, need a calendar")
        return self


class Periods(Part):
    """Every period that has a name of its own in Dutiful."""

    change_notice: Period
    objection: Period
    breach_notice: Period
    audit_request: Period
    audit_interval: Period
    termination_choice: Period
    package_fetch: Period
    cease_answer: Period
    return_answer: Period
    erasure_answer: Period
    second_look: Period
    order_reminder: Period
    question_answer: Period
    assistance_answer: Period
    dispute_settlement: Period
    rights_answer: Period
    rights_extension: Period
    retention: Period

    def each(self) -> dict[str, Period]:
        """All of them, by name."""
        return {name: getattr(self, name) for name in type(self).model_fields}
