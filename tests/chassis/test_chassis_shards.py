"""Shards: processes share them fairly, and no two ever own one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest
from tests.chassis.eventually import eventually

from chassis.database import connect
from chassis.errors import is_down
from chassis.outbox import SHARDS
from chassis.shards import Shards

pytestmark = pytest.mark.servers

_ALL = frozenset(range(SHARDS))


class _Process:
    """One process's connection and its share."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", schema: str, work: str) -> None:
        self.connection = connection
        self.shards = Shards(connection, schema, work, SHARDS)

    @property
    def owned(self) -> frozenset[int]:
        return self.shards.owned


Join = Callable[..., Awaitable[_Process]]


@pytest.fixture
async def join(database: str) -> AsyncIterator[Join]:
    """Makes one more process that shares the work."""
    processes: list[_Process] = []

    async def _join(schema: str = "clerk", work: str = "outbox") -> _Process:
        processes.append(_Process(await connect(database, schema), schema, work))
        return processes[-1]

    yield _join
    for process in processes:
        await process.connection.close()


def _disjoint(*processes: _Process) -> bool:
    return sum(len(process.owned) for process in processes) == len(frozenset.union(*(p.owned for p in processes)))


async def _settle(*processes: _Process) -> None:
    """Everyone looks until nobody has anything to change; never do two own one shard on the way."""
    quiet = 0
    while quiet < 2:  # in the first round a newcomer may only be noticed
        changes = [await process.shards.balance() for process in processes]
        assert _disjoint(*processes)
        quiet = 0 if any(changes) else quiet + 1


async def test_alone(join: Join) -> None:
    """A process that is alone takes everything at its first look, and a second look changes nothing."""
    process = await join()
    assert process.owned == frozenset()
    assert await process.shards.balance()
    assert process.owned == _ALL
    assert not await process.shards.balance()


@pytest.mark.parametrize(("count", "shares"), [(2, [8, 8]), (3, [4, 6, 6]), (5, [0, 4, 4, 4, 4])])
async def test_fair_shares(join: Join, count: int, shares: list[int]) -> None:
    """Processes that come later get their share from those that are there; nobody has more than its share."""
    processes: list[_Process] = []
    for _ in range(count):
        processes.append(await join())
        await _settle(*processes)
        assert frozenset.union(*(process.owned for process in processes)) == _ALL
    assert sorted(len(process.owned) for process in processes) == shares


async def test_more_processes_than_shards(join: Join) -> None:
    """Whoever is too many owns nothing, and the rest own everything."""
    processes = [await join() for _ in range(SHARDS + 1)]
    await _settle(*processes)
    assert sorted(len(process.owned) for process in processes) == [0] + [1] * SHARDS


@pytest.mark.parametrize("how", ["closes", "is killed"])
async def test_a_dead_connection_frees_its_shards(join: Join, database: str, how: str) -> None:
    """What a process owned is free when its connection is gone, however it went; its own next look fails."""
    one, two = await join(), await join()
    await _settle(one, two)
    if how == "closes":
        await one.connection.close()
    else:
        await two.connection.fetchval("SELECT pg_terminate_backend($1)", one.connection.get_server_pid())

    async def taken_over() -> bool:
        await two.shards.balance()
        return two.owned == _ALL

    await eventually(taken_over)
    with pytest.raises((asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError)) as lost:
        await one.shards.balance()
    assert is_down(lost.value)


async def test_never_two_owners(join: Join) -> None:
    """While processes come and go in any order, no shard ever has two owners, and none stays without one."""
    there = [await join()]
    for step in range(12):
        if step % 3 == 2:
            gone = there.pop(step % len(there))
            await gone.connection.close()
        else:
            there.append(await join())
        for process in there[:: (-1) ** step]:
            await process.shards.balance()
            assert _disjoint(*there)
    await _settle(*there)
    assert frozenset.union(*(process.owned for process in there)) == _ALL


async def test_work_of_different_kinds(join: Join) -> None:
    """The shares of one kind of work, or of one service, take nothing from another's."""
    processes = [await join(), await join(work="delivery"), await join(schema=f"archive_{uuid4().hex}")]
    for process in processes:
        await process.shards.balance()
    assert [process.owned for process in processes] == [_ALL] * 3
