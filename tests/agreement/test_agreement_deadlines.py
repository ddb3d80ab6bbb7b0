"""Deadlines: the agreed vectors, what always holds, and the edges."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import assurance_days, deadlines
from agreement.calendar import CalendarUnknown
from agreement.deadlines import Deadline
from agreement.loading import SHIPPED, load
from agreement.periods import Convention, Period, Roll, Unit
from agreement.schema import Agreement
from agreement.steps import StepCode

Vector = dict[str, str | int]

VECTORS: Final[list[Vector]] = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
QUICKTALK: Final = load(Path(__file__).parents[2] / SHIPPED)
DAY_RULES: Final = {
    "objection_window": deadlines.objection_window,
    "latest_notice_day": deadlines.latest_notice_day,
    "earliest_effective_day": deadlines.earliest_effective_day,
    "earliest_audit_day": assurance_days.earliest_audit_day,
}
SPAN_RULES: Final = {"months_after": deadlines.months_after, "retention_end": deadlines.retention_end}

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds UTC


def with_notice(notice: Period) -> Agreement:
    """The shipped agreement with another notice period."""
    periods = QUICKTALK.periods.model_copy(update={"change_notice": notice})
    return QUICKTALK.model_copy(update={"periods": periods})


notices = st.builds(
    Period,
    clause=st.just("4.3"),
    n=st.integers(1, 45),
    unit=st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS]),
    convention=st.sampled_from([Convention.CLEAR_DAYS_BETWEEN, Convention.DAY_AFTER_TO_END_OF_DAY]),
    calendar=st.just("france"),
    roll=st.just(Roll.NONE),
    term=st.none(),
    as_written=st.none(),
    note=st.none(),
    open=st.just(value=False),
)


def compute(vector: Vector) -> Deadline:
    """The deadline that a vector asks for."""
    rule = str(vector["rule"])
    if rule == "breach_notice_due":
        return deadlines.breach_notice_due(QUICKTALK, datetime.fromisoformat(str(vector["aware_at"])))
    start = date.fromisoformat(str(vector.get("from") or vector["effective_on"]))
    if rule in SPAN_RULES:
        return SPAN_RULES[rule](QUICKTALK, start, int(vector["n"]))
    return DAY_RULES[rule](QUICKTALK, start)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['rule']}-{vector['expect']}")
def test_every_vector_comes_out(vector: Vector) -> None:
    """Each agreed example gives exactly its date, under its own rule, with steps and a clause."""
    deadline = compute(vector)
    assert deadline.result.isoformat() == vector["expect"]
    assert deadline.rule == vector["rule"]
    assert deadline.because
    assert deadline.clause
    if "expect_unrolled" in vector:
        assert deadline.unrolled == date.fromisoformat(str(vector["expect_unrolled"]))


def test_steps_name_every_skipped_day_and_why(quicktalk: Agreement) -> None:
    """Somebody who reads the steps can follow the count: holidays by name, weekends, first and last day."""
    window = deadlines.objection_window(quicktalk, date(2026, 4, 30))
    said = "\n".join(window.because)
    assert "Fri 2026-05-01 (Labor Day), Sat 2026-05-02 (weekend), Sun 2026-05-03 (weekend)" in said
    assert "Thu 2026-05-14 (Ascension Day)" in said
    assert "10 business days are counted after Thu 2026-04-30" in said
    assert "Tue 2026-05-19" in window.because[-1]
    assert window.calendar.startswith("holidays ")
    assert window.calendar.endswith(" FR")
    assert window.clause == "4.4"


def test_clock_change_is_explained(quicktalk: Agreement) -> None:
    """A deadline across a clock change says so; one without doesn't."""
    spring = deadlines.breach_notice_due(quicktalk, datetime(2026, 3, 27, 15, 20, tzinfo=UTC))
    summer = deadlines.breach_notice_due(quicktalk, datetime(2026, 7, 1, 15, 20, tzinfo=UTC))
    assert any("CET to CEST" in step for step in spring.because)
    assert not any("clocks" in step for step in summer.because)
    assert spring.day == date(2026, 3, 30)


