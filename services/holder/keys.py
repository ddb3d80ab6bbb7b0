"""Keys: destroying the one key of a client and category erases all that it encrypted, wherever copies lie."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from pydantic import JsonValue

from holder.data_map import KeySource, Scope
from holder.executors import ExecutorFailed, Exported, Found, Ledger, Sink
from holder.persons import Change
from shredding.postgres import PostgresKeys

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]


class KeyExecutor:
    """Reaches the key of a category. It holds no master key: it can destroy what it can't open."""

    def __init__(self, source: KeySource, category: str, dsn: str, table: str) -> None:
        self._source = source
        self._category = category
        self._dsn = dsn
        self._table = table
        self._connection: Connection | None = None

    async def lacks(self) -> list[str]:
        """What the map names and the vault doesn't have."""
        connection = await self._connected()
        if await connection.fetchval("SELECT to_regclass($1)", self._table) is None:
            return [f"table {self._table} is missing"]
        rights = "has_table_privilege($1::text, 'SELECT') AND has_table_privilege($1::text, 'UPDATE')"
        allowed = await connection.fetchval(f"SELECT {rights}", self._table)
        return [] if allowed else [f"this role may not SELECT and UPDATE {self._table}"]

    async def count(self, scope: Scope) -> Found:
        """1 as long as there is a key that opens something."""
        key = await (await self._keys(scope)).find(scope.client_id, self._category)
        return Found(int(key is not None and key.wrapped is not None), self._source.unit)

    async def having(self, scopes: Sequence[Scope]) -> Sequence[Scope]:
        """Each is one look at one key."""
        return scopes

    async def erase(self, scope: Scope, ledger: Ledger) -> None:
        """Destroy the key."""
        keys = await self._keys(scope)
        await self.resolve(ledger)
        key = await keys.find(scope.client_id, self._category)
        if key is not None and key.wrapped is not None:
            await ledger.intend(1, key.key_id.hex())
            await keys.destroy(scope.client_id, self._category)
            await ledger.settle(1)

    async def change(self, scope: Scope, change: Change, ledger: Ledger) -> None:  # noqa: ARG002
        """One key opens all of a category."""
        raise ExecutorFailed("a key opens all of a category: nothing of it can be corrected or marked")

    async def resolve(self, ledger: Ledger) -> None:
        """A key that was about to be destroyed says itself whether it is."""
        if ledger.intent is not None:
            key_id = bytes.fromhex(str(ledger.intent.mark))
            query = f"SELECT wrapped IS NULL FROM {self._table} WHERE key_id = $1"
            await ledger.settle(int(bool(await (await self._connected()).fetchval(query, key_id))))

    async def export(self, scope: Scope, after: JsonValue, sink: Sink) -> Exported | None:  # noqa: ARG002
        """A key is nothing to hand out: what it opens is another source of the category, or the platform's to give."""
        return None

    async def clients(self) -> AsyncIterator[tuple[str, int]]:
        """Who has a key that opens something."""
        connection = await self._connected()
        query = f"SELECT client_id FROM {self._table} WHERE category = $1 AND wrapped IS NOT NULL ORDER BY client_id"
        async with connection.transaction(readonly=True):
            async for row in connection.cursor(query, self._category):
                yield row["client_id"], 1

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _keys(self, scope: Scope) -> PostgresKeys:
        if scope.identifiers is not None:
            raise ExecutorFailed("a key opens all of a category: no person's data are told apart by it")
        if scope.dated:
            raise ExecutorFailed("a key opens all of a category: it can't be destroyed for a part of the time")
        if lacks := await self.lacks():
            raise ExecutorFailed("; ".join(lacks))
        return PostgresKeys(await self._connected(), self._table)

    async def _connected(self) -> "Connection":
        if self._connection is None or self._connection.is_closed():
            session = {"timezone": "UTC", "application_name": "dutiful holder"}
            self._connection = await asyncpg.connect(self._dsn, server_settings=session, command_timeout=60)
        return self._connection
