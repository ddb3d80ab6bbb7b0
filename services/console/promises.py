"""Each promise of an agreement, and what a record holds of it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from agreement.schema import Agreement
from console.queries import Standing, Tally
from console.views import Last, PromiseView

_NOTHING: Final = Standing(0, 0)


def clause_of(agreement: Agreement, codes: Iterable[str]) -> str | None:
    """The clause of the first of these promises that the agreement has."""
    return next((each.clause for code in codes for each in agreement.promises if each.code == code), None)


def kept(agreement: Agreement, tallies: Iterable[Tally], standings: Mapping[str, Standing]) -> list[PromiseView]:
    """Every promise: how many facts, the last, what is open, what was missed and not mended since."""
    counts: dict[str, int] = {}
    last: dict[str, Tally] = {}
    for each in tallies:
        for code in each.promises:
            counts[code] = counts.get(code, 0) + each.facts
            last[code] = max(last.get(code, each), each, key=_heard)
    return [
        PromiseView(
            code=promise.code,
            clause=promise.clause,
            title=promise.title,
            title_fr=promise.title_fr,
            facts=counts.get(promise.code, 0),
            last=_last(last.get(promise.code)),
            open=standings.get(promise.code, _NOTHING).open,
            missed=standings.get(promise.code, _NOTHING).missed,
        )
        for promise in agreement.promises
    ]


def _heard(tally: Tally) -> tuple[datetime, str, int]:
    """Of one chain the greatest number is the last; of two chains, what was heard last."""
    return tally.recorded_at, tally.chain, tally.seq


def _last(tally: Tally | None) -> Last | None:
    if tally is None:
        return None
    return Last(seq=tally.seq, chain=tally.chain, type=tally.type, recorded_at=tally.recorded_at)
