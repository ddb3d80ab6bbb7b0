"""What the tests of the chassis share: a schema of their own with the chassis's tables."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from tests.chassis.bus import Bus
from tests.chassis.clerk import Clerk
from tests.chassis.office import NAME, Office

from chassis.clock import Clock, SystemClock
from chassis.database import Pool, connect, open_pool
from chassis.dead_letters import topic_of
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.service import Service, prepare
from chassis.settings import Settings
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres


@pytest.fixture
async def schema(database: str) -> str:
    """The DSN of a fresh database whose schema `clerk` has the chassis's tables."""
    await migrate(database, NAME, shipped(CHASSIS_TABLES))
    return database


@pytest.fixture
async def pool(schema: str) -> AsyncIterator[Pool]:
    """Connections that see these tables."""
    connections = await open_pool(schema, NAME, 6)
    yield connections
    await connections.close()


@pytest.fixture
async def own_kafka(server_home: Path) -> AsyncIterator[EmbeddedKafka]:
    """A broker that may be killed."""
    broker = EmbeddedKafka(server_home)
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def own_postgres(server_home: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A database server that may be killed."""
    server = EmbeddedPostgres(server_home)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def bus(kafka: EmbeddedKafka) -> Bus:
    """An outside client with a prefix of its own."""
    return Bus(kafka.bootstrap, f"{uuid4().hex}.")


@pytest.fixture
async def settings(bus: Bus, schema: str) -> Settings:
    """What the service is told: this test's topics and database."""
    return Settings(kafka=bus.bootstrap, database_url=SecretStr(schema), topic_prefix=bus.prefix)


OpenOffice = Callable[..., Awaitable[Office]]


@pytest.fixture
async def open_office(settings: Settings) -> AsyncIterator[OpenOffice]:
    """Opens one more process of the service."""
    offices: list[Office] = []

    async def _open(clock: Clock | None = None) -> Office:
        offices.append(Office(settings, clock or SystemClock()))
        await offices[-1].open()
        return offices[-1]

    yield _open
    await asyncio.gather(*[office.close() for office in offices])


@pytest.fixture
async def clerk() -> Clerk:
    """A service's app, with a name of its own."""
    return Clerk()


@pytest.fixture
def partitions() -> int:
    """How many partitions a topic has: with one, all that is published has one order."""
    return 1


@pytest.fixture
async def clerk_settings(bus: Bus, database: str, clerk: Clerk, partitions: int) -> Settings:
    """Settings of the clerk; its schema is there, and so are its topics."""
    settings = Settings(
        kafka=bus.bootstrap,
        database_url=SecretStr(database),
        topic_prefix=bus.prefix,
        stop_within=timedelta(seconds=1),
    )
    await prepare(clerk, settings)
    await bus.make("question", "answer", topic_of(clerk.name), partitions=partitions)
    return settings


RunClerk = Callable[..., Awaitable[Service]]


@pytest.fixture
async def run_clerk(clerk: Clerk, clerk_settings: Settings) -> AsyncIterator[RunClerk]:
    """Starts one more process of the clerk."""
    services: list[Service] = []

    async def _run(clock: Clock | None = None) -> Service:
        services.append(Service(clerk, clerk_settings, clock or SystemClock()))
        await services[-1].start()
        return services[-1]

    yield _run
    await asyncio.gather(*[service.stop() for service in services])


Effects = Callable[[], Awaitable[list[str]]]


@pytest.fixture
def heard(clerk: Clerk, clerk_settings: Settings) -> Effects:
    """What had its effect on the clerk, in order."""

    async def _heard() -> list[str]:
        connection = await connect(clerk_settings.database_url.get_secret_value(), clerk.name)
        rows = await connection.fetch("SELECT text FROM heard ORDER BY position")
        await connection.close()
        return [row["text"] for row in rows]

    return _heard
