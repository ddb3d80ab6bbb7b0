"""The console on a real database, with its API and its handlers in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.console.desk import Desk
from tests.desk import opened

from agreement import default_path
from agreement.book import Book
from chassis.access import make_key
from console.app import Console
from console.settings import ConsoleSettings


@pytest.fixture
def settings(database: str, tmp_path: Path) -> ConsoleSettings:
    """With keys of its own."""
    key, evidence_key = tmp_path / "token.key", tmp_path / "evidence.key"
    make_key(key)
    make_key(evidence_key)
    return ConsoleSettings(database_url=SecretStr(database), token_key=key, evidence_key=evidence_key)


@pytest.fixture
async def desk(settings: ConsoleSettings) -> AsyncIterator[Desk]:
    """The service with the shipped agreement, at nine in the morning of a Tuesday."""
    assert settings.token_key is not None
    app = Console(Book.read(default_path()), settings)
    async with opened(app, settings) as (runtime, clock, http):
        yield Desk(app=app, runtime=runtime, clock=clock, key=settings.token_key, http=http)
