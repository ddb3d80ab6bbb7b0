"""The executor of keys: destroying one is an erasure with its own evidence, and the second look finds no key."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
from tests.holder.crm import Memory, Stopped

from holder.data_map import KeySource, Scope
from holder.executors import ExecutorFailed
from holder.keys import KeyExecutor
from shredding import KeyDestroyed, MasterKey, PostgresKeys, Shredder

pytestmark = pytest.mark.servers
ACME = Scope("acme")


@pytest.fixture
async def shredder(database: str) -> AsyncIterator[Shredder]:
    """A platform that encrypts under keys of clients."""
    pool = await asyncpg.create_pool(database, min_size=1, max_size=2)
    keys = PostgresKeys(pool)
    await keys.make_table()
    yield Shredder(keys, MasterKey(secrets.token_bytes(32)))
    await pool.close()


async def test_the_key_goes_and_with_it_what_it_opened(database: str, shredder: Shredder) -> None:
    """Counted once through a kill before or after it; others' keys stay."""
    executor = KeyExecutor(KeySource(kind="key", vault="main"), "faxes", database, "shredding.data_key")
    mine, other = [await shredder.encrypt(who, "faxes", b"hello") for who in ("acme", "borealis")]
    ledger = Memory()
    assert (await executor.count(ACME)).count == 1
    ledger.stop_at = 1
    with pytest.raises(Stopped):
        await executor.erase(ACME, ledger)
    await executor.erase(ACME, ledger)
    assert (ledger.counted, (await executor.count(ACME)).count) == (1, 0)
    with pytest.raises(KeyDestroyed):
        await shredder.decrypt("acme", "faxes", mine)
    assert await shredder.decrypt("borealis", "faxes", other) == b"hello"
    again = Memory()
    await executor.erase(ACME, again)
    assert again.counted == 0
    await executor.close()


async def test_a_key_that_was_destroyed_unheard_is_counted(database: str, shredder: Shredder) -> None:
    """A run was killed between the destruction and the word about it."""
    await shredder.encrypt("acme", "faxes", b"hello")
    executor = KeyExecutor(KeySource(kind="key", vault="main"), "faxes", database, "shredding.data_key")
    await executor.erase(ACME, Memory())
    ledger = Memory()
    await ledger.intend(1, await _key_id(database))
    await executor.erase(ACME, ledger)
    assert ledger.counted == 1
    await executor.close()


async def _key_id(database: str) -> str:
    connection = await asyncpg.connect(database)
    key_id: bytes = await connection.fetchval("SELECT key_id FROM shredding.data_key")
    await connection.close()
    return key_id.hex()


async def test_a_part_of_the_time_can_not_be_shredded(database: str, shredder: Shredder) -> None:
    """One key opens all of a category: an order with a cut-off is refused; so is a vault that isn't there."""
    executor = KeyExecutor(KeySource(kind="key", vault="main"), "faxes", database, "shredding.data_key")
    with pytest.raises(ExecutorFailed, match="for a part of the time"):
        await executor.erase(Scope("acme", datetime(2026, 1, 1, tzinfo=UTC)), Memory())
    await executor.close()
    nowhere = KeyExecutor(KeySource(kind="key", vault="main"), "faxes", database, "shredding.nothing")
    assert await nowhere.lacks() == ["table shredding.nothing is missing"]
    await nowhere.close()
