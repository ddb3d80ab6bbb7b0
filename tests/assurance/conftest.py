"""The assurance service on a real database, with its API and its handlers in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.assurance.desk import Desk
from tests.desk import opened

from agreement import default_path
from agreement.book import Book
from assurance.app import Assurance
from assurance.settings import AssuranceSettings
from chassis.access import make_key


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """The service with the shipped agreement, at nine in the morning of a Tuesday in Paris's winter."""
    key = tmp_path / "token.key"
    make_key(key)
    settings = AssuranceSettings(database_url=SecretStr(database), token_key=key, documents_per_client=5)
    app = Assurance(Book.read(default_path()), settings)
    async with opened(app, settings) as (runtime, clock, http):
        yield Desk(app=app, runtime=runtime, clock=clock, key=key, http=http)
