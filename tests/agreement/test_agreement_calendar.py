"""Working days: what a calendar counts, and what it refuses to be."""

from datetime import date

import holidays
import pytest
from pydantic import ValidationError

from agreement.calendar import Calendar, CalendarUnknown
from agreement.counting import count_days, roll_on
from agreement.periods import CalendarRule, ExtraHoliday, Roll, Weekday

BOXING_DAY = date(2025, 12, 26)  # a Friday; a holiday in Moselle and Alsace alone
WORKWEEK = frozenset(set(Weekday) - {Weekday.SATURDAY, Weekday.SUNDAY})


def calendar(
    subdivision: str | None = None,
    working_days: frozenset[Weekday] = WORKWEEK,
    extra: tuple[ExtraHoliday, ...] = (),
    country: str = "FR",
) -> Calendar:
    """A calendar of France, or of elsewhere."""
    rule = CalendarRule(
        clause="4.3", country=country, subdivision=subdivision, working_days=working_days, extra_holidays=extra
    )
    return Calendar(rule)


def test_a_day_off_has_its_reason() -> None:
    """Holidays are named, weekends are called so, a working day has no reason."""
    france = calendar()
    assert france.why_not(date(2026, 5, 1)) == "Labor Day"
    assert france.why_not(date(2026, 5, 2)) == "weekend"
    assert france.why_not(date(2026, 5, 4)) is None


@pytest.mark.parametrize("subdivision", ["57", "6AE", "Alsace"])
def test_alsace_and_moselle_have_their_own_holidays(subdivision: str) -> None:
    """Saint Stephen's day is a holiday there, and a working day in the rest of France."""
    assert not calendar(subdivision).is_working(BOXING_DAY)
    assert calendar().is_working(BOXING_DAY)


@pytest.mark.parametrize("subdivision", ["67", "68", "GES", "Grand Est"])
def test_unknown_subdivisions_are_refused(subdivision: str) -> None:
    """A part of a country that the library would silently answer with national days is an error."""
    with pytest.raises(ValidationError, match="is unknown"):
        calendar(subdivision)


def test_unknown_countries_are_refused() -> None:
    """A country without holidays is an error, not a country without holidays."""
    with pytest.raises(ValidationError, match="no holidays"):
        calendar(country="QQ")


def test_jours_ouvrables_count_saturdays() -> None:
    """Where Saturdays are worked, the tenth day comes earlier."""
    six_days = calendar(working_days=WORKWEEK | {Weekday.SATURDAY})
    start = date(2026, 4, 30)
    after = {
        name: count_days(start, 10, start.resolution, each).last
        for name, each in (("six", six_days), ("five", calendar()))
    }
    assert after == {"six": date(2026, 5, 15), "five": date(2026, 5, 19)}


def test_late_holidays_are_data() -> None:
    """A holiday that the library doesn't know is skipped by its name, and shows in the version."""
    mourning = ExtraHoliday(on=date(2026, 6, 3), name="Day of mourning")
    assert calendar(extra=(mourning,)).why_not(date(2026, 6, 3)) == "Day of mourning"
    assert calendar(extra=(mourning,)).version == f"holidays {holidays.__version__} FR + 1 of the agreement"  # type: ignore[attr-defined]
    assert calendar("57").version.endswith(" FR-57")


@pytest.mark.parametrize("year", [1802, 2101])
def test_years_without_knowledge_are_refused(year: int) -> None:
    """Outside the library's years there are no holidays to count by."""
    with pytest.raises(CalendarUnknown, match=f"FR in {year} are not known"):
        calendar().is_working(date(year, 6, 1))


def test_rolling_names_what_it_passes() -> None:
    """A roll over Labour Day and a weekend names all three; a working day stays."""
    rolled, because = roll_on(date(2026, 5, 1), Roll.NEXT_WORKING_DAY, calendar())
    assert rolled == date(2026, 5, 4)
    assert "Fri 2026-05-01 (Labor Day), Sat 2026-05-02 (weekend), Sun 2026-05-03 (weekend)" in because[0]
    assert roll_on(date(2026, 5, 5), Roll.NEXT_WORKING_DAY, calendar()) == (date(2026, 5, 5), ())
    assert roll_on(date(2026, 5, 1), Roll.NONE, calendar()) == (date(2026, 5, 1), ())
