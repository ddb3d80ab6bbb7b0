"""A service while a server neither answers nor refuses: it says so, and stops within its bound all the same."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from tests.chassis.bus import Bus
from tests.chassis.clerk import question
from tests.chassis.conftest import Effects, RunClerk
from tests.chassis.eventually import BOUND_S
from tests.chassis.wire import Wire

from chassis.service import Service
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture
async def wire(postgres: EmbeddedPostgres, server_home: Path) -> AsyncIterator[Wire]:
    """The only way to the database."""
    wire = Wire(server_home / "wire", Path(unquote(postgres.dsn().partition("?host=")[2])))
    await wire.start()
    yield wire
    await wire.stop()


async def _is_ready(service: Service, part: str) -> bool:
    """What readiness says of a part; it says it while the part is silent."""
    async with httpx.AsyncClient(base_url=service.url, timeout=BOUND_S) as http:
        parts: dict[str, bool] = (await http.get("/health/ready")).json()
        return parts[part]


class TestDatabase:
    """On a wire of its own."""

    @pytest.fixture
    async def database(self, database: str, wire: Wire) -> str:
        """The test's database, by way of the wire."""
        return f"{database.partition('?')[0]}?host={wire.here}"

    async def test_it_falls_silent(self, wire: Wire, bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
        """Not ready, and stopped in time; what was in hand has its effect once, by whichever process."""
        service = await run_clerk()
        await bus.publish("question", question("one"))
        await bus.hear("answer", 1)
        assert await _is_ready(service, "database")
        wire.fall_silent()
        await bus.publish("question", question("two"))
        # Asked more often at once than there are connections.
        assert not any(await asyncio.gather(*[_is_ready(service, "database") for _ in range(10)]))
        async with asyncio.timeout(BOUND_S):
            await service.stop()
        wire.speak()
        await run_clerk()
        await bus.hear("answer", lambda answers: len({answer.id for answer in answers}) == 2)
        assert await heard() == ["one", "two"]


class TestBroker:
    """One that can be frozen."""

    @pytest.fixture
    async def bus(self, own_kafka: EmbeddedKafka) -> Bus:
        """Its client."""
        return Bus(own_kafka.bootstrap, "")

    async def test_it_falls_silent(self, own_kafka: EmbeddedKafka, run_clerk: RunClerk) -> None:
        """Not ready while it is frozen, and stopped in time."""
        service = await run_clerk()
        assert own_kafka.pid is not None
        assert await _is_ready(service, "broker")
        os.kill(own_kafka.pid, signal.SIGSTOP)
        try:
            assert not await _is_ready(service, "broker")
            async with asyncio.timeout(BOUND_S):
                await service.stop()
        finally:
            os.kill(own_kafka.pid, signal.SIGCONT)
