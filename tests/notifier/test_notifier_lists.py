"""Lists of everybody's records stay short work however many records there are."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import cast

import pytest
from asyncpg import Record
from tests.desk import STARTS_AT
from tests.notifier.desk import Desk

from chassis.database import Pool
from notifier import clients, deliveries, letters, notices

pytestmark = pytest.mark.servers

_FILL = """
    INSERT INTO client
    SELECT 'client-' || n, 'C', 'quicktalk', '1', 'C', 'c@example.org', NULL, 'en' FROM generate_series(1, 500) AS n;
    INSERT INTO notice_order
    SELECT 'order-' || n, 'change-' || n, 'change_announced', '4.3', '{}', now(), now(), now(), 'f', NULL
      FROM generate_series(1, 100) AS n;
    INSERT INTO notice (notice_id, order_id, client_id, created_at)
    SELECT 'n-' || o || '-' || c, 'order-' || o, 'client-' || c, timestamptz '2026-01-01 00:00Z' + o * interval '1 hour'
      FROM generate_series(1, 100) AS o, generate_series(1, 500) AS c;
    INSERT INTO delivery (delivery_id, notice_id, channel, shard, status, next_attempt_at, created_at)
    SELECT notice_id || '-' || channel, notice_id, channel, 0,
           CASE WHEN client_id = 'client-7' THEN 'failed' ELSE 'delivered' END, created_at, created_at
      FROM notice, unnest(ARRAY ['email', 'post']) AS channel;
    ANALYZE;
"""
_PLACE = (datetime(2026, 1, 3, tzinfo=UTC), "n")


class _Explaining:
    """A pool that answers with no rows and keeps the plan of what it was asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.plan = ""

    async def fetch(self, query: str, *args: object) -> list[Record]:
        """The plan of a statement for these arguments, as text."""
        self.plan = "\n".join(row[0] for row in await self._pool.fetch(f"EXPLAIN {query}", *args))
        return []


_LISTS: dict[str, Callable[[Pool], Awaitable[object]]] = {
    "notices": lambda pool: notices.notices(pool, client_id=None, about=None, before=None, limit=101),
    "notices after": lambda pool: notices.notices(pool, client_id=None, about=None, before=_PLACE, limit=101),
    "notices of one": lambda pool: notices.notices(pool, client_id="client-9", about=None, before=None, limit=101),
    "deliveries": lambda pool: deliveries.deliveries(
        pool, client_id=None, notice_id=None, status=None, before=None, limit=101
    ),
    "deliveries after": lambda pool: deliveries.deliveries(
        pool, client_id=None, notice_id=None, status=None, before=_PLACE, limit=101
    ),
    "deliveries of one": lambda pool: deliveries.deliveries(
        pool, client_id="client-9", notice_id=None, status=None, before=None, limit=101
    ),
    "failed deliveries": lambda pool: deliveries.deliveries(
        pool, client_id=None, notice_id=None, status="failed", before=None, limit=101
    ),
    "letters": lambda pool: letters.letters(pool, status="pending", after=_PLACE, limit=101),
    "clients": lambda pool: clients.clients(pool, on=STARTS_AT.date(), after="client-9", limit=101),
}


async def test_no_list_reads_a_whole_table(desk: Desk) -> None:
    """Every page is found by an index: nothing that grows with time is read from end to end, or sorted whole."""
    pool = desk.runtime.pool
    await pool.execute(_FILL)
    for name, read in _LISTS.items():
        explaining = _Explaining(pool)
        await read(cast("Pool", explaining))
        for table in ("notice", "delivery"):
            assert f"Seq Scan on {table} " not in explaining.plan, (name, explaining.plan)
