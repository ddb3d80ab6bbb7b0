"""What is due to be sent. A process owns its shards, so a claim is a read: nothing is written before the outcome."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection
from notifier.closing import Secrets
from notifier.jobs import JOB, Job, jobs_of, place
from notifier.orders import OrdersAtHand


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries a claim is about: shards owned here, not held already, not in a full lane."""

    shards: Collection[int]
    held: Collection[str]
    full: Collection[str]
    now: datetime
    limit: int


async def claim(connection: Connection, wanted: Wanted, orders: OrdersAtHand, secrets: Secrets) -> list[Job]:
    """The deliveries that are due, the longest due first."""
    rows = await connection.fetch(
        f"""
        WITH due AS MATERIALIZED (
            SELECT delivery_id, notice_id, channel, endpoint_id, attempts, next_attempt_at,
                   -- many go to one endpoint: it comes with the first of them
                   row_number() OVER (PARTITION BY endpoint_id ORDER BY next_attempt_at, delivery_id) = 1 AS is_first
              FROM (SELECT delivery_id, notice_id, channel, endpoint_id, attempts, next_attempt_at
                      FROM delivery
                     WHERE status = 'pending' AND channel <> 'post' AND next_attempt_at <= $1
                       AND shard = ANY ($2::smallint[])
                       AND delivery_id <> ALL ($3::text[])
                       AND coalesce(endpoint_id, channel) <> ALL ($4::text[])
                     ORDER BY next_attempt_at
                     LIMIT $5) AS longest
        )
        SELECT {JOB}
          FROM due
          JOIN notice USING (notice_id)
          JOIN client USING (client_id)
          {place("due", "is_first", "$1")}
         ORDER BY next_attempt_at
        """,
        wanted.now,
        list(wanted.shards),
        list(wanted.held),
        list(wanted.full),
        wanted.limit,
    )
    return jobs_of(rows, await orders.of(connection, {row["order_id"] for row in rows}), secrets)


async def next_due(connection: Connection, shards: Collection[int], after: datetime) -> datetime | None:
    """When the next attempt is due."""
    due_at: datetime | None = await connection.fetchval(
        """
        SELECT next_attempt_at
          FROM delivery
         WHERE status = 'pending' AND channel <> 'post' AND next_attempt_at > $2 AND shard = ANY ($1::smallint[])
         ORDER BY next_attempt_at
         LIMIT 1
        """,
        list(shards),
        after,
    )
    return due_at
