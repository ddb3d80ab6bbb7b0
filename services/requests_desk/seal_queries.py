"""What the named roles read of the sealed room (DSR-4)."""

from chassis.database import Pool
from requests_desk.views import SealedLine, SealLogView


async def is_sealed(pool: Pool, request_id: str) -> bool:
    """Whether there is something sealed with this id."""
    return bool(await pool.fetchval("SELECT true FROM sealed WHERE request_id = $1", request_id))


async def sealed(pool: Pool) -> list[SealedLine]:
    """What is sealed, the oldest first, and how often each was opened."""
    rows = await pool.fetch(
        """
        SELECT request_id, min(at) AS sealed_at, count(*) FILTER (WHERE what = 'opened') AS openings
          FROM sealed JOIN seal_log USING (request_id)
         GROUP BY request_id
         ORDER BY sealed_at, request_id
         LIMIT 1000
        """
    )
    return [SealedLine(**dict(row)) for row in rows]


async def log(pool: Pool, request_id: str) -> list[SealLogView]:
    """Who did what with it, in order."""
    rows = await pool.fetch(
        'SELECT at, what, "by", reason FROM seal_log WHERE request_id = $1 ORDER BY seq', request_id
    )
    return [SealLogView(**dict(row)) for row in rows]