@pytest.mark.parametrize("rule", DAY_RULES.values(), ids=DAY_RULES)
@given(one=days, other=days)
def test_day_rules_are_monotone(rule: Callable[[Agreement, date], Deadline], one: date, other: date) -> None:
    """A later start never gives an earlier deadline."""
    first, second = sorted((one, other))
    assert rule(QUICKTALK, first).day <= rule(QUICKTALK, second).day


@given(one=instants, other=instants)
def test_breach_clock_is_monotone_and_elapsed(one: datetime, other: datetime) -> None:
    """Awareness an instant later means a notice exactly as much later, whatever the clocks do."""
    first, second = (deadlines.breach_notice_due(QUICKTALK, at).result for at in (one, other))
    assert isinstance(first, datetime)
    assert isinstance(second, datetime)
    assert second.astimezone(UTC) - first.astimezone(UTC) == other - one


@given(one=days, other=days, n=st.integers(0, 36))
def test_months_are_monotone_and_roll_forwards(one: date, other: date, n: int) -> None:
    """A later start, or a roll, never gives an earlier day; the roll ends on a working day."""
    first, second = (deadlines.months_after(QUICKTALK, start, n) for start in sorted((one, other)))
    assert first.day <= second.day
    assert first.unrolled is not None
    assert first.unrolled <= first.day
    assert works(first.day)


@pytest.mark.parametrize("rule", ["objection_window", "latest_notice_day", "earliest_audit_day"])
@given(start=days)
def test_last_days_are_working_days(rule: str, start: date) -> None:
    """Where the rule says so, the day is never a weekend or a public holiday."""
    assert works(DAY_RULES[rule](QUICKTALK, start).day)


@given(start=days)
def test_so_many_full_working_days_lie_between(start: date) -> None:
    """§4.3: exactly the agreement's number of working days lies strictly between notice and earliest day."""
    effective_on = deadlines.earliest_effective_day(QUICKTALK, start).day
    between = (start + timedelta(days=step) for step in range(1, (effective_on - start).days))
    assert sum(works(day) for day in between) == QUICKTALK.periods.change_notice.n


@given(notice=notices, notice_on=days, gap=st.integers(-5, 90))
def test_before_and_after_are_inverse(notice: Period, notice_on: date, gap: int) -> None:
    """A notice on a day that counts is early enough by one rule exactly when it is by the other."""
    agreement, effective_on = with_notice(notice), notice_on + timedelta(days=gap)
    if notice.unit is Unit.WORKING_DAYS and not works(notice_on):
        notice_on = deadlines.working_days_before(agreement, notice_on, 1)
    by_before = notice_on <= deadlines.latest_notice_day(agreement, effective_on).day
    by_after = deadlines.earliest_effective_day(agreement, notice_on).day <= effective_on
    assert by_before == by_after


@given(notice=notices, effective_on=days)
def test_the_latest_notice_is_in_time_and_the_next_is_not(notice: Period, effective_on: date) -> None:
    """Going there and back: the latest notice day allows the change, the next day that counts doesn't."""
    agreement = with_notice(notice)
    latest = deadlines.latest_notice_day(agreement, effective_on).day
    assert deadlines.earliest_effective_day(agreement, latest).day <= effective_on
    following = latest + timedelta(days=1)
    while notice.unit is Unit.WORKING_DAYS and not works(following):
        following += timedelta(days=1)
    assert deadlines.earliest_effective_day(agreement, following).day > effective_on


@given(day=days, n=st.integers(1, 20))
def test_working_days_before(day: date, n: int) -> None:
    """The n-th working day before a day is one, and has n - 1 more between."""
    lead = deadlines.working_days_before(QUICKTALK, day, n)
    assert works(lead)
    assert sum(works(lead + timedelta(days=step)) for step in range((day - lead).days)) == n


