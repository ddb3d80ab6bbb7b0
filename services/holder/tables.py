"""PostgreSQL: rows go in small transactions, found by place and checked again as they go, counted exactly.

A batch writes its transaction's id down before it commits. PostgreSQL remembers what became of a transaction, so that
after a kill it tells whether the batch is gone (`pg_xact_status`), although the count is kept in another database.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg
from pydantic import JsonValue

from chassis.errors import is_down
from holder import tables_check
from holder.batches import carry_out_found
from holder.data_map import Scope, TableSource
from holder.executors import ExecutorFailed, Exported, Found, Ledger, Sink
from holder.pace import Pace
from holder.persons import Change
from holder.sifting import AT_ONCE, sift
from holder.statements import Statements, by_client

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

_SESSION: Final = {
    "search_path": "pg_catalog",
    "timezone": "UTC",
    "jit": "off",
    "lock_timeout": "200ms",  # less than `deadlock_timeout`: it is we who give way
    "idle_in_transaction_session_timeout": "0",  # a look stays open while what it found goes, and rests
    "row_security": "off",  # rows that a policy hides are an error, not rows that aren't there
    "application_name": "dutiful holder",
}
_ANSWERED_WITHIN_S: Final = 3600
_FETCH: Final = 500
_ASK_AGAIN_S: Final = 0.1


class TableExecutor:
    """Reaches the rows of one table, over connections that it opens when it needs them."""

    def __init__(self, source: TableSource, dsn: str, pace: Pace) -> None:
        self._source = source
        self._dsn = dsn
        self._pace = pace
        self._connection: Connection | None = None
        self._looking: Connection | None = None
        self._shape: tables_check.Shape | None = None

    async def lacks(self) -> list[str]:
        """What the map names and the database doesn't have."""
        return (await tables_check.look(await self._connected(), self._source)).lacks

    async def count(self, scope: Scope) -> Found:
        """How many rows are there."""
        connection, statements = await self._ready(scope)
        with _told(self._source, scope):
            return Found(await connection.fetchval(statements.count(), *statements.arguments), self._source.unit)

    async def having(self, scopes: Sequence[Scope]) -> Sequence[Scope]:
        """Those of whom rows are there, asked for many at a time."""
        connection, types = await self._looked()
        there: list[Scope] = []
        with _told(self._source):
            for first in range(0, len(scopes), AT_ONCE):
                some = scopes[first : first + AT_ONCE]
                query, arguments = sift(self._source, types, some)
                there += [some[row["nth"] - 1] for row in await connection.fetch(query, *arguments)]
        return there

    async def erase(self, scope: Scope, ledger: Ledger) -> None:
        """Delete batch by batch; a batch whose rows others hold is passed by and tried again."""
        await self._carry_out(scope, None, ledger)

    async def change(self, scope: Scope, change: Change, ledger: Ledger) -> None:
        """Correct or mark rows batch by batch."""
        await self._carry_out(scope, change, ledger)

    async def resolve(self, ledger: Ledger) -> None:
        """A killed run left a batch of which nobody heard: its transaction tells whether it is gone."""
        while ledger.intent is not None:
            connection = await self._connected()
            status = await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", ledger.intent.mark)
            if status == "in progress":  # the server has not yet noticed that its client is gone
                await asyncio.sleep(_ASK_AGAIN_S)
                continue
            await ledger.settle(ledger.intent.count if status == "committed" else 0)

    async def export(self, scope: Scope, after: JsonValue, sink: Sink) -> Exported | None:
        """Write the next rows, a file's worth, in the order of their key."""
        connection, statements = await self._ready(scope)
        with _told(self._source, scope):
            return await self._export(connection, statements, after, sink)

    async def clients(self) -> AsyncIterator[tuple[str, int]]:
        """Whoever has rows, and how many."""
        connection, types = await self._looked()
        query, arguments = by_client(self._source, types)
        with _told(self._source):
            async with connection.transaction(readonly=True):
                async for row in connection.cursor(query, *arguments, prefetch=_FETCH):
                    yield row["client_id"], row["count"]

    async def _carry_out(self, scope: Scope, change: Change | None, ledger: Ledger) -> None:
        connection, statements = await self._ready(scope, change)
        await self.resolve(ledger)
        if self._looking is None or self._looking.is_closed():
            self._looking = await self._open()  # kept: to open one costs more than a client of whom nothing is there
        with ExitStack() as failing, _told(self._source, scope):
            failing.callback(self._looking.terminate)
            while await carry_out_found(connection, self._looking, statements, ledger, self._pace):
                pass
            failing.pop_all()
        if ledger.intent is not None:
            await ledger.settle(ledger.intent.count)

    async def close(self) -> None:
        """Let go of the connections; what they had open is rolled back."""
        for connection in (self._connection, self._looking):
            if connection is not None:
                connection.terminate()
        self._connection = self._looking = None

    async def _export(
        self, connection: "Connection", statements: Statements, after: JsonValue, sink: Sink
    ) -> Exported | None:
        key = [str(each) for each in after] if isinstance(after, list) else []
        query, arguments = statements.export(after=bool(key)), [*statements.arguments, *key]
        written = records = 0
        last: JsonValue = None
        async with connection.transaction(readonly=True):
            async for row in connection.cursor(query, *arguments, prefetch=_FETCH):
                if not records and self._source.format == "csv":
                    sink.write(_csv(statements.columns))
                line = _csv(row["line"]) if self._source.format == "csv" else row["line"].encode() + b"\n"
                sink.write(line)
                records, written, last = records + 1, written + len(line), row["key"]
                if written >= self._pace.file_bytes:
                    break
        return Exported(f"{self._source.table}.{self._source.format}", records, last) if records else None

    async def _ready(self, scope: Scope, change: Change | None = None) -> "tuple[Connection, Statements]":
        connection, types = await self._looked()
        return connection, Statements(self._source, types, scope, change)

    async def _looked(self) -> "tuple[Connection, Mapping[str, str]]":
        """The connection, and the types of the table's columns; where the map doesn't fit, what is wrong."""
        connection = await self._connected()
        if self._shape is None:
            self._shape = await tables_check.look(connection, self._source)
        if self._shape.lacks:
            raise ExecutorFailed("; ".join(self._shape.lacks))
        return connection, self._shape.types

    async def _connected(self) -> "Connection":
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._open()
        return self._connection

    async def _open(self) -> "Connection":
        return await asyncpg.connect(self._dsn, server_settings=_SESSION, command_timeout=_ANSWERED_WITHIN_S)


@contextmanager
def _told(source: TableSource, scope: Scope | None = None) -> Iterator[None]:
    """What the database refuses, in words for people; what is only down is left to be tried again.

    Of a person not even the database's words are passed on: they may quote a value.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        if is_down(error):
            raise
        if scope is not None and scope.identifiers is not None:
            raise ExecutorFailed(f"{source.table}: {type(error).__name__} (SQLSTATE {error.sqlstate})") from None
        raise ExecutorFailed(f"{source.table}: {error.as_dict().get('message', type(error).__name__)}") from error


def _csv(cells: Sequence[str | None]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
