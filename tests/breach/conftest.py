"""The breach service on a real database, with its API and its handlers in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.breach.desk import Desk
from tests.desk import opened, shipped

from agreement.book import Book
from agreement.schema import Agreement
from breach.app import Breach
from breach.settings import BreachSettings
from chassis.access import make_key


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
    async with opened(app, settings) as (runtime, clock, http):
        yield Desk(book=app.book, app=app, runtime=runtime, clock=clock, key=key, http=http)
