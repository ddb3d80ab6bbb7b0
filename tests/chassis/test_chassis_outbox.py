"""The outbox: what is written with the state, in the order in which each key must be published."""

from datetime import UTC, datetime

import asyncpg
import pytest

from chassis import outbox
from chassis.database import Pool
from chassis.outbox import SHARDS, Outgoing

pytestmark = pytest.mark.servers

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_ALL = range(SHARDS)


def _row(key: str, value: bytes | None) -> Outgoing:
    return Outgoing("answer", key, '{"ce_id":"1"}', value)


async def test_keys_keep_their_order(pool: Pool) -> None:
    """Rows come back oldest first, across transactions and within one, and as they were written."""
    async with pool.acquire() as connection:
        await outbox.insert(connection, [_row("a", b"1"), _row("b", b"2")], _NOW)
        await outbox.insert(connection, [_row("a", b"3"), _row("a", None)], _NOW)
        rows = await outbox.read(connection, _ALL, 10)
    assert [(row.key, row.value) for row in rows] == [("a", b"1"), ("b", b"2"), ("a", b"3"), ("a", None)]
    assert {(row.topic, row.headers) for row in rows} == {("answer", '{"ce_id":"1"}')}


async def test_a_large_insert_keeps_its_order(pool: Pool) -> None:
    """The order within one statement holds however many rows it has."""
    values = [b"%d" % number for number in range(5000)]
    async with pool.acquire() as connection:
        await outbox.insert(connection, [_row("a", value) for value in values], _NOW)
        assert [row.value for row in await outbox.read(connection, _ALL, 10_000)] == values


_ODD = 'it\'s \\x41 "$1" -- ; DROP TABLE outbox; \u20ac \U0001f512'


async def test_a_few_rows_without_parameters_are_the_same(pool: Pool) -> None:
    """What shares the commit's round trip is written as it would be with parameters, whatever is in it."""
    rows = [Outgoing(_ODD, _ODD, _ODD, b"\x00\xff'"), _row("a", None), _row("a", b"")]
    async with pool.acquire() as connection:
        await outbox.insert(connection, rows, _NOW)
        await connection.execute(f"BEGIN; {outbox.spelt(rows, _NOW)}; COMMIT")
        found = await connection.fetch("SELECT shard, topic, key, headers, value, created_at FROM outbox ORDER BY seq")
    assert found[:3] == found[3:]
    assert [tuple(row)[1:5] for row in found[:3]] == [tuple(row) for row in rows]


async def test_only_these_shards(pool: Pool) -> None:
    """A relay reads the shards that it owns, and all rows of a key are in one shard."""
    keys = [f"key-{number}" for number in range(100)]
    async with pool.acquire() as connection:
        await outbox.insert(connection, [_row(key, None) for key in keys * 2], _NOW)
        parts = [await outbox.read(connection, [shard], 1000) for shard in _ALL]
        assert await outbox.read(connection, [], 1000) == []
    owners = [{row.key for row in part} for part in parts]
    assert sum(map(len, owners)) == len(set.union(*owners)) == 100
    assert sum(map(len, parts)) == 200


async def test_the_limit(pool: Pool) -> None:
    """A bite takes the oldest."""
    async with pool.acquire() as connection:
        await outbox.insert(connection, [_row("a", b"1"), _row("b", b"2"), _row("c", b"3")], _NOW)
        assert [row.key for row in await outbox.read(connection, _ALL, 2)] == ["a", "b"]


async def test_deleted_is_gone(pool: Pool) -> None:
    """What Kafka has is forgotten, and nothing else."""
    async with pool.acquire() as connection:
        await outbox.insert(connection, [_row("a", b"1"), _row("b", b"2"), _row("c", b"3")], _NOW)
        first, _, last = await outbox.read(connection, _ALL, 10)
        await outbox.delete(connection, [first.seq, last.seq])
        assert [row.key for row in await outbox.read(connection, _ALL, 10)] == ["b"]


async def test_nothing_without_a_commit(pool: Pool) -> None:
    """What a transaction said that is rolled back was never said."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await outbox.insert(connection, [_row("a", b"1")], _NOW)
        await transaction.rollback()
        assert await outbox.read(connection, _ALL, 10) == []


async def test_depth(pool: Pool) -> None:
    """How many wait, and since when the oldest does."""
    async with pool.acquire() as connection:
        assert await outbox.depth(connection) == (0, None)
        await outbox.insert(connection, [_row("a", b"1")], _NOW)
        await outbox.insert(connection, [_row("a", b"2")], _NOW.replace(hour=10))
        assert await outbox.depth(connection) == (2, _NOW)


async def test_text_that_postgresql_refuses(pool: Pool) -> None:
    """A key with a NUL is refused as wrong data, not as a broken connection: the message is at fault."""
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.DataError):
            await outbox.insert(connection, [_row("a\0b", b"1")], _NOW)
