"""Migrations: forward only, once, whoever comes first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from tests.chassis.eventually import WITHIN_S

from chassis.database import connect
from chassis.migrations import CHASSIS_TABLES, Migration, MigrationRefused, migrate, shipped, wait_until_migrated
from embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.servers

_FIRST = Migration("clerk/001_note", "CREATE TABLE note (text text NOT NULL)")
_SECOND = Migration("clerk/002_note_author", "ALTER TABLE note ADD COLUMN author text NOT NULL DEFAULT 'unknown'")


@pytest.fixture
async def roles(postgres: EmbeddedPostgres, database: str) -> AsyncIterator[tuple[str, str]]:
    """The DSNs of two roles that may make a schema each, as a deployment makes them."""
    names = [f"role_{uuid4().hex}" for _ in range(2)]
    owner = await asyncpg.connect(database)
    for name in names:
        await owner.execute(f"CREATE ROLE {name} LOGIN; GRANT CREATE ON DATABASE {_name(database)} TO {name}")
    yield postgres.dsn(names[0], _name(database)), postgres.dsn(names[1], _name(database))
    for name in names:
        await owner.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
    await owner.close()


def _name(dsn: str) -> str:
    return dsn.partition("@/")[2].partition("?")[0]


async def _columns(dsn: str, schema: str) -> dict[str, list[str]]:
    connection = await connect(dsn, schema)
    rows = await connection.fetch(
        """
        SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
          FROM information_schema.columns
         WHERE table_schema = $1
         GROUP BY table_name
        """,
        schema,
    )
    await connection.close()
    return {row["table_name"]: row["columns"] for row in rows}


async def test_an_empty_database(database: str) -> None:
    """Schema and tables are made in the service's own schema and nowhere else, in the order of the files."""
    applied = await migrate(database, "clerk", [*shipped(CHASSIS_TABLES), _FIRST, _SECOND])
    assert applied[-2:] == ["clerk/001_note", "clerk/002_note_author"]
    tables = await _columns(database, "clerk")
    assert set(tables) == {"migration", "inbox", "outbox", "agenda", "trail", "bound_person", "note"}
    assert tables["note"] == ["text", "author"]
    assert await _columns(database, "public") == {}


async def test_twice(database: str) -> None:
    """Nothing is applied a second time."""
    assert await migrate(database, "clerk", [_FIRST])
    assert await migrate(database, "clerk", [_FIRST]) == []


async def test_from_the_version_before(database: str) -> None:
    """What is new is added to what is there; the rows stay."""
    await migrate(database, "clerk", [_FIRST])
    connection = await connect(database, "clerk")
    await connection.execute("INSERT INTO note VALUES ('kept')")
    assert await migrate(database, "clerk", [_FIRST, _SECOND]) == ["clerk/002_note_author"]
    assert await connection.fetchval("SELECT text || ' ' || author FROM note") == "kept unknown"
    await connection.close()


async def test_the_version_before_still_starts(database: str) -> None:
    """During a rollout the older version finds a schema that is newer than itself, and goes on."""
    await migrate(database, "clerk", [_FIRST, _SECOND])
    assert await migrate(database, "clerk", [_FIRST]) == []


async def test_an_edited_file_is_refused(database: str) -> None:
    """A file that was edited after it was applied is named, and nothing that comes after it is applied."""
    await migrate(database, "clerk", [_FIRST])
    edited = Migration(_FIRST.name, "CREATE TABLE note (text text)")
    with pytest.raises(MigrationRefused, match=r"clerk/001_note\.sql was edited"):
        await migrate(database, "clerk", [edited, _SECOND])
    assert (await _columns(database, "clerk"))["note"] == ["text"]


async def test_one_that_fails_leaves_nothing_behind(database: str) -> None:
    """A file is applied whole or not at all; those before it stay, and the next start tries again."""
    half = Migration("clerk/002_half", "CREATE TABLE half (n int); SELECT 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(database, "clerk", [_FIRST, half])
    assert set(await _columns(database, "clerk")) == {"migration", "note"}
    mended = Migration("clerk/002_half", "CREATE TABLE half (n int)")
    assert await migrate(database, "clerk", [_FIRST, mended]) == ["clerk/002_half"]


async def test_many_processes_at_once(database: str) -> None:
    """Of processes that start together one applies each file; the others wait for it and find it done."""
    applied = await asyncio.gather(*[migrate(database, "clerk", [_FIRST, _SECOND]) for _ in range(4)])
    assert sorted(applied, key=len) == [[], [], [], ["clerk/001_note", "clerk/002_note_author"]]


async def test_a_new_version_waits_until_its_migrations_are_applied(database: str) -> None:
    """It waits while there is no schema and while one file is missing, applies nothing, and goes on by itself."""
    waiting = asyncio.create_task(wait_until_migrated(database, "clerk", [_FIRST, _SECOND]))
    await migrate(database, "clerk", [_FIRST])
    await wait_until_migrated(database, "clerk", [_FIRST])
    assert not waiting.done()
    assert (await _columns(database, "clerk"))["note"] == ["text"]
    await migrate(database, "clerk", [_FIRST, _SECOND])
    async with asyncio.timeout(WITHIN_S):
        await waiting


async def test_a_role_sees_its_own_schema_alone(roles: tuple[str, str]) -> None:
    """Each service's role makes its own schema and can't read another's tables."""
    clerk, archive = roles
    await migrate(clerk, "clerk", [_FIRST])
    await migrate(archive, "archive", [_FIRST])
    connection = await connect(archive, "archive")
    assert await connection.fetch("SELECT text FROM note") == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT text FROM clerk.note")
    await connection.close()


def test_files_are_ordered(tmp_path: Path) -> None:
    """The chassis's files come before the service's, each folder's by name; a name tells whose it is."""
    folder = tmp_path / "clerk" / "migrations"
    folder.mkdir(parents=True)
    for name in ("002_b.sql", "001_a.sql", "README.md"):
        (folder / name).write_text("SELECT 1")
    names = [migration.name for migration in shipped(CHASSIS_TABLES, folder)]
    assert names[0].startswith("chassis/0001")
    assert names[-2:] == ["clerk/001_a", "clerk/002_b"]
