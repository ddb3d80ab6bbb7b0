"""Each promise of an agreement, and what a record holds of it. Pure."""

from collections.abc import Iterable, Mapping

from agreement.schema import Agreement
from console.tallying import Tally
from console.views import Last, PromiseView


def clause_of(agreement: Agreement, codes: Iterable[str]) -> str | None:
    """The clause of the first of these promises that the agreement has."""
    return next((each.clause for code in codes for each in agreement.promises if each.code == code), None)


def kept(agreement: Agreement, tallies: Mapping[str, Tally]) -> list[PromiseView]:
    """Every promise: how many facts, the last, what is open, what was missed and not mended since."""
    return [
        PromiseView(
            code=promise.code,
            clause=promise.clause,
            title=promise.title,
            title_fr=promise.title_fr,
            facts=sum(each.facts[promise.code].count for each in tallies.values() if promise.code in each.facts),
            last=_last(tallies, promise.code),
            open=sum(each.counted(promise.code, "opens") for each in tallies.values()),
            missed=sum(each.counted(promise.code, "misses") for each in tallies.values()),
        )
        for promise in agreement.promises
    ]


def _last(tallies: Mapping[str, Tally], code: str) -> Last | None:
    """Of two chains, what was heard last."""
    lasts = [
        Last(seq=facts.seq, chain=chain, type=facts.type, recorded_at=facts.recorded_at)
        for chain, each in tallies.items()
        if (facts := each.facts.get(code)) is not None
    ]
    return max(lasts, key=lambda last: last.recorded_at, default=None)
