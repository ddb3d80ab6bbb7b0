"""Looks at orders, holds and flags for their metrics: who has not answered, what holds up, what should not be."""

from datetime import date, datetime
from typing import Final

from agreement import deadlines
from agreement.book import Book
from chassis.database import Pool
from chassis.looking import look_for_ever
from chassis.service import Runtime
from contracts.retention import OrderKind, RetentionFlagged, RetentionOrderFailed, RetentionOrderOverdue
from retention.metrics import OrderMetrics

_LOOK_S: Final = 30.0


class Watch:
    """Counts what this process says of orders and flags; `run()` looks at what waits now and then, for ever."""

    def __init__(self, book: Book, runtime: Runtime) -> None:
        self._book = book
        self._runtime = runtime
        self._metrics = metrics = OrderMetrics(runtime.metrics)
        hear = runtime.processor.hear_here
        hear(RetentionFlagged, lambda _: metrics.flagged())
        hear(RetentionOrderFailed, lambda failed: metrics.failed(failed.kind))
        hear(RetentionOrderOverdue, lambda late: metrics.escalated(late.kind) if late.escalated else None)

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the orders", self.look, _LOOK_S)

    async def look(self) -> None:
        """Count the orders that wait for an answer, and the holds that stand."""
        pool, now = self._runtime.pool, self._runtime.clock.now()
        waiting = await _waiting(pool, now)
        for kind in OrderKind:
            open_, overdue = waiting.get(kind, (0, 0))
            self._metrics.waiting(kind, open_=open_, overdue=overdue)
        self._metrics.holds_standing(await _standing(pool, deadlines.local_date(self._book.latest, now)))


async def _waiting(pool: Pool, now: datetime) -> dict[str, tuple[int, int]]:
    """By kind: the open orders, and those of them whose answer was due."""
    rows = await pool.fetch(
        """
        SELECT kind, count(*) AS open, count(*) FILTER (WHERE due_at <= $1) AS overdue
          FROM holder_order
         WHERE state = 'open'
         GROUP BY kind
        """,
        now,
    )
    return {row["kind"]: (row["open"], row["overdue"]) for row in rows}


async def _standing(pool: Pool, today: date) -> int:
    """The holds that keep something today."""
    count: int = await pool.fetchval(
        "SELECT count(*) FROM hold WHERE lifted_at IS NULL AND (until IS NULL OR until > $1)", today
    )
    return count
