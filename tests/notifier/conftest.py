"""The notifier on a real database, with its API and its handlers in this process; what it says stays in its outbox."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from tests.notifier.desk import STARTS_AT, Desk

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
from chassis.telemetry import Telemetry
from embedded.smtp import HOST, SmtpSink
from notifier.app import Notifier
from notifier.mail import MailSettings
from notifier.settings import NotifierSettings
from notifier.webhooks import WebhookSettings

OpenDesk = Callable[[WebhookSettings], Awaitable[Desk]]


@pytest.fixture
async def open_desk(database: str, smtp: SmtpSink, tmp_path: Path) -> AsyncIterator[OpenDesk]:
    """Opens a notifier with the shipped agreement, at nine in the morning of a Tuesday."""
    key = tmp_path / "token.key"
    make_key(key)
    async with AsyncExitStack() as stack:

        async def _open(webhooks: WebhookSettings) -> Desk:
            mail = MailSettings(host=HOST, port=smtp.port, security="none", sender="notices@quicktalk.test")
            settings = NotifierSettings(database_url=SecretStr(database), token_key=key, webhooks=webhooks, mail=mail)
            shipped = load(default_path())
            book = Book.of_agreements([shipped, shipped.model_copy(update={"version": "0"})])
            app = Notifier(book, settings)
            await prepare(app, settings)
            clock, metrics, telemetry = VirtualClock(STARTS_AT), Metrics(app.name), Telemetry(app.name, None)
            pool = await open_pool(database, app.name, settings.connections)
            stack.push_async_callback(pool.close)
            relay = Relay(app.name, settings, clock, metrics, telemetry)
            processor = Processor(app.name, app, pool, clock, relay, metrics, telemetry)
            access = Access(issuer=None, key=settings.token_key)
            runtime = Runtime(settings, clock, pool, processor, metrics, telemetry, access)
            transport = httpx.ASGITransport(app.api(runtime))
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://notifier"))
            return Desk(app, runtime, clock, key, http, count())

        yield _open


@pytest.fixture
async def desk(open_desk: OpenDesk) -> Desk:
    """A notifier that sends webhooks to this machine too, where the receivers of the tests are."""
    return await open_desk(WebhookSettings(allow_loopback=True))


@pytest.fixture
async def guarded(open_desk: OpenDesk) -> Desk:
    """A notifier with the settings that production has."""
    return await open_desk(WebhookSettings())
