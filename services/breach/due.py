"""What the breach service waits for: that clients and authorities are told before their clocks are over (§6)."""

from datetime import datetime
from typing import Final

from chassis.database import Pool
from chassis.due import Deadlines, Due, Search
from chassis.service import Runtime

_KINDS: Final = ("breach_client", "breach_authority")
_KIND: Final = f"CASE client_id WHEN '' THEN '{_KINDS[1]}' ELSE '{_KINDS[0]}' END"


def deadlines(runtime: Runtime) -> Deadlines:
    """For the API and the metrics."""
    return Deadlines(runtime, "breach", _KINDS, _running, _soonest)


async def _running(pool: Pool, search: Search) -> list[Due]:
    rows = await pool.fetch(
        f"""
        SELECT {_KIND} AS kind, incident_id AS about, nullif(client_id, '') AS client_id, due_at,
               CASE client_id WHEN '' THEN 'word to or decision on the authority, clock ' ELSE 'receipt, clock ' END
               || clock AS lacks
          FROM clock
         WHERE stopped_at IS NULL AND due_at <= $1
         ORDER BY due_at, incident_id, clock, client_id
         LIMIT $2
        """,
        search.before,
        search.limit,
    )
    return [Due(**dict(row)) for row in rows]


async def _soonest(pool: Pool, _: datetime, after: datetime | None) -> dict[str, datetime]:
    rows = await pool.fetch(
        f"""
        SELECT {_KIND} AS kind, min(due_at) AS due_at
          FROM clock
         WHERE stopped_at IS NULL AND ($1::timestamptz IS NULL OR due_at > $1)
         GROUP BY 1
        """,
        after,
    )
    return {row["kind"]: row["due_at"] for row in rows}
