"""How long data are kept (Appendix A)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.periods import Unit
from agreement.retention import last_expired, span_end

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))
UNITS = st.sampled_from([Unit.DAYS, Unit.MONTHS, Unit.YEARS])
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("today", "n", "unit", "expected"),
    [
        (date(2027, 2, 28), 12, Unit.MONTHS, date(2026, 2, 28)),
        (date(2025, 2, 28), 1, Unit.YEARS, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, Unit.MONTHS, date(2023, 2, 28)),
        (date(2026, 3, 31), 1, Unit.MONTHS, date(2026, 2, 28)),
        (date(2026, 4, 30), 1, Unit.MONTHS, date(2026, 3, 31)),
        (date(2026, 3, 10), 10, Unit.DAYS, date(2026, 2, 28)),
        (date(2026, 3, 10), 0, Unit.DAYS, date(2026, 3, 10)),
    ],
)
def test_the_last_day_that_must_be_gone(today: date, n: int, unit: Unit, expected: date) -> None:
    """Months end where the number is missing, and the leap day goes with the 28th."""
    assert last_expired(today, n, unit) == expected


@given(today=DAYS, n=st.integers(0, 60), unit=UNITS, made_on=DAYS)
def test_no_record_outlives_its_day_and_none_goes_before(today: date, n: int, unit: Unit, made_on: date) -> None:
    """A record is within the day's cut-off exactly if its own day has come."""
    assert (made_on <= last_expired(today, n, unit)) == (span_end(made_on, n, unit) <= today)


def test_hours_keep_nothing() -> None:
    """A duration in hours or working days is no retention period."""
    with pytest.raises(ValueError, match="hours"):
        span_end(date(2026, 1, 1), 1, Unit.HOURS)
