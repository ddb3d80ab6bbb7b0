"""The agenda: dated events wait, move, are cancelled, and go to the outbox on their day."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis import agenda, outbox
from chassis.agenda import Dated, Moved
from chassis.database import Pool
from chassis.outbox import SHARDS, Outgoing

pytestmark = pytest.mark.servers

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_ALL = range(SHARDS)


def _dated(name: str, days: float, value: str | None = None) -> Dated:
    return Dated(name, _NOW + timedelta(days=days), Outgoing("answer", "one key", "{}", (value or name).encode()))


async def _published(pool: Pool) -> list[str]:
    async with pool.acquire() as connection:
        return [(row.value or b"").decode() for row in await outbox.read(connection, _ALL, 10_000)]


async def test_due_events_go_out_oldest_first(pool: Pool) -> None:
    """What is due goes to the outbox in the order of its dates, then of its entry; what is to come stays."""
    entries = [_dated("third", -1), _dated("first", -3), _dated("tomorrow", 1), _dated("second", -2)]
    async with pool.acquire() as connection:
        await agenda.put(connection, [*entries, _dated("fourth", -1)])
        assert await agenda.move_due(connection, _NOW, 100) == Moved(4, _NOW - timedelta(days=3))
        assert await agenda.move_due(connection, _NOW, 100) == Moved(0, None)
        assert await agenda.next_due(connection) == _NOW + timedelta(days=1)
    assert await _published(pool) == ["first", "second", "third", "fourth"]


async def test_many_due_at_once(pool: Pool) -> None:
    """Bites take the oldest, and the order holds over all of them."""
    names = [f"{number:04}" for number in range(2500)]
    async with pool.acquire() as connection:
        await agenda.put(connection, [_dated(name, -int(name)) for name in names])
        moved = [(await agenda.move_due(connection, _NOW, 1000)).count for _ in range(4)]
    assert moved == [1000, 1000, 500, 0]
    assert await _published(pool) == names[::-1]


async def test_due_to_the_instant(pool: Pool) -> None:
    """An event is due at its instant, not before."""
    async with pool.acquire() as connection:
        await agenda.put(connection, [_dated("now", 0)])
        assert (await agenda.move_due(connection, _NOW - timedelta(microseconds=1), 100)).count == 0
        assert (await agenda.move_due(connection, _NOW, 100)).count == 1


async def test_the_same_name_moves(pool: Pool) -> None:
    """An entry of a name that is there replaces it, whole; within one call the last word counts."""
    async with pool.acquire() as connection:
        await agenda.put(connection, [_dated("a", 1), _dated("b", 1), _dated("b", -1, "b again")])
        await agenda.put(connection, [_dated("a", -2, "a again")])
        await agenda.move_due(connection, _NOW, 100)
        assert await agenda.next_due(connection) is None
    assert await _published(pool) == ["a again", "b again"]


async def test_a_few_entries_without_parameters_are_the_same(pool: Pool) -> None:
    """What shares the commit's round trip is entered as it would be with parameters: a name that is there moves."""
    columns = "SELECT name, due_at, shard, topic, key, headers, value FROM agenda ORDER BY name"
    entries = [_dated("it's \\ ; --", -1, "\u20ac'"), _dated("moved", 1), _dated("moved", 2)]
    async with pool.acquire() as connection:
        await agenda.put(connection, entries)
        put = await connection.fetch(columns)
        await agenda.put(connection, [_dated("moved", 5)])
        await connection.execute(f"BEGIN; {agenda.spelt(entries)}; COMMIT")
        assert await connection.fetch(columns) == put
    assert len(put) == 2


async def test_cancelled(pool: Pool) -> None:
    """What is cancelled never goes out; a name that is not there is no error."""
    async with pool.acquire() as connection:
        await agenda.put(connection, [_dated("a", -1), _dated("b", -1), _dated("c", -1)])
        await agenda.cancel(connection, ["a", "c", "unknown"])
        await agenda.move_due(connection, _NOW, 100)
    assert await _published(pool) == ["b"]


async def test_what_is_being_cancelled_is_left(pool: Pool) -> None:
    """An entry that another transaction is deleting holds up nobody, and goes out if that one is rolled back."""
    async with pool.acquire() as connection, pool.acquire() as other:
        await agenda.put(connection, [_dated("a", -2), _dated("b", -1)])
        cancelling = other.transaction()
        await cancelling.start()
        await agenda.cancel(other, ["a"])
        assert (await agenda.move_due(connection, _NOW, 100)).count == 1
        await cancelling.rollback()
        assert (await agenda.move_due(connection, _NOW, 100)).count == 1
    assert await _published(pool) == ["b", "a"]


async def test_moving_is_one_step(pool: Pool) -> None:
    """A move that is rolled back left nothing in the outbox and everything on the agenda."""
    async with pool.acquire() as connection:
        await agenda.put(connection, [_dated("a", -1)])
        transaction = connection.transaction()
        await transaction.start()
        assert (await agenda.move_due(connection, _NOW, 100)).count == 1
        await transaction.rollback()
        assert await agenda.size(connection) == 1
    assert await _published(pool) == []


async def test_the_size(pool: Pool) -> None:
    """How many wait is counted."""
    async with pool.acquire() as connection:
        assert await agenda.size(connection) == 0
        await agenda.put(connection, [_dated(str(number), number) for number in range(7)])
        assert await agenda.size(connection) == 7
