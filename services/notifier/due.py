"""What the notifier waits for: receipts of notices (§15)."""

from datetime import datetime, timedelta
from typing import Final

from chassis.database import Pool
from chassis.due import Deadlines, Due, Search
from chassis.service import Runtime

_NOTICE: Final = "notice"
_OVERDUE: Final = timedelta(
    days=7
)  # a notice fails at its deadline: longer ago none is open, and old ones need no look
_OPEN: Final = """
      FROM notice_order JOIN notice USING (order_id)
     WHERE deadline_at > $1 AND received_at IS NULL AND failed_at IS NULL
    """


def deadlines(runtime: Runtime) -> Deadlines:
    """For the API and the metrics."""
    return Deadlines(runtime, "notifier", (_NOTICE,), _unreceived, _soonest)


async def _unreceived(pool: Pool, search: Search) -> list[Due]:
    rows = await pool.fetch(
        f"""
        SELECT notice_id AS about, client_id, deadline_at AS due_at, kind AS of {_OPEN} AND deadline_at <= $2
         ORDER BY deadline_at, notice_id
         LIMIT $3
        """,
        search.now - _OVERDUE,
        search.before,
        search.limit,
    )
    return [
        Due(kind=_NOTICE, about=row["about"], client_id=row["client_id"], due_at=row["due_at"], lacks=_lacks(row["of"]))
        for row in rows
    ]


def _lacks(kind: str) -> str:
    return f"receipt of {kind}"


async def _soonest(pool: Pool, now: datetime, after: datetime | None) -> dict[str, datetime]:
    at: datetime | None = await pool.fetchval(f"SELECT min(deadline_at) {_OPEN}", after or now - _OVERDUE)
    return {} if at is None else {_NOTICE: at}
