"""Who publishes which part of an outbox: processes share the shards by advisory locks, each shard held by one.

The locks live on one connection, and so does the work under them: a process that lost its locks can't go on.
"""

from hashlib import blake2b
from random import randrange

import asyncpg

from chassis.database import Connection


class Shards:
    """This process's fair share of `count` shards of `work` in `schema`."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", schema: str, work: str, count: int) -> None:
        self._connection = connection
        self._class = _lock_class(f"{schema}/{work}")
        self._members = _lock_class(f"{schema}/{work}/members")
        self._count = count
        self._joined = False
        self.owned: frozenset[int] = frozenset()

    async def balance(self) -> bool:
        """Take free shards up to a fair share, give back what is above it; say whether anything changed."""
        if not self._joined:
            await _join(self._connection, self._members)
            self._joined = True
        share = -(-self._count // await self._processes())
        before = self.owned
        held = set(before)
        for shard in sorted(held)[share:]:
            await self._connection.execute("SELECT pg_advisory_unlock($1, $2)", self._class, shard)
            held.discard(shard)
        for shard in range(self._count):
            if len(held) < share and shard not in held and await self._take(shard):
                held.add(shard)
        self.owned = frozenset(held)
        return self.owned != before

    async def _take(self, shard: int) -> bool:
        taken: bool = await self._connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", self._class, shard)
        return taken

    async def _processes(self) -> int:
        count: int = await self._connection.fetchval(
            """
            SELECT count(*)
              FROM pg_locks
             WHERE locktype = 'advisory' AND granted AND objsubid = 2
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid = $1
            """,
            self._members % 2**32,
        )
        return max(count, 1)


async def _join(connection: Connection, members: int) -> None:
    """Hold a lock that only says: one more process is here."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", members, randrange(2**31)):
        pass


def _lock_class(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), signed=True)
