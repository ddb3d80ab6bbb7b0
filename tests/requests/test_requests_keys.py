"""The key that closes what is personal is changed while requests are open."""

import pytest
from pydantic import SecretStr
from tests.requests.desk import SECRET, VAULT_KEY, Desk

from chassis.vault import WrongKey, check_key
from requests_desk.closing import TABLES, close_all
from requests_desk.vault import Vault

pytestmark = pytest.mark.servers
NEW = SecretStr("another-key-of-more-than-thirty-two-chars")


async def test_all_that_is_closed_goes_over_to_the_new_key(desk: Desk) -> None:
    """Every table with something closed is among those that go over; afterwards the old key opens nothing."""
    pool = desk.runtime.pool
    rows = await pool.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'requests' AND column_name = 'closed'"
    )
    assert {row["table_name"] for row in rows} == {each.table for each in TABLES} | {"vault_check"}
    await desk.ask("dsar-1")
    old, both, new = (Vault(SecretStr(VAULT_KEY)), Vault(NEW, [SecretStr(VAULT_KEY)]), Vault(NEW))
    async with pool.acquire() as connection:
        with pytest.raises(WrongKey):
            await close_all(connection, new)
        assert await close_all(connection, both) >= 2
        assert await close_all(connection, both) == await close_all(connection, new) == 0
    closed = await pool.fetchval("SELECT closed FROM requester WHERE request_id = 'dsar-1'")
    assert SECRET.encode() in new.box.open(closed, "requester/dsar-1/1")
    async with desk.runtime.processor.transaction() as tx:
        await check_key(tx, new.box)
        with pytest.raises(WrongKey):
            await check_key(tx, old.box)


def test_the_same_words_are_known_by_the_key_of_before() -> None:
    """A request that was entered under the old key is found again while that is still named."""
    old, both = Vault(SecretStr(VAULT_KEY)), Vault(NEW, [SecretStr(VAULT_KEY)])
    assert old.marks("a")[0] in both.marks("a")
    assert both.marks("a")[0] == Vault(NEW).marks("a")[0] != old.marks("a")[0]
