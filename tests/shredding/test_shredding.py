"""Crypto-shredding: what a client's key encrypted is readable while the key is there, and never after."""

import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shredding import KeyDestroyed, KeyUnknown, MasterKey, PostgresKeys, Shredder, Unreadable

pytestmark = pytest.mark.servers


@pytest.fixture
async def keys(database: str) -> AsyncIterator[PostgresKeys]:
    """An empty table of keys."""
    connection = await asyncpg.connect(database)
    keys = PostgresKeys(connection)
    await keys.make_table()
    await keys.make_table()
    yield keys
    await connection.close()


@pytest.fixture
def shredder(keys: PostgresKeys) -> Shredder:
    """Encrypts under a master key of the test's own."""
    return Shredder(keys, MasterKey(secrets.token_bytes(32)))


async def test_what_is_encrypted_is_read_until_the_key_is_destroyed(keys: PostgresKeys, shredder: Shredder) -> None:
    """Then neither is anything read nor anything new written; others are not touched."""
    stored = await shredder.encrypt("acme", "transcriptions", b"hello")
    other = await shredder.encrypt("borealis", "transcriptions", b"there")
    assert await shredder.decrypt("acme", "transcriptions", stored) == b"hello"
    assert b"hello" not in stored
    destroyed = await keys.destroy("acme", "transcriptions")
    assert destroyed is not None
    assert (destroyed.wrapped, await keys.destroy("acme", "transcriptions")) == (None, destroyed)
    with pytest.raises(KeyDestroyed):
        await shredder.decrypt("acme", "transcriptions", stored)
    with pytest.raises(KeyDestroyed):
        await shredder.encrypt("acme", "transcriptions", b"again")
    assert await shredder.decrypt("borealis", "transcriptions", other) == b"there"


async def test_a_key_opens_nothing_of_another(keys: PostgresKeys, shredder: Shredder) -> None:
    """Neither of another client nor of another category, nor with another master key, nor when a bit was changed."""
    stored = await shredder.encrypt("acme", "faxes", b"hello")
    await shredder.encrypt("acme", "transcriptions", b"x")
    await shredder.encrypt("borealis", "faxes", b"x")
    for whose in (("borealis", "faxes"), ("acme", "transcriptions")):
        with pytest.raises(Unreadable):
            await shredder.decrypt(*whose, stored)
    with pytest.raises(KeyUnknown):
        await shredder.decrypt("cedar", "faxes", stored)
    with pytest.raises(Unreadable, match="changed"):
        await shredder.decrypt("acme", "faxes", stored[:-1] + bytes([stored[-1] ^ 1]))
    with pytest.raises(Unreadable):
        await shredder.decrypt("acme", "faxes", b"DSH1")
    with pytest.raises(ValueError, match="another master key"):
        await Shredder(keys, MasterKey(secrets.token_bytes(32))).decrypt("acme", "faxes", stored)


async def test_a_key_that_was_swapped_in_opens_nothing(database: str, shredder: Shredder) -> None:
    """A wrapped key is bound to its client: moved to another's row, it doesn't open."""
    stored = await shredder.encrypt("acme", "faxes", b"hello")
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE shredding.data_key SET client_id = 'mallory' WHERE client_id = 'acme'")
    with pytest.raises(ValueError, match="another client"):
        await shredder.decrypt("mallory", "faxes", stored)
    await connection.close()


async def test_a_destroyed_key_leaves_the_table_s_pages(database: str, keys: PostgresKeys, shredder: Shredder) -> None:
    """The row that held it is no dead row that a copy of the file would still show."""
    await shredder.encrypt("acme", "faxes", b"hello")
    key = await keys.find("acme", "faxes")
    assert key is not None
    assert key.wrapped is not None
    connection = await asyncpg.connect(database)
    await connection.execute("CHECKPOINT")
    path = await connection.fetchval(
        "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('shredding.data_key')"
    )
    assert key.wrapped in await connection.fetchval("SELECT pg_read_binary_file($1)", path)
    await keys.destroy("acme", "faxes")
    await connection.execute("CHECKPOINT")
    assert key.wrapped not in await connection.fetchval("SELECT pg_read_binary_file($1)", path)
    await connection.close()


def test_a_master_key_has_its_length() -> None:
    """A shorter one is refused, and so is a table's name that is none."""
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(b"short")
    with pytest.raises(ValueError, match="no schema"):
        PostgresKeys(None, "a.b; drop")  # type: ignore[arg-type]
