"""The breach service on a real database, with its API and its handlers in this process."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from tests.breach.desk import STARTS_AT, Desk
from tests.desk import shipped

from agreement.book import Book
from agreement.schema import Agreement
from breach.app import Breach
from breach.settings import BreachSettings
from chassis.access import Access, make_key
from chassis.clock import VirtualClock
from chassis.database import open_pool
from chassis.metrics import Metrics
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.service import Runtime, prepare
from chassis.telemetry import Telemetry


def shorter() -> Agreement:
    """A version of before, by which clients must know in two days."""
    agreement = shipped()
    period = agreement.periods.breach_notice.model_copy(update={"n": 48})
    periods = agreement.periods.model_copy(update={"breach_notice": period})
    return agreement.model_copy(update={"version": "0", "periods": periods})


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """The service with the shipped agreement, at nine in the morning of a Tuesday."""
    key = tmp_path / "token.key"
    make_key(key)
    settings = BreachSettings(database_url=SecretStr(database), token_key=key)
    app = Breach(Book.of_agreements([shipped(), shorter()]), settings)
    await prepare(app, settings)
    clock, metrics, telemetry = VirtualClock(STARTS_AT), Metrics(app.name), Telemetry(app.name, None)
    pool = await open_pool(database, app.name, settings.connections)
    relay = Relay(app.name, settings, clock, metrics, telemetry)
    processor = Processor(app.name, app, pool, clock, relay, metrics, telemetry)
    runtime = Runtime(settings, clock, pool, processor, metrics, telemetry, Access(issuer=None, key=key))
    async with processor.transaction() as tx:
        await app.begin(tx)
    transport = httpx.ASGITransport(app.api(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://breach") as http:
        yield Desk(app.book, app, runtime, clock, key, http, count())
    await pool.close()
