"""What the holder remembers of return packages: whether they are ready, who fetched what, and when they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection, Pool
from chassis.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is being made, is ready, or is gone."""

    order_id: str
    client_id: str
    available_until: datetime
    ready_at: datetime | None
    bytes: int | None
    downloaded_at: datetime | None
    acknowledged_at: datetime | None
    removed_at: datetime | None


async def begin(pool: Pool, order_id: str, client_id: str, available_until: datetime) -> None:
    """A package is to be made; what was made of it already stays."""
    await pool.execute(
        """
        INSERT INTO package (order_id, client_id, available_until) VALUES ($1, $2, $3)
            ON CONFLICT (order_id) DO UPDATE SET available_until = excluded.available_until
        """,
        order_id,
        client_id,
        available_until,
    )


async def kept(pool: Pool) -> int:
    """How many packages lie ready."""
    count: int = await pool.fetchval("SELECT count(*) FROM package WHERE removed_at IS NULL AND ready_at IS NOT NULL")
    return count


async def begin_again(tx: Transaction, order_id: str) -> None:
    """A package is made once more: it is not ready, and nobody has it."""
    await tx.execute(
        """
        UPDATE package
           SET ready_at = NULL, bytes = NULL, downloaded_at = NULL, acknowledged_at = NULL, removed_at = NULL
         WHERE order_id = $1
        """,
        order_id,
    )


async def ready(tx: Transaction, order_id: str, size: int) -> None:
    """A package can be fetched."""
    await tx.execute("UPDATE package SET ready_at = $2, bytes = $3 WHERE order_id = $1", order_id, tx.now, size)


async def one(connection: Pool | Connection, order_id: str) -> Package | None:
    """One package."""
    row = await connection.fetchrow(
        """
        SELECT order_id, client_id, available_until, ready_at, bytes, downloaded_at, acknowledged_at, removed_at
          FROM package
         WHERE order_id = $1
        """,
        order_id,
    )
    return Package(**dict(row)) if row else None


async def fetched(tx: Transaction, order_id: str, first: int, last: int) -> bool:
    """A part of an archive went out; say whether with it the whole has, for the first time."""
    await tx.execute("SELECT FROM package WHERE order_id = $1 FOR UPDATE", order_id)
    await tx.execute("INSERT INTO fetched VALUES ($1, $2, $3, $4)", order_id, tx.now, first, last)
    whole = await tx.fetchval(
        """
        UPDATE package SET downloaded_at = $2
         WHERE order_id = $1 AND downloaded_at IS NULL
           AND bytes = (SELECT sum(upper(piece) - lower(piece))
                          FROM unnest((SELECT range_agg(int8range(first, last, '[]')) FROM fetched
                                        WHERE fetched.order_id = $1)) AS piece)
        RETURNING true
        """,
        order_id,
        tx.now,
    )
    return bool(whole)


async def acknowledge(tx: Transaction, client_id: str, order_id: str | None, at: datetime) -> None:
    """The client has its data: one package, or all of them."""
    await tx.execute(
        """
        UPDATE package SET acknowledged_at = coalesce(acknowledged_at, $3)
         WHERE client_id = $1 AND ($2::text IS NULL OR order_id = $2)
        """,
        client_id,
        order_id,
        at,
    )


async def move_end(tx: Transaction, order_ids: Sequence[str], available_until: datetime) -> None:
    """The time to fetch these packages ends on another day."""
    await tx.execute(
        "UPDATE package SET available_until = $2 WHERE order_id = ANY ($1::text[]) AND removed_at IS NULL",
        list(order_ids),
        available_until,
    )


async def end(tx: Transaction, client_id: str) -> None:
    """The time of a client's packages is over."""
    await tx.execute(
        "UPDATE package SET available_until = least(available_until, $2) WHERE client_id = $1", client_id, tx.now
    )


async def to_remove(pool: Pool, now: datetime) -> list[str]:
    """Packages that nobody needs any more: acknowledged, or their time is over."""
    rows = await pool.fetch(
        """
        SELECT order_id FROM package
         WHERE removed_at IS NULL AND (acknowledged_at IS NOT NULL OR available_until <= $1)
           AND NOT EXISTS (SELECT FROM job
                            WHERE kind = 'return' AND job.order_id = package.order_id AND status = 'open')
         LIMIT 100
        """,
        now,
    )
    return [row["order_id"] for row in rows]


async def removed(pool: Pool, order_id: str, now: datetime) -> None:
    """A package's files are gone."""
    await pool.execute("UPDATE package SET removed_at = $2 WHERE order_id = $1", order_id, now)
