"""What always holds: no record outlives its date unless a hold says so; none goes before it, or under a hold."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agreement import deadlines, default_path
from agreement.book import Book
from agreement.duties import Retention, Rule
from agreement.periods import Unit
from agreement.retention import span_end
from agreement.schema import Agreement
from contracts.choice import Choice
from contracts.holder import HolderKind
from contracts.retention import Action
from retention.planning import Ending, Hold, Keeper, plan
from retention.rolling import Kept, cutoff, swept

DAY = timedelta(days=1)
DAYS = st.dates(date(2026, 1, 1), date(2036, 12, 31))


@cache
def shipped() -> Agreement:
    """The agreement of the seed."""
    return Book.read(default_path()).latest


@cache
def lawful() -> Agreement:
    """The same, with recordings that a law keeps: a client may set less."""
    agreement = shipped()
    rules = tuple(
        rule.model_copy(update={"holds": ("l34-1-communications",)}) if rule.rule is Rule.CLIENT_DEFINED else rule
        for rule in agreement.retention
    )
    return agreement.model_copy(update={"retention": rules})


CATEGORIES = [each.category for each in shipped().retention]
SPANS = st.tuples(st.integers(0, 40), st.sampled_from([Unit.DAYS, Unit.MONTHS, Unit.YEARS]))
HOLDS = st.builds(
    Hold,
    hold_id=st.sampled_from(["h1", "h2", "h3"]),
    categories=st.frozensets(st.sampled_from(CATEGORIES), max_size=3),
    legal_basis=st.just("law"),
    until=st.none() | DAYS,
)
KEEPERS = st.builds(
    Keeper,
    holder_id=st.sampled_from(["db", "bucket", "colt"]),
    kind=st.sampled_from(HolderKind),
    categories=st.frozensets(st.sampled_from(CATEGORIES), max_size=4),
    declared=st.booleans(),
)
ENDINGS = st.builds(
    Ending,
    terminated_on=DAYS,
    choice=st.none() | st.sampled_from(Choice),
    chosen_on=st.none() | DAYS,
    settled_on=st.none() | DAYS,
)


@dataclass(frozen=True)
class Swept:
    """What a day's sweep does to a record of one category."""

    rule: Retention
    goes: bool
    free_on: date | None


def sweep(agreement: Agreement, rule: Retention, kept: Kept, made_on: date, today: date) -> Swept:
    """Whether a record of a day is within today's cut-off, and the day on which its rule and laws let it go."""
    before = cutoff(agreement, rule, kept, today)
    goes = before is not None and deadlines.start_of_day(agreement, made_on) < before
    return Swept(rule, goes, _free_on(agreement, rule, kept, made_on))


def _free_on(agreement: Agreement, rule: Retention, kept: Kept, made_on: date) -> date | None:
    own = kept.durations.get(rule.category) if rule.rule is Rule.CLIENT_DEFINED else (rule.n, rule.unit)
    if rule.rule is Rule.MANUAL_DELETION:
        own = (1, Unit.DAYS)
    if own is None or own[0] is None or own[1] is None:
        return None
    laws = [(hold.n, hold.unit) for hold in agreement.holds if hold.code in rule.holds]
    return max(span_end(made_on, n, unit) for n, unit in ((own[0], own[1]), *laws))


@given(
    rule=st.sampled_from(swept(lawful())),
    durations=st.dictionaries(st.sampled_from(CATEGORIES), SPANS),
    holds=st.lists(HOLDS, max_size=3).map(tuple),
    made_on=st.dates(date(1996, 1, 1), date(2036, 12, 31)),
    today=DAYS,
)
@settings(deadline=None, max_examples=300)
def test_a_record_goes_on_its_day_neither_later_nor_before(
    rule: Retention, durations: dict[str, tuple[int, Unit]], holds: tuple[Hold, ...], made_on: date, today: date
) -> None:
    """RET-1, RET-2: it goes exactly if its own duration and every law are over and no hold stands on this day."""
    kept = Kept("acme", durations, holds)
    held = any(hold.keeps(rule.category, today) for hold in holds)
    result = sweep(lawful(), rule, kept, made_on, today)
    assert result.goes == (not held and result.free_on is not None and result.free_on <= today)


