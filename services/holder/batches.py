"""Deletes the rows of a live table in short transactions of short statements, each written down before it commits.

Rows are found by a cursor on a connection of its own, as many as the next transaction takes: no statement, not even
the one that looks, keeps a core for long.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from holder.executors import ExecutorFailed, Ledger
from holder.pace import Pace, Rest
from holder.statements import Statements

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]


async def erase_found(
    connection: "Connection", looking: "Connection", statements: Statements, ledger: Ledger, pace: Pace
) -> bool:
    """Find rows and delete them; say whether there may be more."""
    found = deleted = 0
    blocked: asyncpg.LockNotAvailableError | None = None
    rest, clock = Rest(pace.rest), asyncio.get_running_loop().time
    async with looking.transaction(readonly=True):
        cursor = await looking.cursor(statements.find(), *statements.arguments, pace.found)
        while places := [row["place"] for row in await cursor.fetch(pace.rows)]:
            found += len(places)
            while places:
                began = clock()
                try:
                    gone, taken = await _delete(connection, statements, places, ledger, pace)
                except asyncpg.LockNotAvailableError as error:
                    blocked, gone, taken = error, 0, len(places)
                deleted, places = deleted + gone, places[taken:]
                rest.worked(clock() - began)
                if rest.due_s:
                    began = clock()
                    await asyncio.sleep(rest.due_s)
                    rest.rested(clock() - began)
    if blocked is not None and not deleted:
        raise blocked
    if found and not deleted:
        raise ExecutorFailed(f"rows of {statements.source.table} stay: a trigger or a rule keeps them from going")
    return found == pace.found or deleted < found


async def _delete(
    connection: "Connection", statements: Statements, places: Sequence[str], ledger: Ledger, pace: Pace
) -> tuple[int, int]:
    """One batch: written down while it is deleted, committed once both are done; how many went, of how many places."""
    async with connection.transaction():
        transaction = await connection.fetchval("SELECT pg_current_xact_id()::text")
        written, taken = await asyncio.gather(
            ledger.intend(len(places), transaction),
            _take(connection, statements, places, pace),
            return_exceptions=True,
        )
        if isinstance(written, BaseException):
            raise written
        if isinstance(taken, BaseException):
            await ledger.settle(0)
            raise taken
        deleted, _ = taken
        if deleted != len(places):  # some went, or moved, since they were found; or the batch ends early
            await ledger.correct(deleted)
    return taken


async def _take(connection: "Connection", statements: Statements, places: Sequence[str], pace: Pace) -> tuple[int, int]:
    """Short statements: whoever waits for a core or a page comes in between. The first is taken however long it was."""
    deleted = taken = 0
    clock = asyncio.get_running_loop().time
    until = clock() + pace.held_s
    while taken < len(places):
        bite = places[taken : taken + pace.bite]
        array = '{"' + '","'.join(bite) + '"}'
        status = await connection.execute(statements.erase(), *statements.arguments, array)
        deleted, taken = deleted + int(status.rpartition(" ")[2]), taken + len(bite)
        if clock() >= until:
            break
    return deleted, taken
