"""Deletes or changes rows of a live table in short transactions, each written down before it commits."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from holder.executors import ExecutorFailed, Ledger
from holder.pace import Pace
from holder.statements import Statements

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]


async def carry_out_found(connection: "Connection", statements: Statements, ledger: Ledger, pace: Pace) -> bool:
    """Find rows and delete or change them; say whether there may be more."""
    bite = min(pace.bite, pace.rows)
    bites = await connection.fetch(statements.find(), *statements.arguments, bite, pace.found)
    found: int = sum(bite["count"] for bite in bites)
    deleted = 0
    blocked: asyncpg.LockNotAvailableError | None = None
    clock = asyncio.get_running_loop().time
    while bites:
        batch, began = bites[: pace.rows // bite], clock()
        try:
            gone, taken = await _delete(connection, statements, batch, ledger, until=began + pace.held_s)
        except asyncpg.LockNotAvailableError as error:
            blocked, gone, taken = error, 0, len(batch)
        deleted, bites = deleted + gone, bites[taken:]
        await asyncio.sleep(pace.rest * (clock() - began))
    if blocked is not None and not deleted:
        raise blocked
    if found and not deleted:
        raise ExecutorFailed(f"rows of {statements.source.table} stay as they are: a trigger or a rule keeps them so")
    return found == pace.found or deleted < found


async def _delete(
    connection: "Connection", statements: Statements, bites: Sequence[asyncpg.Record], ledger: Ledger, *, until: float
) -> tuple[int, int]:
    """One batch: written down while it is deleted, committed once both are done; how many rows and bites it took."""
    count = sum(bite["count"] for bite in bites)
    async with connection.transaction():
        transaction = await connection.fetchval("SELECT pg_current_xact_id()::text")
        written, taken = await asyncio.gather(
            ledger.intend(count, transaction),
            _take(connection, statements, [bite["places"] for bite in bites], until=until),
            return_exceptions=True,
        )
        if isinstance(written, BaseException):
            raise written
        if isinstance(taken, BaseException):
            await ledger.settle(0)
            raise taken
        deleted, _ = taken
        if deleted != count:  # some went, or moved, since they were found; or the batch ends early
            await ledger.correct(deleted)
    return taken


async def _take(
    connection: "Connection", statements: Statements, bites: Sequence[str], *, until: float
) -> tuple[int, int]:
    """Short statements: whoever waits for a core or a page comes in between. The first is taken however long it was."""
    deleted = taken = 0
    for places in bites:
        status = await connection.execute(statements.carry_out(), *statements.arguments, places)
        deleted, taken = deleted + int(status.rpartition(" ")[2]), taken + 1
        if asyncio.get_running_loop().time() >= until:
            break
    return deleted, taken