@given(ending=ENDINGS, keepers=st.lists(KEEPERS, max_size=3), holds=st.lists(HOLDS, max_size=3))
@settings(deadline=None, max_examples=300)
def test_nothing_is_deleted_before_its_date_or_under_a_hold(
    ending: Ending, keepers: list[Keeper], holds: list[Hold]
) -> None:
    """TER-4, RET-2: the day of every line is after the end of each hold and of each law, and of what is settled."""
    agreement = shipped()
    rules = {rule.category: rule for rule in agreement.retention}
    for entry in plan(agreement, ending, keepers, holds).entries:
        rule = rules[entry.category]
        if entry.delete_on is None:
            assert any(hold.until is None and hold.concerns(entry.category) for hold in holds)
            continue
        assert not any(hold.keeps(entry.category, entry.delete_on) for hold in holds)
        for law in agreement.holds:
            if law.code in rule.holds:
                assert entry.delete_on >= span_end(ending.terminated_on, law.n, law.unit)
        if rule.deleted_at_termination and ending.settled_on is not None:
            assert entry.delete_on >= ending.settled_on


@given(ending=ENDINGS, keepers=st.lists(KEEPERS, max_size=3), holds=st.lists(HOLDS, max_size=3))
@settings(deadline=None, max_examples=300)
def test_nothing_outlives_its_date_unless_a_hold_says_so(
    ending: Ending, keepers: list[Keeper], holds: list[Hold]
) -> None:
    """RET-1: without a hold every line ends on its rule's day or when deletion may begin, whichever is later."""
    agreement = shipped()
    rules = {rule.category: rule for rule in agreement.retention}
    assume(ending.settled_on is not None)
    entries = plan(agreement, ending, keepers, holds).entries
    named = {
        (keeper.holder_id, rule.category) for keeper in keepers for rule in rules.values() if keeper.may_hold(rule)
    }
    assert {(entry.holder_id, entry.category) for entry in entries} == named
    for entry in entries:
        rule = rules[entry.category]
        ends = [span_end(ending.terminated_on, rule.n, rule.unit)] if rule.n and rule.unit else []
        ends += [ending.settled_on] if ending.settled_on else []
        ends += [hold.until for hold in holds if hold.until is not None and hold.concerns(entry.category)]
        ends += [span_end(ending.terminated_on, law.n, law.unit) for law in agreement.holds if law.code in rule.holds]
        if not any(hold.until is None and hold.concerns(entry.category) for hold in holds):
            assert entry.delete_on is not None
            assert entry.delete_on <= max(ends)


@given(ending=ENDINGS, keepers=st.lists(KEEPERS, max_size=3))
@settings(deadline=None, max_examples=100)
def test_every_line_says_why(ending: Ending, keepers: list[Keeper]) -> None:
    """TER-4: each has a reason and a clause, and what waits for something names it."""
    for entry in plan(shipped(), ending, keepers, []).entries:
        assert entry.because
        assert entry.clause
        assert entry.action is not Action.HOLD or entry.delete_on is not None


@given(holds=st.permutations([Hold(n, frozenset(), "law", date(2030, 1, day)) for n, day in (("a", 1), ("b", 9))]))
def test_the_order_of_holds_does_not_matter(holds: list[Hold]) -> None:
    """TER-4: the last to end keeps, whichever was placed first."""
    keeper = Keeper("db", HolderKind.INTERNAL, frozenset({"sso_user_numbers"}), declared=True)
    (entry,) = plan(shipped(), Ending(date(2027, 1, 1)), [keeper], holds).entries
    assert (entry.delete_on, set(entry.held_by)) == (date(2030, 1, 9), {"a", "b"})


def test_the_plan_claims_a_return_only_of_who_returns() -> None:
    """TER-5: an own system returns what a sub-processor holds too; there the data wait, and are deleted."""
    keepers = [
        Keeper("db", HolderKind.INTERNAL, frozenset({"transcriptions"}), declared=True),
        Keeper("colt", HolderKind.SUBPROCESSOR, frozenset({"transcriptions"}), declared=False),
    ]
    ending = Ending(date(2026, 11, 24), Choice.RETURN, date(2026, 11, 24))
    own, other = plan(shipped(), ending, keepers, []).entries
    assert (own.action, other.action) == (Action.RETURN_THEN_DELETE, Action.DELETE)
    assert own.delete_on == other.delete_on
    assert "it is not returned from here" in other.because


def test_a_period_of_one_is_singular() -> None:
    """The reasons are read by people."""
    keeper = Keeper("db", HolderKind.INTERNAL, frozenset(CATEGORIES), declared=True)
    because = " ".join(
        " ".join(each.because) for each in plan(shipped(), Ending(date(2026, 11, 24)), [keeper], []).entries
    )
    assert "1 year " in because
    assert "1 years" not in because
