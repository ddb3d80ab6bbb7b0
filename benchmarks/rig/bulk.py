"""Filling big tables: their indexes and constraints are made again afterwards, as a restored dump has them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]


@asynccontextmanager
async def without_indexes(connection: "Connection", schema: str, tables: Sequence[str]) -> AsyncIterator[None]:
    """Whatever is entered meanwhile is indexed, checked, vacuumed, analysed and on disk at the end."""
    constraints = await connection.fetch(
        """
        SELECT conrelid::regclass::text AS owner, conname, pg_get_constraintdef(oid) AS made_by
          FROM pg_constraint
         WHERE conrelid = ANY ($1::text[]::regclass[]) AND contype IN ('p', 'u', 'f')
         ORDER BY contype = 'f'
        """,
        [f"{schema}.{table}" for table in tables],
    )
    names = [row["conname"] for row in constraints]
    indexes = await connection.fetch(
        """
        SELECT indexname, indexdef FROM pg_indexes
         WHERE schemaname = $1 AND tablename = ANY ($2::text[]) AND indexname <> ALL ($3::text[])
        """,
        schema,
        tables,
        names,
    )
    for row in reversed(constraints):
        await connection.execute(f'ALTER TABLE {row["owner"]} DROP CONSTRAINT "{row["conname"]}"')
    for row in indexes:
        await connection.execute(f'DROP INDEX {schema}."{row["indexname"]}"')
    yield
    await connection.execute("SET maintenance_work_mem = '512MB'")
    for row in constraints:
        await connection.execute(f'ALTER TABLE {row["owner"]} ADD CONSTRAINT "{row["conname"]}" {row["made_by"]}')
    for row in indexes:
        await connection.execute(row["indexdef"])
    for table in tables:
        await connection.execute(f"VACUUM ANALYZE {schema}.{table}")
    await connection.execute("CHECKPOINT")
