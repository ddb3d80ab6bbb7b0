"""The embedded PostgreSQL."""

from functools import partial
from pathlib import Path

import asyncpg
import pytest

from embedded import postgres as postgres_module
from embedded.postgres import EmbeddedPostgres
from embedded.process import Launch, ServerError

pytestmark = pytest.mark.servers


async def _remember(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE kept (note text)")
    await connection.execute("INSERT INTO kept VALUES ('notice')")
    await connection.close()


async def _remembered(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    note: str = await connection.fetchval("SELECT note FROM kept")
    await connection.close()
    return note


def _has_sockets_directory(server: EmbeddedPostgres) -> bool:
    return Path(server.dsn().partition("?host=")[2]).exists()


async def test_each_test_has_its_own_database(database: str) -> None:
    """A fresh database holds no table."""
    connection = await asyncpg.connect(database)
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert tables == 0


async def test_it_is_honest(server_home: Path) -> None:
    """A commit is on the disk: nothing that makes it safe is switched off for speed, unless that is asked for."""
    server = EmbeddedPostgres(server_home)
    await server.start()
    try:
        connection = await asyncpg.connect(server.dsn())
        names = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
        settings = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in names}
        await connection.close()
    finally:
        await server.stop()
    assert settings == dict.fromkeys(names, "on")


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_restart(server_home: Path, how: str) -> None:
    """A committed row outlives an orderly stop and a SIGKILL, and the DSN stays the same."""
    server = EmbeddedPostgres(server_home)
    try:
        await server.start()
        dsn = server.dsn()
        await _remember(dsn)
        await (server.kill() if how == "kill" else server.stop())
        with pytest.raises(OSError, match=r".*"):
            await asyncpg.connect(dsn)
        await server.start()
        assert server.dsn() == dsn
        assert await _remembered(dsn) == "notice"
    finally:
        await server.stop()


async def test_a_second_one_on_the_same_home(server_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, and its stop takes nothing from the one that runs: new connections still reach that."""
    first, second = EmbeddedPostgres(server_home), EmbeddedPostgres(server_home)
    try:
        await first.start()
        await _remember(first.dsn())
        monkeypatch.setattr(postgres_module, "Launch", partial(Launch, lock_within_s=0.1))
        with pytest.raises(ServerError, match="in use by another running Dutiful"):
            await second.start()
        await second.stop()
        assert await _remembered(first.dsn()) == "notice"
    finally:
        await first.stop()
    assert not _has_sockets_directory(first)


async def test_kill_under_load(server_home: Path) -> None:
    """A restart waits for the children of a killed postmaster that are still at work."""
    server = EmbeddedPostgres(server_home)
    try:
        await server.start()
        busy = await asyncpg.connect(server.dsn())
        await busy.execute("CREATE TABLE load AS SELECT n FROM generate_series(1, 100000) n")
        await server.kill()
        await server.start()
        connection = await asyncpg.connect(server.dsn())
        assert await connection.fetchval("SELECT count(*) FROM load") == 100_000
        await connection.close()
        busy.terminate()
    finally:
        await server.stop()


async def test_a_home_with_a_long_path(server_home: Path) -> None:
    """A home whose path is too long for a Unix socket works all the same, and its sockets leave nothing behind."""
    server = EmbeddedPostgres(server_home / ("long" * 30))
    try:
        await server.start()
        await _remember(server.dsn())
        assert await _remembered(server.dsn()) == "notice"
        assert _has_sockets_directory(server)
    finally:
        await server.stop()
    assert not _has_sockets_directory(server)


async def test_create_database_twice(postgres: EmbeddedPostgres) -> None:
    """Creating a database that is there changes nothing; a name that would need quotes is refused."""
    await postgres.create_database("twice")
    await postgres.create_database("twice")
    with pytest.raises(ValueError, match="no plain database name"):
        await postgres.create_database('x"; DROP DATABASE twice')
