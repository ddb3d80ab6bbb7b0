"""The real servers and the world outside, started when the first test asks for them."""

import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import structlog
from hypothesis import settings

from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres
from embedded.receiver import WebhookReceiver
from embedded.smtp import SmtpSink

# The servers are started by a fork, in which gRPC's own handlers would run where a test has sent traces.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
settings.register_profile("any machine", deadline=None)  # no test asserts a time
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """What a command sets for its logs ends with its test, as the stream does that they went to."""
    before, level = structlog.get_config(), logging.getLogger("aiokafka").level
    yield
    structlog.configure(**before)
    logging.getLogger("aiokafka").setLevel(level)


@pytest.fixture(autouse=True)
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands keep between runs is kept for one test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / uuid4().hex))


@pytest.fixture(scope="session")
def progress(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Shows on the terminal what takes long the first time."""
    terminal = request.config.pluginmanager.getplugin("terminalreporter")
    return lambda line: terminal.write_line(f"· {line}") if terminal else None


@pytest.fixture
def server_home() -> Iterator[Path]:
    """A directory for one test's own servers; pytest's tmp_path is closed to other system users, and long."""
    yield from _temporary_home()


@pytest.fixture(scope="session")
def servers_home() -> Iterator[Path]:
    """The directory of the servers that all tests share."""
    yield from _temporary_home()


@pytest.fixture(scope="session")
async def kafka(servers_home: Path, progress: Callable[[str], None]) -> AsyncIterator[EmbeddedKafka]:
    """One broker for all tests: use topics of your own."""
    broker = EmbeddedKafka(servers_home, progress=progress)
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture(scope="session")
async def postgres(servers_home: Path, progress: Callable[[str], None]) -> AsyncIterator[EmbeddedPostgres]:
    """One database server for all tests; no test cuts the power, and those that kill a server have one of their own."""
    server = EmbeddedPostgres(servers_home, progress=progress, outlives_power=False)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
def spare_databases() -> list[str]:
    """Databases that a test has left and that were emptied: making one costs many times what emptying one does."""
    return []


@pytest.fixture
async def database(postgres: EmbeddedPostgres, spare_databases: list[str]) -> AsyncIterator[str]:
    """The DSN of an empty database that nobody else is connected to."""
    name = spare_databases.pop() if spare_databases else f"test_{uuid4().hex}"
    await postgres.create_database(name)
    yield postgres.dsn(database=name)
    await _empty(postgres.dsn(database=name))
    spare_databases.append(name)


async def _empty(dsn: str) -> None:
    """Whoever is connected still is sent away; no schema but an empty `public` is left."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        """
        SELECT pg_terminate_backend(pid, 5000)
          FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
        """
    )
    left = r"SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'"
    for row in await connection.fetch(left):
        await connection.execute(f"DROP SCHEMA {row[0]} CASCADE")
    await connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
    await connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    await connection.close()


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpSink]:
    """A mail server of the test's own."""
    sink = SmtpSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """A webhook receiver of the test's own."""
    endpoint = WebhookReceiver()
    await endpoint.start()
    yield endpoint
    await endpoint.stop()


def _temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="dutiful-"))
    yield home
    shutil.rmtree(home)
