"""What an SRE watches of notices: who was escalated, who can't be reached, who has no receipt yet (§15)."""

from datetime import datetime
from typing import Final

from chassis.database import Pool
from chassis.looking import look_for_ever
from chassis.metrics import Metrics
from chassis.service import Runtime
from contracts.notice import Channel, NoticeEscalated, NoticeFailed
from notifier import alerts

_LOOK_S: Final = 30.0
_SENT: Final = (Channel.WEBHOOK, Channel.EMAIL, "alert")
"""What attempts are made by; `alert` is a mail to people on call."""


class Watch:
    """Counts what this process says of notices; `run()` looks at those without receipt now and then, for ever."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        metrics = runtime.metrics
        metrics.notice_failed(0)
        for channel in Channel:
            metrics.notice_escalated(channel, 0)
        for sent_by in _SENT:
            metrics.attempts_by(sent_by)
        runtime.processor.hear_here(NoticeEscalated, lambda escalated: _count(metrics, escalated))
        runtime.processor.hear_here(NoticeFailed, lambda _: metrics.notice_failed())

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the notices", self.look, _LOOK_S)

    async def look(self) -> None:
        """Count the notices that wait for their receipt."""
        runtime = self._runtime
        runtime.metrics.notices_unreceived(await _unreceived(runtime.pool, runtime.clock.now()))
        runtime.metrics.alerts_unsent(await alerts.count_unsent(runtime.pool))


def _count(metrics: Metrics, escalated: NoticeEscalated) -> None:
    for channel in escalated.to_channels:
        metrics.notice_escalated(channel)


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
