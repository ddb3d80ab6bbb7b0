"""Each promise of an agreement, and what a record holds of it. Pure."""

from collections.abc import Iterable

from agreement.schema import Agreement
from console.queries import Standing
from console.views import Last, PromiseView


def clause_of(agreement: Agreement, codes: Iterable[str]) -> str | None:
    """The clause of the first of these promises that the agreement has."""
    clauses = {promise.code: promise.clause for promise in agreement.promises}
    return next((clauses[code] for code in codes if code in clauses), None)


def kept(agreement: Agreement, entries: Iterable[Standing]) -> list[PromiseView]:
    """Every promise: how many facts, the last, what is open, what was missed and not mended since."""
    counts: dict[str, int] = {}
    last: dict[str, Last] = {}
    things: dict[str, set[str]] = {}
    stands: dict[str, str] = {}
    for each in entries:
        for code in each.promises:
            counts[code] = counts.get(code, 0) + 1
            last[code] = Last(seq=each.seq, chain=each.chain, type=each.type, recorded_at=each.recorded_at)
            if each.stands is not None:
                things.setdefault(code, set()).add(each.thing)
        if each.stands is not None:
            stands[each.thing] = each.stands
    return [
        PromiseView(
            code=promise.code,
            clause=promise.clause,
            title=promise.title,
            title_fr=promise.title_fr,
            facts=counts.get(promise.code, 0),
            last=last.get(promise.code),
            open=_count(things.get(promise.code, set()), stands, "opens"),
            missed=_count(things.get(promise.code, set()), stands, "misses"),
        )
        for promise in agreement.promises
    ]


def _count(things: Iterable[str], stands: dict[str, str], wanted: str) -> int:
    return sum(stands[thing] == wanted for thing in things)
