"""A notifier's database as years leave it: millions of notices with their deliveries and attempts, and its records."""

from typing import Final

import asyncpg

from benchmarks.rig.bulk import without_indexes

CLIENTS: Final = 10_000
MANY: Final = 100
"""Every so many notices are the first client's, who then has far more than anybody else."""

ORDERED_AT_ONCE: Final = 10
"""Clients per order."""

_FACTS: Final = (
    '{"change_kind": "addition", "subprocessor_id": "old", "subprocessor": "Old", "actions": ["Hosting"], '
    '"location": "FR", "mechanism": "", "document": "", "effective_on": "2020-06-01"}'
)
_SINCE: Final = "now() - interval '40 days' - ($1::int - n) * interval '10 seconds'"
"""When the n-th was: one after the other, the last one forty days ago."""

_FILL: Final = (
    f"""
    INSERT INTO notice_order (order_id, about, kind, clause, facts, ordered_at, escalate_at, deadline_at, flow_id)
    SELECT 'order-' || n, 'change-' || n, 'change_announced', '4.3', '{_FACTS}', {_SINCE}, {_SINCE}, {_SINCE},
           'flow-' || n
      FROM generate_series(1, $1::int, {ORDERED_AT_ONCE}) AS n
    """,
    f"""
    INSERT INTO notice (notice_id, order_id, client_id, created_at, received_at, receipt_channel, proof, failed_at)
    SELECT md5(n::text), 'order-' || n - (n - 1) % {ORDERED_AT_ONCE},
           'client-' || CASE n % {MANY} WHEN 0 THEN 1 ELSE 1 + n % {CLIENTS} END, {_SINCE},
           CASE WHEN n % 1000 > 0 THEN {_SINCE} END, CASE WHEN n % 1000 > 0 THEN 'webhook' END,
           CASE WHEN n % 1000 > 0 THEN 'answered 200' END, CASE WHEN n % 1000 = 0 THEN {_SINCE} END
      FROM generate_series(1, $1::int) AS n
    """,
    f"""
    INSERT INTO delivery (delivery_id, notice_id, channel, endpoint_id, shard, status, attempts, next_attempt_at,
                          created_at)
    SELECT md5('d' || n), md5(n::text), 'webhook', 'ep-' || 1 + n % {CLIENTS}, n % 16,
           CASE WHEN n % 1000 > 0 THEN 'delivered' ELSE 'failed' END, 1, {_SINCE}, {_SINCE}
      FROM generate_series(1, $1::int) AS n
    """,
    f"""
    INSERT INTO attempt (delivery_id, nth, at, address, ok, status, latency_ms, answer)
    SELECT md5('d' || n), 1, {_SINCE}, 'https://client.example/hook', n % 1000 > 0,
           CASE WHEN n % 1000 > 0 THEN 200 ELSE 500 END, 12, 'ok'
      FROM generate_series(1, $1::int) AS n
    """,
    """
    INSERT INTO inbox (key, received_at)
    SELECT decode(md5('k' || n), 'hex'), now() - interval '29 days' * ($1::int - n) / $1::int
      FROM generate_series(1, $1::int) AS n
    """,
)
_TABLES: Final = ("notice_order", "notice", "delivery", "attempt", "inbox")


async def fill(dsn: str, rows: int) -> None:
    """So many rows of notices, deliveries and attempts together, a third of each; as many ids in the inbox beside."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "notifier"})
    async with without_indexes(connection, "notifier", _TABLES):
        for statement in _FILL:
            await connection.execute(statement, rows // 3)
    await connection.execute("SELECT pg_stat_reset()")
    await connection.close()
