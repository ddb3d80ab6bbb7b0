"""Retention on a real database, with its API and its handlers in this process; what it says stays in its outbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.desk import opened, shipped
from tests.retention.desk import Desk

from agreement.book import Book
from agreement.schema import Agreement
from chassis.access import make_key
from retention.app import Retention
from retention.settings import RetentionSettings


def shorter() -> Agreement:
    """A version of before, by which contacts go a year earlier."""
    agreement = shipped()
    rules = [
        each.model_copy(update={"n": 2}) if each.category == "crm_contacts" else each for each in agreement.retention
    ]
    return agreement.model_copy(update={"version": "0", "retention": tuple(rules)})


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Retention with the shipped agreement, at nine in the morning of a Tuesday."""
    key, certificate_key = tmp_path / "token.key", tmp_path / "certificate.key"
    make_key(key)
    make_key(certificate_key)
    settings = RetentionSettings(database_url=SecretStr(database), token_key=key, certificate_key=certificate_key)
    app = Retention(Book.of_agreements([shipped(), shorter()]), settings)
    async with opened(app, settings) as (runtime, clock, http):
        yield Desk(book=app.book, app=app, runtime=runtime, clock=clock, key=key, http=http)
