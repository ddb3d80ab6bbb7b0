"""The notifier on a real database, with its API and its handlers in this process; what it says stays in its outbox."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.desk import opened, shipped
from tests.notifier.desk import Desk

from agreement.book import Book
from chassis.access import make_key
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
            settings = NotifierSettings(
                database_url=SecretStr(database),
                token_key=key,
                vault_key=SecretStr("k" * 32),
                webhooks=webhooks,
                mail=mail,
            )
            book = Book.of_agreements([shipped(), shipped().model_copy(update={"version": "0"})])
            app = Notifier(book, settings)
            runtime, clock, http = await stack.enter_async_context(opened(app, settings))
            return Desk(app=app, runtime=runtime, clock=clock, key=key, http=http)

        yield _open


@pytest.fixture
async def desk(open_desk: OpenDesk) -> Desk:
    """A notifier that sends webhooks to this machine too, where the receivers of the tests are."""
    return await open_desk(WebhookSettings(allow_loopback=True))


@pytest.fixture
async def guarded(open_desk: OpenDesk) -> Desk:
    """A notifier with the settings that production has."""
    return await open_desk(WebhookSettings())
