"""The dates of a request: promptly, the controller's month, and how long what is personal is kept."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.desk import shipped

from agreement import deadlines
from requests_desk import dates

AGREEMENT = shipped()
instants = st.integers(0, 4 * 365 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@given(instants)
def test_the_month_ends_on_its_number_or_the_months_end_and_rolls_forward(received_at: datetime) -> None:
    """GDPR art. 12(3): the unrolled day is never after the rolled one, which is a working day at most days later."""
    month = dates.controllers_month(AGREEMENT, received_at)
    received_on = deadlines.local_date(AGREEMENT, received_at)
    assert month.unrolled is not None
    year, before = divmod(received_on.year * 12 + received_on.month, 12)
    assert month.unrolled == date(year, before + 1, min(received_on.day, monthrange(year, before + 1)[1]))
    assert month.unrolled <= month.day <= month.unrolled + timedelta(days=5)
    assert month.because


@given(instants, st.timedeltas(timedelta(days=-40), timedelta(days=40)))
def test_a_notice_escalates_before_its_end_and_neither_has_passed(received_at: datetime, later: timedelta) -> None:
    """DSR-1: escalated before the period ends; what is late already still has a time to be received in."""
    now = received_at + later
    times = dates.notice_times(AGREEMENT, dates.tell_by(AGREEMENT, received_at), now)
    assert now < times.escalate_at < times.deadline_at


@given(instants)
def test_what_is_personal_is_kept_longer_the_further_a_request_came(received_at: datetime) -> None:
    """§9: nobody's the shortest; what nobody ends is kept through the controller's time and the period after it."""
    unclaimed = dates.kept_unclaimed(AGREEMENT, received_at)
    ended = dates.kept_after(AGREEMENT, received_at)
    silent = dates.kept_unanswered(AGREEMENT, received_at)
    assert received_at < dates.tell_by(AGREEMENT, received_at) < unclaimed < ended < silent
