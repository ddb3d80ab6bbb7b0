"""What the holder remembers of its orders: taken on, claimed, how much went, answered."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from zlib import crc32

import asyncpg

from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from contracts.cease import CeaseOrdered
from holder.jobs import Job, Kind, Order, Status, kind_of

SHARDS: Final = 16
CHANNEL: Final = "dutiful_holder_work"
_JOB: Final = "kind, order_id, round, ordered, fence, status, started_at, answer, flow_id, traceparent"


async def declare(tx: Transaction, digest: str) -> int | None:
    """What the holder says of itself; how often it has said something new, None where it said just this last."""
    nth: int | None = await tx.fetchval(
        """
        INSERT INTO declared (digest) VALUES ($1)
            ON CONFLICT (one) DO UPDATE SET digest = excluded.digest, nth = declared.nth + 1
         WHERE declared.digest <> excluded.digest
        RETURNING nth
        """,
        digest,
    )
    return nth


async def lock_job(tx: Transaction, kind: Kind, order_id: str) -> Job | None:
    """The job of an order, for the rest of the transaction."""
    row = await tx.fetchrow(
        f"SELECT {_JOB} FROM job WHERE kind = $1 AND order_id = $2 FOR UPDATE", kind.value, order_id
    )
    return _job(row) if row else None


async def take_on(tx: Transaction, order: Order) -> None:
    """An order is to be carried out, for the first time or once more, under a new fence.

    What failed goes on: what went before it failed still counts. What was done begins again.
    """
    kind = kind_of(order)
    if kind in {Kind.ERASURE, Kind.TASK}:
        for table in ("part", "halt"):
            await tx.execute(
                f"""
                DELETE FROM {table} USING job
                 WHERE {table}.order_id = $1 AND kind = $2 AND job.order_id = $1 AND status = 'done'
                """,
                order.order_id,
                kind.value,
            )
    await tx.execute(
        """
        INSERT INTO job (kind, order_id, ordered, shard, status, received_at, flow_id, traceparent)
        VALUES ($1, $2, $3, $4, 'open', $5, $6, $7)
            ON CONFLICT (kind, order_id) DO UPDATE
           SET round = job.round + 1, ordered = excluded.ordered, fence = job.fence + 1, status = 'open',
               received_at = excluded.received_at, finished_at = NULL, answer = NULL,
               started_at = CASE job.status WHEN 'done' THEN NULL ELSE job.started_at END,
               flow_id = excluded.flow_id, traceparent = excluded.traceparent
        """,
        kind.value,
        order.order_id,
        order.model_dump_json(exclude_none=True),
        crc32(order.order_id.encode()) % SHARDS,
        tx.now,
        tx.cause.flow_id,
        tx.cause.traceparent,
    )


async def halt(tx: Transaction, order_id: str, client_ids: Sequence[str], reason: str) -> None:
    """What is left of these clients stays."""
    await tx.execute(
        """
        INSERT INTO halt (order_id, client_id, reason)
        SELECT $1, client_id, $3
          FROM unnest($2::text[]) AS halted (client_id)
            ON CONFLICT DO NOTHING
        """,
        order_id,
        list(client_ids),
        reason,
    )


async def halted(connection: Pool | Connection, order_id: str) -> frozenset[str]:
    """The clients that an order is halted for."""
    rows = await connection.fetch("SELECT client_id FROM halt WHERE order_id = $1", order_id)
    return frozenset(row["client_id"] for row in rows)


async def wake(tx: Transaction) -> None:
    """At the commit, the process that works wakes, whichever it is."""
    await tx.execute("SELECT pg_notify($1, '')", CHANNEL)


async def open_jobs(connection: Connection, shards: Collection[int], held: Collection[str], limit: int) -> list[Job]:
    """What is to be done in these shards and not in hand, the oldest first."""
    rows = await connection.fetch(
        f"""
        SELECT {_JOB}
          FROM job
         WHERE status = 'open' AND shard = ANY ($1::smallint[]) AND kind || '/' || order_id <> ALL ($2::text[])
         ORDER BY received_at
         LIMIT $3
        """,
        list(shards),
        list(held),
        limit,
    )
    return [_job(row) for row in rows]


async def waiting(pool: Pool) -> tuple[dict[str, int], datetime | None]:
    """How many orders of each kind are open, and when the oldest of them came."""
    rows = await pool.fetch(
        "SELECT kind, count(*) AS count, min(received_at) AS since FROM job WHERE status = 'open' GROUP BY kind"
    )
    return {row["kind"]: row["count"] for row in rows}, min((row["since"] for row in rows), default=None)


async def claim(pool: Pool, job: Job, now: datetime) -> Job | None:
    """Begin or go on with a job; whoever had it before can't any more. None where it is closed."""
    row = await pool.fetchrow(
        f"""
        UPDATE job SET fence = fence + 1, started_at = coalesce(started_at, $3)
         WHERE kind = $1 AND order_id = $2 AND status = 'open'
        RETURNING {_JOB}
        """,
        job.kind.value,
        job.order_id,
        now,
    )
    return _job(row) if row else None


async def close(tx: Transaction, job: Job, status: Status, answer: str) -> bool:
    """A job is over; False where another has taken it on."""
    closed = await tx.fetchval(
        """
        UPDATE job SET status = $4, answer = $5, finished_at = $6
         WHERE kind = $1 AND order_id = $2 AND fence = $3 AND status = 'open'
        RETURNING true
        """,
        job.kind.value,
        job.order_id,
        job.fence,
        status,
        answer,
        tx.now,
    )
    return bool(closed)


async def drop_returns(tx: Transaction, client_id: str) -> None:
    """What a client was to have returned is not made any more; whoever makes it can write nothing more."""
    await tx.execute(
        """
        UPDATE job SET status = 'failed', fence = fence + 1, finished_at = $2
         WHERE kind = 'return' AND status = 'open' AND ordered::jsonb ->> 'client_id' = $1
        """,
        client_id,
        tx.now,
    )


async def counted(connection: Pool | Connection, order_id: str) -> dict[str, int]:
    """How much an erasure or a task took of each source."""
    rows = await connection.fetch(
        "SELECT source, sum(counted)::bigint AS counted FROM part WHERE order_id = $1 GROUP BY source", order_id
    )
    return {row["source"]: row["counted"] for row in rows}


async def cease(tx: Transaction, order: CeaseOrdered) -> None:
    """Processing for a client has ceased."""
    await tx.execute(
        """
        INSERT INTO ceased (client_id, order_id, ceased_from, categories) VALUES ($1, $2, $3, $4)
            ON CONFLICT (client_id) DO UPDATE
           SET order_id = excluded.order_id, ceased_from = excluded.ceased_from, categories = excluded.categories
        """,
        order.client_id,
        order.order_id,
        order.ceased_from,
        list(order.categories),
    )


async def resume(tx: Transaction, client_id: str) -> None:
    """Processing for a client may go on."""
    await tx.execute("DELETE FROM ceased WHERE client_id = $1", client_id)


def _job(row: asyncpg.Record) -> Job:
    return Job(**{**row, "kind": Kind(row["kind"])})
