"""RET-1, RET-2: what goes day by day: the cut-off of each category for each client. Values in, instants out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from agreement import deadlines
from agreement.calendar import DAY, CalendarUnknown, shift
from agreement.duties import Retention, Rule
from agreement.periods import Unit
from agreement.retention import last_expired
from agreement.schema import Agreement
from contracts.ordering import Counted
from retention.planning import Hold

Span = tuple[int, Unit]

COUNTED: Mapping[Rule, Counted] = {
    Rule.ROLLING: Counted.CREATED,
    Rule.CLIENT_DEFINED: Counted.CREATED,
    Rule.SINCE_LAST_EXCHANGE: Counted.LAST_EXCHANGE,
    Rule.MANUAL_DELETION: Counted.DELETED_BY_CLIENT,
}
"""The rules that run every day, and the day of a record that each looks at."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A client whose data go day by day: its own durations, and what is held."""

    client_id: str
    durations: Mapping[str, Span]
    holds: tuple[Hold, ...]


def swept(agreement: Agreement) -> list[Retention]:
    """The categories of which something goes every day."""
    return [rule for rule in agreement.retention if rule.rule in COUNTED]


def cutoff(agreement: Agreement, rule: Retention, kept: Kept, today: date) -> datetime | None:
    """RET-1: what is older than this goes today; None where nothing does: held, or no duration is defined."""
    if any(hold.keeps(rule.category, today) for hold in kept.holds):
        return None
    spans = (*_own_spans(rule, kept), *legal_spans(agreement, rule))
    if rule.rule is Rule.CLIENT_DEFINED and rule.category not in kept.durations:
        return None
    # What the client deleted goes today; a law that keeps it counts from a day that is no later than the deletion.
    last = _last_expired(today, spans) if spans else shift(today, -DAY)
    return None if last is None else deadlines.start_of_day(agreement, shift(last, DAY))


def legal_spans(agreement: Agreement, rule: Retention) -> tuple[Span, ...]:
    """RET-2: how long each law of a category has it kept, whatever the client sets."""
    return tuple((hold.n, hold.unit) for hold in agreement.holds if hold.code in rule.holds)


def _own_spans(rule: Retention, kept: Kept) -> tuple[Span, ...]:
    if rule.rule is Rule.CLIENT_DEFINED:
        own = kept.durations.get(rule.category)
        return () if own is None else (own,)
    return () if rule.n is None or rule.unit is None else ((rule.n, rule.unit),)


@lru_cache(maxsize=4096)
def _last_expired(today: date, spans: tuple[Span, ...]) -> date | None:
    """The latest day whose records every span lets go; None where a span reaches back before the first date."""
    try:
        return min(last_expired(today, n, unit) for n, unit in spans)
    except CalendarUnknown:
        return None
