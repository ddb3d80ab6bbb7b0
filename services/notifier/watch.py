"""Looks at notices for their metrics: who was escalated, who can't be reached, who has no receipt yet (§15)."""

from datetime import datetime
from typing import Final

from chassis.database import Pool
from chassis.looking import look_for_ever
from chassis.service import Runtime
from contracts.notice import NoticeEscalated, NoticeFailed
from notifier import alerts
from notifier.metrics import NoticeMetrics

_LOOK_S: Final = 30.0


class Watch:
    """Counts what this process says of notices; `run()` looks at those without receipt now and then, for ever."""

    def __init__(self, runtime: Runtime, metrics: NoticeMetrics) -> None:
        self._runtime = runtime
        self._metrics = metrics
        runtime.processor.hear_here(NoticeEscalated, self._escalated)
        runtime.processor.hear_here(NoticeFailed, lambda _: metrics.failed())

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the notices", self.look, _LOOK_S)

    async def look(self) -> None:
        """Count the notices that wait for their receipt."""
        pool, now = self._runtime.pool, self._runtime.clock.now()
        self._metrics.looked(unreceived=await _unreceived(pool, now), unsent=await alerts.count_unsent(pool))

    def _escalated(self, escalated: NoticeEscalated) -> None:
        for channel in escalated.to_channels:
            self._metrics.escalated(channel)


async def _unreceived(pool: Pool, now: datetime) -> int:
    """Of the orders whose deadline is to come: after it a notice has its receipt or has failed."""
    count: int = await pool.fetchval(
        """
        SELECT count(*)
          FROM notice_order JOIN notice USING (order_id)
         WHERE deadline_at > $1 AND received_at IS NULL AND failed_at IS NULL
        """,
        now,
    )
    return count
