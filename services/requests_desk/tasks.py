"""What is asked of which holder for one person, in which order, and what the law keeps from it (§9). Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from agreement import deadlines
from agreement.calendar import DAY, CalendarUnknown, shift
from agreement.duties import Retention
from agreement.retention import last_expired
from agreement.schema import Agreement
from contracts.dsar import Act
from contracts.task import TaskScope

ORDER: Final = (Act.FIND, Act.EXPORT, Act.RECTIFY, Act.RESTRICT, Act.RELEASE, Act.ERASE)
"""What is handed out is handed out before it is changed, and what is deleted goes last."""


class State(StrEnum):
    """How far a task is. What failed still stands, and is asked for again."""

    OPEN = "open"
    FAILED = "failed"
    HALTED = "halted"
    CONFIRMED = "confirmed"

    @property
    def is_settled(self) -> bool:
        """Whether what comes after it may begin."""
        return self is State.CONFIRMED


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who holds data of which categories, and answers orders."""

    holder_id: str
    categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hold:
    """What keeps data from being deleted; no category means all of them."""

    hold_id: str
    categories: frozenset[str]
    until: date | None

    def keeps(self, category: str, today: date) -> bool:
        """Whether a category may not be deleted today."""
        return (not self.categories or category in self.categories) and (self.until is None or today < self.until)


class Course(StrEnum):
    """What there is to do beside ordering the next act."""

    WAIT = "wait"
    FINISH = "finish"


def next_step(acts: Collection[Act], begun: Collection[Act], states: Collection[State]) -> Act | Course:
    """One act after the other: none begins before every holder has confirmed the one before it."""
    if not all(state.is_settled for state in states):
        return Course.WAIT
    return next((act for act in ORDER if act in acts and act not in begun), Course.FINISH)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of whom, and what nobody is asked for, and why."""

    orders: Sequence[tuple[str, tuple[TaskScope, ...]]]
    gaps: Sequence[str]


def orders(
    agreement: Agreement,
    act: Act,
    categories: Collection[str],
    keepers: Sequence[Keeper],
    holds: Sequence[Hold],
    today: date,
) -> Wanted:
    """§9: every holder that holds something of what is asked for; without a category, all that the agreement has."""
    known = {rule.category: rule for rule in agreement.retention}
    asked = [category for category in categories or known if category in known]
    gaps = [f"{each}: the agreement has no such category" for each in categories if each not in known]
    held = {each for keeper in keepers for each in keeper.categories}
    gaps += [f"{each}: no system that answers orders holds it" for each in asked if each not in held]
    scopes: dict[str, TaskScope] = {}
    for category in asked:
        scope = _scope(agreement, act, known[category], holds, today)
        if isinstance(scope, TaskScope):
            scopes[category] = scope
            gaps += [_kept(category, scope)] if scope.cutoff_at is not None and category in held else []
        elif category in held:
            gaps.append(scope)
    found = [
        (keeper, tuple(scopes[each] for each in asked if each in keeper.categories & scopes.keys()))
        for keeper in keepers
    ]
    return Wanted([(keeper.holder_id, each) for keeper, each in found if each], gaps)


def _kept(category: str, scope: TaskScope) -> str:
    since = scope.cutoff_at.isoformat() if scope.cutoff_at else ""
    return f"{category}: not deleted since {since}, which the law keeps"


def _scope(agreement: Agreement, act: Act, rule: Retention, holds: Sequence[Hold], today: date) -> TaskScope | str:
    """What may be done of a category; why nothing may. Laws and holds keep data from deletion alone (TER-4, RET-2)."""
    if act is not Act.ERASE:
        return TaskScope(category=rule.category)
    for hold in holds:
        if hold.keeps(rule.category, today):
            return f"{rule.category}: not deleted, as the hold {hold.hold_id} keeps it"
    try:
        cutoffs = list(_cutoffs(agreement, rule, today))
    except CalendarUnknown:
        return f"{rule.category}: not deleted, as the law keeps all of it"
    return TaskScope(category=rule.category, cutoff_at=min(cutoffs, default=None))


def _cutoffs(agreement: Agreement, rule: Retention, today: date) -> Iterator[datetime]:
    """What is older than this may go, by each law that a category names, counted from the day of the record."""
    for hold in agreement.holds:
        if hold.code in rule.holds:
            last = last_expired(today, hold.n, hold.unit)
            yield deadlines.start_of_day(agreement, shift(last, DAY))
