"""The service `requests` on a real database, with its API and its handlers in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.desk import opened, shipped
from tests.requests.desk import VAULT_KEY, Desk

from agreement.book import Book
from chassis.access import make_key
from requests_desk.app import Requests
from requests_desk.settings import RequestsSettings


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """The service with the shipped agreement, at nine in the morning of a Tuesday; two clients have signed."""
    key = tmp_path / "token.key"
    make_key(key)
    settings = RequestsSettings(database_url=SecretStr(database), token_key=key, vault_key=SecretStr(VAULT_KEY))
    app = Requests(Book.of_agreements([shipped()]), settings)
    async with opened(app, settings) as (runtime, clock, http):
        desk = Desk(book=app.book, app=app, runtime=runtime, clock=clock, key=key, http=http)
        await desk.sign("acme", "Acme Télécom SAS")
        await desk.sign("borealis", "Borealis GmbH")
        desk.said.clear()
        yield desk
