"""What the service waits for: that clients know what is asked about their data (§9). What is sealed is not among it."""

from datetime import datetime
from typing import Final

from chassis.database import Pool
from chassis.due import Deadlines, Due, Search
from chassis.service import Runtime
from requests_desk.records import Status

_TELLING: Final = "request_notice"
_UNTOLD: Final = f"status IN ('{Status.SEARCHING}', '{Status.OPEN}') AND told_at IS NULL"


def deadlines(runtime: Runtime) -> Deadlines:
    """For the API and the metrics."""
    return Deadlines(runtime, "requests", (_TELLING,), _untold, _soonest)


async def _untold(pool: Pool, search: Search) -> list[Due]:
    rows = await pool.fetch(
        f"""
        SELECT request_id AS about, client_id, tell_by AS due_at,
               CASE WHEN client_id IS NULL THEN 'decision whose data it is about' ELSE 'receipt' END AS lacks
          FROM request
         WHERE {_UNTOLD} AND tell_by <= $1
         ORDER BY tell_by, request_id
         LIMIT $2
        """,
        search.before,
        search.limit,
    )
    return [Due(kind=_TELLING, **dict(row)) for row in rows]


async def _soonest(pool: Pool, _: datetime, after: datetime | None) -> dict[str, datetime]:
    soonest = await pool.fetchval(
        f"SELECT min(tell_by) FROM request WHERE {_UNTOLD} AND ($1::timestamptz IS NULL OR tell_by > $1)", after
    )
    return {} if soonest is None else {_TELLING: soonest}
