"""The inbox: what was handled is handled once, whoever brings it again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from tests.chassis.eventually import eventually

from chassis import inbox
from chassis.database import Pool
from chassis.errors import KeyReused
from chassis.message import Cause

pytestmark = pytest.mark.servers

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _key(name: str) -> bytes:
    """Sixteen bytes, as a digest has them."""
    return name.ljust(16).encode()


@asynccontextmanager
async def _entered(pool: Pool, *names: str, now: datetime = _NOW) -> AsyncIterator[set[bytes]]:
    """A transaction that entered keys; those that were new."""
    async with pool.acquire() as connection:
        try:
            yield await inbox.begin(connection, [_key(name) for name in names], [], now)
        finally:
            await connection.execute("COMMIT")


async def _waits(pool: Pool) -> bool:
    """Whether some transaction of this database waits for another one's lock."""
    waiting: bool = await pool.fetchval(
        "SELECT true FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return waiting


async def test_new_keys_are_new_once(pool: Pool) -> None:
    """The first time a key is new, later it is not; one key among others makes no difference to them."""
    async with _entered(pool, "a", "b") as new:
        assert new == {_key("a"), _key("b")}
    async with _entered(pool, "b", "c") as new:
        assert new == {_key("c")}
    async with _entered(pool, "c") as new:
        assert new == set()


async def test_a_key_is_good_for_one_request(pool: Pool) -> None:
    """The same request comes again unharmed; another one under its key is refused; an event has none to be held to."""
    first = Cause("tests/api", "k-1", "f", request=b"one")
    async with pool.acquire() as connection:
        await inbox.begin(connection, [first.inbox_key, _key("bus")], [], _NOW)
        await inbox.match_request(connection, first, fresh=True)
        await inbox.match_request(connection, first, fresh=False)
        with pytest.raises(KeyReused) as caught:
            await inbox.match_request(connection, first._replace(request=b"another"), fresh=False)
        await inbox.match_request(connection, first._replace(request=None), fresh=False)
        await connection.execute("COMMIT")
    assert caught.value.field == "Idempotency-Key"


@pytest.mark.parametrize("commits", [True, False])
async def test_two_transactions_with_one_key(pool: Pool, commits: bool) -> None:  # noqa: FBT001
    """The second waits for the first: it finds the key known after a commit, and new after a rollback."""
    async with pool.acquire() as first, pool.acquire() as second:
        assert await inbox.begin(first, [_key("a"), _key("b")], [], _NOW) == {_key("a"), _key("b")}
        waiting = asyncio.create_task(inbox.begin(second, [_key("b"), _key("c")], [], _NOW))
        await eventually(lambda: _waits(pool))
        assert not waiting.done()
        await first.execute("COMMIT" if commits else "ROLLBACK")
        assert await waiting == ({_key("c")} if commits else {_key("b"), _key("c")})
        await second.execute("ROLLBACK")


async def test_forgotten_in_bites(pool: Pool) -> None:
    """Old keys go, a few at a time; young ones stay."""
    async with _entered(pool, *(f"old {number}" for number in range(5)), now=_NOW - timedelta(days=31)):
        pass
    async with _entered(pool, "young"):
        pass
    async with pool.acquire() as connection:
        bites = [await inbox.forget(connection, _NOW - timedelta(days=30), 2) for _ in range(4)]
        assert bites == [2, 2, 1, 0]
        assert await connection.fetchval("SELECT key FROM inbox") == _key("young")


async def test_forgetting_waits_for_nobody(pool: Pool) -> None:
    """Old keys are forgotten while a transaction that entered new ones is still open."""
    async with _entered(pool, "old", now=_NOW - timedelta(days=31)):
        pass
    async with pool.acquire() as connection, _entered(pool, "new"):
        assert await inbox.forget(connection, _NOW - timedelta(days=30), 10) == 1


def test_source_and_id_make_a_key() -> None:
    """CloudEvents makes source and id together unique: another source's event of the same id is another event."""
    keys = {Cause(source, name, "flow").inbox_key for source, name in (("a", "1"), ("b", "1"), ("a", "2"), ("a1", ""))}
    assert len(keys) == 4
    assert Cause("a", "1", "flow").inbox_key == Cause("a", "1", "another flow").inbox_key
