"""The days of audits and disputes: far enough ahead, on working days, in business hours, and explained (§7, §14)."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import assurance_days, default_path
from agreement.loading import load

QUICKTALK = load(default_path())
CALENDAR = QUICKTALK.calendar_of(QUICKTALK.periods.audit_request)
DAYS = st.dates(date(2020, 1, 1), date(2090, 1, 1))


def is_working(day: date) -> bool:
    """Whether the agreement's calendar counts a day."""
    assert CALENDAR is not None
    return CALENDAR.is_working(day)


@given(DAYS)
def test_an_audit_is_a_working_day_so_many_days_after_its_request(requested_on: date) -> None:
    """§7: it is never earlier than the period says, and the days between that and it are all days off."""
    first = requested_on + timedelta(days=QUICKTALK.periods.audit_request.n)
    earliest = assurance_days.earliest_audit_day(QUICKTALK, requested_on).day
    assert earliest >= first
    assert is_working(earliest)
    assert not any(is_working(first + timedelta(days=n)) for n in range((earliest - first).days))


@given(DAYS)
def test_audits_are_a_year_apart(last_on: date) -> None:
    """§7: the next one is a working day, never within the interval after the last, and soon after it."""
    found = assurance_days.next_audit_day(QUICKTALK, last_on)
    years = QUICKTALK.periods.audit_interval.n
    assert (found.day.year - years, found.day.month, found.day.day) >= (
        last_on.year,
        last_on.month,
        min(last_on.day, 28),
    )
    assert is_working(found.day)
    assert found.day - last_on <= timedelta(days=366 * years + 10)
    assert any(found.day.isoformat() in step for step in found.because)


def test_a_leap_day_has_its_anniversary() -> None:
    """29 February: the month's end a year later, moved past the weekend."""
    found = assurance_days.next_audit_day(QUICKTALK, date(2024, 2, 29))
    assert found.day == date(2025, 2, 28)
    assert found.clause == "7"


@given(DAYS)
def test_a_settlement_has_its_days_after_the_meeting(met_on: date) -> None:
    """§14: the day of the meeting does not count, every other day does."""
    found = assurance_days.settlement_end(QUICKTALK, met_on)
    assert found.day == met_on + timedelta(days=QUICKTALK.periods.dispute_settlement.n)


@given(DAYS, st.times(), st.times())
def test_business_hours_are_those_of_working_days(day: date, starts: time, ends: time) -> None:
    """§7: a session is refused with a reason exactly where it is on a day off or beyond the hours."""
    begin, end = (datetime.combine(day, at, QUICKTALK.zone) for at in (starts, ends))
    hours = QUICKTALK.audit.business_hours
    fits = is_working(day) and hours.opens <= starts <= ends <= hours.closes
    assert (assurance_days.why_not_business_hours(QUICKTALK, begin, end) is None) is fits


@pytest.mark.parametrize(
    ("starts", "ends", "why"),
    [
        ("2026-05-01T09:00:00+02:00", "2026-05-01T12:00:00+02:00", "Labor Day"),
        ("2026-05-02T09:00:00+02:00", "2026-05-02T12:00:00+02:00", "weekend"),
        ("2026-05-04T06:30:00+00:00", "2026-05-04T12:00:00+02:00", "08:30 to 12:00 is not within 09:00 to 18:00"),
        ("2026-05-04T09:00:00+02:00", "2026-05-05T12:00:00+02:00", "more than one day"),
    ],
)
def test_why_a_session_is_not_within_business_hours(starts: str, ends: str, why: str) -> None:
    """§7: the reason names the day off or the hours, in the agreement's timezone."""
    found = assurance_days.why_not_business_hours(
        QUICKTALK, datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    )
    assert found is not None
    assert why in found
