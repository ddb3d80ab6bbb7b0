"""What the holder remembers of return packages: their files, who fetched what, and when they go."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from contracts.returning import Returned

_PAGE = 1000
_FILE = "nth, file, name, category, source, records, bytes, sha256, plain_bytes, plain_sha256, resume"


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file: `file` is its name in the archive, `name` what it is; `resume` is where the next one begins."""

    nth: int
    file: str
    name: str
    category: str
    source: str
    records: int
    bytes: int
    sha256: str
    plain_bytes: int
    plain_sha256: str
    resume: JsonValue


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


async def forget_files(tx: Transaction, order_id: str) -> None:
    """A package is made once more, from the beginning."""
    await tx.execute("DELETE FROM fetched WHERE order_id = $1", order_id)
    await tx.execute("DELETE FROM package_file WHERE order_id = $1", order_id)
    await tx.execute(
        """
        UPDATE package
           SET ready_at = NULL, bytes = NULL, downloaded_at = NULL, acknowledged_at = NULL, removed_at = NULL
         WHERE order_id = $1
        """,
        order_id,
    )


async def last_file(pool: Pool, order_id: str) -> PackageFile | None:
    """The file that was made last."""
    row = await pool.fetchrow(
        f"SELECT {_FILE} FROM package_file WHERE order_id = $1 AND nth > 0 ORDER BY nth DESC LIMIT 1", order_id
    )
    return _file(row) if row else None


async def add_file(pool: Pool, order_id: str, made: PackageFile, fence: int) -> bool:
    """A file is on the shelf; False where another process makes the package now."""
    added = await pool.fetchval(
        f"""
        INSERT INTO package_file (order_id, {_FILE})
        SELECT order_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
          FROM job
         WHERE kind = 'return' AND order_id = $1 AND fence = $2 AND status = 'open'
            ON CONFLICT (order_id, nth) DO UPDATE
           SET file = excluded.file, name = excluded.name, category = excluded.category, source = excluded.source,
               records = excluded.records, bytes = excluded.bytes, sha256 = excluded.sha256,
               plain_bytes = excluded.plain_bytes, plain_sha256 = excluded.plain_sha256, resume = excluded.resume
        RETURNING true
        """,
        order_id,
        fence,
        made.nth,
        made.file,
        made.name,
        made.category,
        made.source,
        made.records,
        made.bytes,
        made.sha256,
        made.plain_bytes,
        made.plain_sha256,
        to_json(made.resume).decode(),
    )
    return bool(added)


async def files(pool: Pool, order_id: str, *, after: int = -1) -> AsyncIterator[PackageFile]:
    """Every file in its order, page by page; the manifest is the one with the number 0."""
    last = after
    while True:
        rows = await pool.fetch(
            f"SELECT {_FILE} FROM package_file WHERE order_id = $1 AND nth > $2 ORDER BY nth LIMIT {_PAGE}",
            order_id,
            last,
        )
        for row in rows:
            yield _file(row)
        if len(rows) < _PAGE:
            return
        last = rows[-1]["nth"]


async def contents(pool: Pool, order_id: str, categories: Sequence[str]) -> tuple[Returned, ...]:
    """What a package holds of each category, of which it may hold nothing."""
    rows = await pool.fetch(
        """
        SELECT category, sum(records)::bigint AS records, count(*) AS files, sum(bytes)::bigint AS bytes
          FROM package_file
         WHERE order_id = $1 AND category = ANY ($2::text[])
         GROUP BY category
        """,
        order_id,
        list(categories),
    )
    held = {row["category"]: Returned(**dict(row)) for row in rows}
    return tuple(held.get(each, Returned(category=each, records=0, files=0, bytes=0)) for each in categories)


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


async def records_kept(pool: Pool, client_ids: Sequence[str], category: str) -> int:
    """How many records of a category still lie in packages of these clients."""
    count: int = await pool.fetchval(
        """
        SELECT coalesce(sum(records), 0)::bigint
          FROM package JOIN package_file USING (order_id)
         WHERE client_id = ANY ($1::text[]) AND category = $2 AND removed_at IS NULL
        """,
        list(client_ids),
        category,
    )
    return count


def _file(row: asyncpg.Record) -> PackageFile:
    return PackageFile(**{**row, "resume": from_json(row["resume"]) if row["resume"] else None})
