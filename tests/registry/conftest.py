"""The registry on a real database, with its API and its handlers in this process; what it says stays in its outbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.desk import opened, shipped
from tests.registry.desk import Desk

from agreement.book import Book
from chassis.access import make_key
from chassis.settings import Settings
from subprocessor_registry.app import Registry


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A registry with the shipped agreement and a version 0 before it, at nine in the morning of a Tuesday."""
    key = tmp_path / "token.key"
    make_key(key)
    settings = Settings(database_url=SecretStr(database), token_key=key)
    app = Registry(Book.of_agreements([shipped(), shipped().model_copy(update={"version": "0"})]))
    async with opened(app, settings) as (runtime, clock, http):
        yield Desk(book=app.book, runtime=runtime, clock=clock, key=key, http=http)
