"""What is asked of which holder for one person, in which order, and what the law keeps from it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desk import shipped

from agreement import deadlines
from agreement.retention import span_end
from contracts.dsar import Act
from requests_desk.tasks import ORDER, Course, Hold, Keeper, State, next_step, orders

AGREEMENT = shipped()
CATEGORIES = tuple(rule.category for rule in AGREEMENT.retention)
KEPT = tuple(rule.category for rule in AGREEMENT.retention if rule.holds)
TODAY = date(2026, 11, 24)
ACTS = st.sets(st.sampled_from(Act), min_size=1)


def test_every_act_has_its_place() -> None:
    """An act without one would never begin."""
    assert set(ORDER) == set(Act)
    assert ORDER.index(Act.EXPORT) < ORDER.index(Act.RECTIFY) < ORDER.index(Act.ERASE)


@given(acts=ACTS, outcomes=st.lists(st.lists(st.sampled_from(State), max_size=3), max_size=8))
def test_acts_go_one_after_the_other_and_each_once(acts: set[Act], outcomes: list[list[State]]) -> None:
    """Whatever holders answer: nothing begins before all of the act before it is confirmed, and nothing twice."""
    begun: list[Act] = []
    states: list[State] = []
    for outcome in outcomes:
        step = next_step(acts, begun, states)
        if not isinstance(step, Act):
            break
        begun.append(step)
        states += outcome
    assert begun == [act for act in ORDER if act in acts][: len(begun)]
    last = next_step(acts, begun, states)
    unsettled = any(state is not State.CONFIRMED for state in states)
    assert (last is Course.WAIT) == unsettled
    assert (last is Course.FINISH) == (not unsettled and len(begun) == len(acts))


@given(
    act=st.sampled_from(Act),
    asked=st.lists(st.sampled_from([*CATEGORIES, "payroll"]), unique=True, max_size=4),
    held=st.lists(st.sets(st.sampled_from(CATEGORIES)), max_size=3),
    holds=st.lists(st.tuples(st.sets(st.sampled_from(CATEGORIES)), st.integers(-1, 1)), max_size=2),
)
def test_what_is_asked_of_whom(
    act: Act, asked: list[str], held: list[set[str]], holds: list[tuple[set[str], int]]
) -> None:
    """Each holder is asked for what it holds of what was asked for; what nobody is asked for is said."""
    keepers = [Keeper(f"holder-{nth}", frozenset(each)) for nth, each in enumerate(held)]
    kept = [
        Hold(f"hold-{nth}", frozenset(each), TODAY + timedelta(days=days)) for nth, (each, days) in enumerate(holds)
    ]
    wanted = orders(AGREEMENT, act, asked, keepers, kept, TODAY)
    categories = [each for each in asked or CATEGORIES if each in CATEGORIES]
    ordered = {(holder_id, scope.category) for holder_id, scopes in wanted.orders for scope in scopes}
    may = {each for each in categories if act is not Act.ERASE or not any(hold.keeps(each, TODAY) for hold in kept)}
    assert ordered == {(each.holder_id, category) for each in keepers for category in each.categories & may}
    said = {gap.partition(":")[0] for gap in wanted.gaps}
    somewhere = {category for each in keepers for category in each.categories}
    silent = set(categories) & somewhere & may
    assert said - silent == ({*asked} - set(CATEGORIES)) | (set(categories) - somewhere) | (set(categories) - may)
    cut = {scope.category for _, scopes in wanted.orders for scope in scopes if scope.cutoff_at is not None}
    assert cut == {category for _, category in ordered if act is Act.ERASE and category in KEPT}
    assert said & silent == cut & silent, "what the law keeps is said, and nothing else of what is done"


@given(days=st.integers(0, 800))
def test_what_the_law_keeps_is_not_deleted_and_nothing_else_is_kept(days: int) -> None:
    """RET-2: a record goes when every law that names its category lets it go on that day, and no day later."""
    [(_, scopes)] = orders(AGREEMENT, Act.ERASE, KEPT[:1], [Keeper("h", frozenset(KEPT))], [], TODAY).orders
    made_on = TODAY - timedelta(days=days)
    rule = next(rule for rule in AGREEMENT.retention if rule.category == KEPT[0])
    laws = [hold for hold in AGREEMENT.holds if hold.code in rule.holds]
    free = all(span_end(made_on, law.n, law.unit) <= TODAY for law in laws)
    cutoff = scopes[0].cutoff_at
    assert cutoff is not None
    assert (deadlines.start_of_day(AGREEMENT, made_on) < cutoff) == free


@pytest.mark.parametrize(("until", "keeps"), [(None, True), (TODAY, False), (TODAY + timedelta(days=1), True)])
def test_a_hold_keeps_until_its_day(until: date | None, *, keeps: bool) -> None:
    """On its day it is over, as for retention."""
    assert Hold("hold-1", frozenset(), until).keeps("faxes", TODAY) is keeps
