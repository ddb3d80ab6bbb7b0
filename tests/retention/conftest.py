"""Retention on a real database, with its API and its handlers in this process; what it says stays in its outbox."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from tests.retention.desk import STARTS_AT, Desk

from agreement import default_path
from agreement.book import Book
from chassis.access import Access, make_key
from chassis.clock import VirtualClock
from chassis.database import open_pool
from chassis.metrics import Metrics
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.service import Runtime, prepare
from chassis.telemetry import Telemetry
from retention.app import Retention
from retention.settings import RetentionSettings


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Retention with the shipped agreement, at nine in the morning of a Tuesday."""
    key, certificate_key = tmp_path / "token.key", tmp_path / "certificate.key"
    make_key(key)
    make_key(certificate_key)
    settings = RetentionSettings(database_url=SecretStr(database), token_key=key, certificate_key=certificate_key)
    app = Retention(Book.read(default_path()), settings)
    await prepare(app, settings)
    clock, metrics, telemetry = VirtualClock(STARTS_AT), Metrics(app.name), Telemetry(app.name, None)
    pool = await open_pool(database, app.name, settings.connections)
    relay = Relay(app.name, settings, clock, metrics, telemetry)
    processor = Processor(app.name, app, pool, clock, relay, metrics, telemetry)
    runtime = Runtime(settings, clock, pool, processor, metrics, telemetry, Access(issuer=None, key=key))
    async with processor.transaction() as tx:
        await app.begin(tx)
    transport = httpx.ASGITransport(app.api(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://retention") as http:
        yield Desk(app.book, app, runtime, clock, key, http, count())
    await pool.close()
