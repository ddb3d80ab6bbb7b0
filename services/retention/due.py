"""What retention waits for: holders' answers to orders (§8.3)."""

from datetime import datetime

from chassis.database import Pool
from chassis.due import Deadlines, Due, Search
from chassis.service import Runtime
from contracts.retention import OrderKind


def deadlines(runtime: Runtime) -> Deadlines:
    """For the API and the metrics; a kind for each kind of order."""
    return Deadlines(runtime, "retention", tuple(OrderKind), _unanswered, _soonest)


async def _unanswered(pool: Pool, search: Search) -> list[Due]:
    rows = await pool.fetch(
        """
        SELECT kind, order_id AS about, CASE WHEN cardinality(client_ids) = 1 THEN client_ids[1] END AS client_id,
               due_at, 'answer of ' || holder_id || coalesce(': ' || failure, '') AS lacks
          FROM holder_order
         WHERE state = 'open' AND due_at <= $1
         ORDER BY due_at, order_id
         LIMIT $2
        """,
        search.before,
        search.limit,
    )
    return [Due(**dict(row)) for row in rows]


async def _soonest(pool: Pool, _: datetime, after: datetime | None) -> dict[str, datetime]:
    rows = await pool.fetch(
        """
        SELECT kind, min(due_at) AS due_at
          FROM holder_order
         WHERE state = 'open' AND ($1::timestamptz IS NULL OR due_at > $1)
         GROUP BY kind
        """,
        after,
    )
    return {row["kind"]: row["due_at"] for row in rows}
