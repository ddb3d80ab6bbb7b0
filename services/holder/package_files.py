"""The files of return packages: what was made of each, and where the next one begins."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from chassis.database import Pool
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


async def forget_files(tx: Transaction, order_id: str) -> None:
    """A package is made once more, from the beginning: what was made of it is forgotten."""
    await tx.execute("DELETE FROM fetched WHERE order_id = $1", order_id)
    await tx.execute("DELETE FROM package_file WHERE order_id = $1", order_id)


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
