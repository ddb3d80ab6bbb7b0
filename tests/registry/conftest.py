"""The registry on a real database, with its API and its handlers in this process; what it says stays in its outbox."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from tests.registry.desk import STARTS_AT, Desk

from agreement import default_path
from agreement.book import Book
from agreement.loading import load
from chassis.access import Access, make_key
from chassis.clock import VirtualClock
from chassis.database import open_pool
from chassis.metrics import Metrics
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.service import Runtime, prepare
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from subprocessor_registry.app import Registry


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A registry with the shipped agreement and a version 0 before it, at nine in the morning of a Tuesday."""
    key = tmp_path / "token.key"
    make_key(key)
    settings = Settings(database_url=SecretStr(database), token_key=key)
    shipped = load(default_path())
    app = Registry(Book.of_agreements([shipped, shipped.model_copy(update={"version": "0"})]))
    await prepare(app, settings)
    clock, metrics, telemetry = VirtualClock(STARTS_AT), Metrics(app.name), Telemetry(app.name, None)
    pool = await open_pool(database, app.name, settings.connections)
    relay = Relay(app.name, settings, clock, metrics, telemetry)
    processor = Processor(app.name, app, pool, clock, relay, metrics, telemetry)
    runtime = Runtime(settings, clock, pool, processor, metrics, telemetry, Access(issuer=None, key=settings.token_key))
    async with processor.transaction() as tx:
        await app.begin(tx)
    transport = httpx.ASGITransport(app.api(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://registry") as http:
        yield Desk(app.book, runtime, clock, key, http, count())
    await pool.close()
