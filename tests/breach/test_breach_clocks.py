"""What runs from awareness, until when, and when it warns (BRE-1)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import default_path
from agreement.loading import load
from breach.timing import clocks

AGREEMENT = load(default_path())
WITHIN = timedelta(hours=AGREEMENT.periods.breach_notice.n)
PARIS = ZoneInfo("Europe/Paris")
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=1500)).map(
    lambda passed: datetime(2026, 1, 1, tzinfo=UTC) + passed
)
ALL = (timedelta(hours=48), timedelta(hours=24), timedelta(hours=6), timedelta(0))


@given(INSTANTS)
def test_the_clocks_count_elapsed_hours(aware_at: datetime) -> None:
    """Each clock is over when its hours have elapsed, wherever weekends and the clock changes lie."""
    assert clocks.clients_clock(AGREEMENT, aware_at).due_at - aware_at == WITHIN
    found = {clock.code: clock for clock in clocks.authority_clocks(AGREEMENT, aware_at)}
    assert {code: clock.due_at - aware_at for code, clock in found.items()} == {
        each.code: each.within for each in AGREEMENT.breach.authority_clocks
    }
    assert found["telecom_611_2013"].to_confirm
    assert not found["gdpr_33"].to_confirm


@pytest.mark.parametrize(
    ("aware", "due"),
    [
        ("2026-03-27T18:00:00+01:00", "2026-03-30T19:00:00+02:00"),
        ("2026-10-24T02:30:00+02:00", "2026-10-27T01:30:00+01:00"),
    ],
)
def test_the_clock_change_is_explained(aware: str, due: str) -> None:
    """In March the wall clock shows an hour more at the end, in October one less, and the steps say why."""
    clock = clocks.clients_clock(AGREEMENT, datetime.fromisoformat(aware))
    assert clock.due_at == datetime.fromisoformat(due)
    assert clock.due_at.astimezone(PARIS).isoformat() == due
    assert any("clocks of Europe/Paris change" in step for step in clock.event().reckoning.because)


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(hours=200)))
def test_warnings_lie_ahead_but_for_the_last_that_passed(aware_at: datetime, since: timedelta) -> None:
    """Of what has passed one alone is said, and nothing of what lies ahead is left out."""
    due_at, now = aware_at + WITHIN, aware_at + since
    found = clocks.warnings(AGREEMENT, aware_at, due_at, now)
    passed = [left for left in ALL if due_at - left <= now]
    assert found == (*passed[-1:], *[left for left in ALL if due_at - left > now])


def test_a_short_clock_has_no_warning_longer_than_itself() -> None:
    """Of a clock of a day, 48 and 24 hours are no warning."""
    aware_at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    found = clocks.warnings(AGREEMENT, aware_at, aware_at + timedelta(hours=24), aware_at)
    assert found == (timedelta(hours=6), timedelta(0))


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(hours=200)))
def test_an_unsent_notice_escalates_before_its_deadline(aware_at: datetime, since: timedelta) -> None:
    """Escalation comes after now and before the deadline, which is the clock's own where a warning lies ahead."""
    due_at, now = aware_at + WITHIN, aware_at + since
    times = clocks.notice_times(AGREEMENT, due_at, now)
    assert now < times.escalate_at < times.deadline_at
    last_warning = due_at - min(AGREEMENT.breach.warn_with_left)
    assert (times.deadline_at == due_at) == (now < last_warning) or times.deadline_at == now + timedelta(hours=6)


def test_what_is_noticed_late_is_late() -> None:
    """Within what the agreement lets pass it is in time; more is late, by so much."""
    due_at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    left, pass_over = timedelta(hours=6), AGREEMENT.breach.late_after
    assert clocks.late_by(AGREEMENT, due_at, left, due_at - left + pass_over) is None
    more = pass_over + timedelta(seconds=1)
    assert clocks.late_by(AGREEMENT, due_at, left, due_at - left + more) == more
