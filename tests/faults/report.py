"""What a long run found, as a table."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table
from tests.faults.comparing import Verdict
from tests.faults.life import Life

_NONE: Final = "-"


@dataclass
class Result:
    """What came of one kind of fault."""

    kind: str
    life: Life
    verdict: Verdict
    took_s: float


def table(results: Sequence[Result], seed: int) -> Table:
    """A row for each kind of fault."""
    columns = ("fault", "how many", "ready again", "caught up", "webhooks, emails, events again", "verdict", "took")
    shown = Table(*columns, title=f"seed {seed}; seconds: half of them within / the longest", title_justify="left")
    for each in results:
        ready = [death.ready_after_s for death in each.life.deaths if death.ready_after_s is not None]
        again = ", ".join(str(each.verdict.twice.get(way, _NONE)) for way in ("webhooks", "mails", "events"))
        verdict = "the same" if each.verdict.holds else f"{len(each.verdict.differences)} differ"
        measured = _spread(ready), _spread(each.life.recoveries)
        shown.add_row(each.kind, str(each.life.faults), *measured, again, verdict, f"{each.took_s:.0f} s")
    return shown


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.1f} / {max(seconds):.1f}" if seconds else _NONE