@given(at=instants)
def test_a_day_holds_its_instants(at: datetime) -> None:
    """An instant lies in its local date: from its start on, before its end; the ends meet, clock changes included."""
    day = deadlines.local_date(QUICKTALK, at)
    start, end = deadlines.start_of_day(QUICKTALK, day), deadlines.end_of_day(QUICKTALK, day)
    assert start <= at < end
    assert start.tzinfo is UTC
    assert end == deadlines.start_of_day(QUICKTALK, day + timedelta(days=1))


def test_days_of_clock_changes_have_their_length(quicktalk: Agreement) -> None:
    """The day of the spring change has 23 hours, that of autumn 25."""
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        length = deadlines.end_of_day(quicktalk, day) - deadlines.start_of_day(quicktalk, day)
        assert length == timedelta(hours=hours)


def test_instants_need_an_offset(quicktalk: Agreement) -> None:
    """A naive instant is refused, not guessed."""
    naive = datetime(2026, 3, 27, 16, 20)  # noqa: DTZ001 - naive on purpose
    for call in (deadlines.breach_notice_due, deadlines.local_date):
        with pytest.raises(ValueError, match="no UTC offset"):
            call(quicktalk, naive)


@pytest.mark.parametrize("day", [date(2100, 12, 30), date(1803, 1, 1), date.min, date.max])
@pytest.mark.parametrize("rule", DAY_RULES.values(), ids=DAY_RULES)
def test_days_beyond_the_calendar(quicktalk: Agreement, rule: Callable[[Agreement, date], Deadline], day: date) -> None:
    """Where a count needs a year whose holidays are not known, it is refused; it never ends in such a year."""
    with suppress(CalendarUnknown):
        assert 1803 <= rule(quicktalk, day).day.year <= 2100


@pytest.mark.parametrize(
    "call",
    [
        lambda: deadlines.objection_window(QUICKTALK, date(2100, 12, 30)),
        lambda: deadlines.latest_notice_day(QUICKTALK, date(1803, 1, 2)),
        lambda: deadlines.retention_end(QUICKTALK, date(9999, 1, 1), 1),
        lambda: deadlines.months_after(QUICKTALK, date(2100, 12, 1), 1),
        lambda: deadlines.breach_notice_due(QUICKTALK, datetime(9999, 12, 30, tzinfo=UTC)),
        lambda: deadlines.end_of_day(QUICKTALK, date.max),
        lambda: deadlines.start_of_day(QUICKTALK, date.min),
        lambda: assurance_days.earliest_audit_day(QUICKTALK, date.max),
    ],
)
def test_edges_say_what_is_wrong(call: Callable[[], object]) -> None:
    """Beyond the known years, or beyond what a date can express, a sentence says so."""
    with pytest.raises(CalendarUnknown, match=r"not known|dates (run|end)|can express"):
        call()


def test_months_are_counted_forwards(quicktalk: Agreement) -> None:
    """A negative number of months is refused."""
    with pytest.raises(ValueError, match="counted forwards"):
        deadlines.months_after(quicktalk, date(2026, 1, 31), -1)


def works(day: date) -> bool:
    """Whether a day is a working day of the shipped agreement."""
    calendar = QUICKTALK.calendar_of(QUICKTALK.periods.change_notice)
    assert calendar is not None
    return calendar.is_working(day)


@given(days)
def test_the_steps_name_every_day_that_the_sentences_name(day: date) -> None:
    """The codes say no less than the sentences: the same days, with the runs of the same reason told by their ends."""
    for deadline in (deadlines.objection_window(QUICKTALK, day), deadlines.earliest_effective_day(QUICKTALK, day)):
        named = set(re.findall(r"\d{4}-\d{2}-\d{2}", " ".join(deadline.because)))
        steps = {name: text for step in deadline.steps for name, text in step.names.items()}
        told = {text for step in deadline.steps for text in step.names.values() if re.fullmatch(r"\d{4}-.*", text)}
        assert told <= named
        for step in deadline.steps:
            if step.code is StepCode.SKIPPED_DAYS:
                first, last = (date.fromisoformat(step.names[name]) for name in ("first", "last"))
                told |= {(first + timedelta(days=n)).isoformat() for n in range((last - first).days)}
        assert told == named
        assert {"n", "unit", "after", "counted_from"} <= set(steps)
