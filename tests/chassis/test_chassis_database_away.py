"""A service while its database is away: it says so, waits, goes on, and stops within its bound."""

import asyncio

import httpx
import pytest
from tests.chassis.bus import Bus
from tests.chassis.clerk import question
from tests.chassis.conftest import Effects, RunClerk
from tests.chassis.eventually import eventually

from chassis.service import Service
from embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.servers


@pytest.fixture
async def database(own_postgres: EmbeddedPostgres) -> str:
    """A database that may be killed, in place of the shared one."""
    return own_postgres.dsn()


async def _answers(service: Service, path: str, status: int) -> bool:
    async with httpx.AsyncClient(base_url=service.url, timeout=30) as http:
        return (await http.get(path)).status_code == status


async def test_the_service_waits_and_goes_on(
    own_postgres: EmbeddedPostgres, bus: Bus, run_clerk: RunClerk, heard: Effects
) -> None:
    """Alive and not ready while the database is down; what is published then has its effect afterwards, once."""
    service = await run_clerk()
    await eventually(lambda: _answers(service, "/health/ready", 200))
    await bus.publish("question", question("one"))
    await bus.hear("answer", 1)
    await own_postgres.kill()
    await bus.publish("question", question("two"), question("one"))
    await eventually(lambda: _answers(service, "/health/ready", 503))
    assert await _answers(service, "/health/live", 200)
    async with httpx.AsyncClient(base_url=service.url, timeout=30) as http:
        assert (await http.get("/health/ready")).json()["database"] is False
    await own_postgres.start()
    await bus.publish("question", question("two"), question("end"))
    await bus.hear("answer", lambda answers: len({answer.id for answer in answers}) == 3)
    assert await heard() == ["one", "two", "end"]
    await eventually(lambda: _answers(service, "/health/ready", 200))


async def test_the_service_stops_within_its_bound(
    own_postgres: EmbeddedPostgres, bus: Bus, run_clerk: RunClerk, heard: Effects
) -> None:
    """A stop doesn't wait for the database to come back; what was in hand is done by the next process."""
    service = await run_clerk()
    await bus.publish("question", question("one"))
    await bus.hear("answer", 1)
    await own_postgres.stop()
    await bus.publish("question", question("two"))
    await eventually(lambda: _answers(service, "/health/ready", 503))
    async with asyncio.timeout(60):  # a stop that waited for the database would never end
        await service.stop()
    await own_postgres.start()
    await run_clerk()
    await bus.hear("answer", lambda answers: len({answer.id for answer in answers}) == 2)  # the first may come twice
    assert await heard() == ["one", "two"]
