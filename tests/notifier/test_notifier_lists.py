"""Lists of everybody's records stay short work however many records there are."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

import pytest
from asyncpg import Record
from tests.desk import STARTS_AT
from tests.notifier.desk import Desk

from chassis.database import Pool
from chassis.due import Search
from notifier import clients, deliveries, due, letters, notices

pytestmark = pytest.mark.servers

_FILL = """
    INSERT INTO client
    SELECT 'client-' || n, 'C', 'quicktalk', '1', 'C', 'c@example.org', NULL, 'en' FROM generate_series(1, 500) AS n;
    INSERT INTO notice_order
    SELECT 'order-' || n, 'change-' || n, 'change_announced', '4.3', '{}', now(), now(), '2026-01-01Z', 'f', NULL
      FROM generate_series(1, 50_000) AS n;
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
    "deliveries that wait": lambda pool: deliveries.deliveries(
        pool, client_id=None, notice_id=None, status="pending", before=None, limit=101
    ),
    "letters whose record is awaited": lambda pool: deliveries.deliveries(
        pool, client_id=None, notice_id=None, status="posted", before=None, limit=101
    ),
    "what was told of one thing": lambda pool: notices.notices(
        pool, client_id=None, about="change-9", before=None, limit=101
    ),
    "what is due": lambda pool: due._unreceived(pool, Search(STARTS_AT, STARTS_AT + timedelta(days=2), 101)),
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
        for table in ("notice", "delivery", "notice_order"):
            assert f"Seq Scan on {table} " not in explaining.plan, (name, explaining.plan)


async def test_a_client_that_was_told_little_lately_is_read_by_its_own(desk: Desk) -> None:
    """The page of a client with many notices, all of them old, isn't looked for among what others were told since."""
    pool = desk.runtime.pool
    await pool.execute(_FILL)
    await pool.execute("UPDATE notice SET client_id = 'client-old' WHERE order_id IN ('order-1', 'order-2')")
    await pool.execute("ANALYZE notice")
    explaining = _Explaining(pool)
    newest = partial(deliveries.deliveries, client_id="client-old", notice_id=None, status=None, before=None, limit=101)
    await newest(cast("Pool", explaining))
    assert "delivery_by_time" not in explaining.plan, explaining.plan
    assert len(await newest(pool)) == 101
