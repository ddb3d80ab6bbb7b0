"""Forward-only migrations of a service's schema, under an advisory lock, each in a transaction of its own.

A release's migrations must be safe while the version before still runs: they add, and take a short `lock_timeout`.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import structlog

from chassis.database import connect
from chassis.errors import Unable, while_down

log = structlog.get_logger()
CHASSIS_TABLES = Path(__file__).parent / "tables"
_LOOK_S = 0.5


class MigrationRefused(Unable):
    """What is applied and what is shipped differ; the text says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One `.sql` file; `name` is its place in the order."""

    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, to notice that an applied file was edited."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped(*folders: Path) -> list[Migration]:
    """The migrations in these folders, each folder's in the order of their names."""
    return [
        Migration(f"{folder.parent.name}/{path.stem}", path.read_text())
        for folder in folders
        for path in sorted(folder.glob("*.sql"))
    ]


async def migrate(dsn: str, schema: str, migrations: Sequence[Migration]) -> list[str]:
    """Apply what is missing to `schema`; return the names applied. Safe to run from many processes at once."""
    connection = await connect(dsn, schema)
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", f"dutiful-migrate-{schema}")
        await connection.execute("SET lock_timeout = '5s'")
        await _prepare(connection, schema)
        return await _apply(connection, migrations)
    finally:
        await connection.close()


async def wait_until_migrated(dsn: str, schema: str, migrations: Sequence[Migration]) -> None:
    """Return once all of them are applied, by whom ever; waits while the database is down too."""
    names = [migration.name for migration in migrations]
    async for attempt in while_down("look for migrations"):
        with attempt:
            connection = await connect(dsn, schema)
            try:
                while missing := await _missing(connection, names):
                    log.info("waiting for migrations", missing=missing)
                    await asyncio.sleep(_LOOK_S)
            finally:
                await connection.close()


async def _missing(connection: "asyncpg.Connection[asyncpg.Record]", names: Sequence[str]) -> list[str]:
    if not await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
        return list(names)
    rows = await connection.fetch("SELECT name FROM migration WHERE name = ANY($1)", names)
    return sorted(set(names) - {row["name"] for row in rows})


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]", schema: str) -> None:
    if not await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", schema):
        await connection.execute(f'CREATE SCHEMA "{schema}"')
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS migration (
            name       text PRIMARY KEY,
            digest     text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migrations: Sequence[Migration]) -> list[str]:
    rows = await connection.fetch("SELECT name, digest FROM migration")
    applied = {row["name"]: row["digest"] for row in rows}
    unknown = sorted(applied.keys() - {migration.name for migration in migrations})
    if unknown:
        log.warning("the schema is newer than this version", migrations=unknown)
    fresh: list[str] = []
    for migration in migrations:
        if migration.name not in applied:
            await _apply_one(connection, migration)
            fresh.append(migration.name)
        elif applied[migration.name] != migration.digest:
            raise MigrationRefused(
                f"{migration.name}.sql was edited after it was applied; restore it and add a new file instead"
            )
    return fresh


async def _apply_one(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO migration (name, digest) VALUES ($1, $2)", migration.name, migration.digest
        )
    log.info("migrated", migration=migration.name)
