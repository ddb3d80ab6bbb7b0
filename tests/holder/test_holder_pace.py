"""How a live table is spared: short statements, short transactions, and locks that are let go of when it is slow."""

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.holder.crm import CALLS, SCHEMA, Memory, fill

from holder.data_map import Scope
from holder.pace import Pace, Rest
from holder.tables import TableExecutor

Seen = list[tuple[int, ...]]
Erase = Callable[[Pace, float], Awaitable[Seen]]

_WATCHED = """
CREATE TABLE crm.seen (nth bigint GENERATED ALWAYS AS IDENTITY, transaction xid8, rows bigint);
CREATE FUNCTION crm.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(SLOW);
    INSERT INTO crm.seen (transaction, rows) SELECT pg_current_xact_id(), count(*) FROM gone;
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER DELETE ON crm.call REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION crm.note();
"""


@pytest.fixture
async def crm(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The platform's own connection to its database."""
    connection = await asyncpg.connect(database)
    await connection.execute(SCHEMA)
    yield connection
    await connection.close()


@pytest.fixture
def erase(database: str, crm: "asyncpg.Connection[asyncpg.Record]") -> Erase:
    """Deletes 95 rows at a pace; the rows of each statement, by transaction, and the exact count."""

    async def _erase(pace: Pace, slow_s: float) -> Seen:
        await crm.execute(_WATCHED.replace("SLOW", str(slow_s)))
        await fill(crm, acme=95)
        executor, ledger = TableExecutor(CALLS, database, pace), Memory()
        await executor.erase(Scope("acme"), ledger)
        await executor.close()
        assert ledger.counted == 95
        rows = await crm.fetch(
            """
            SELECT array_agg(rows ORDER BY nth) AS rows
              FROM crm.seen WHERE rows > 0 GROUP BY transaction ORDER BY min(nth)
            """
        )
        return [tuple(row["rows"]) for row in rows]

    return _erase


@pytest.mark.servers
async def test_a_transaction_is_made_of_short_statements(erase: Erase) -> None:
    """Of at most so many rows each; the last ones hold what is left."""
    assert await erase(Pace(rows=30, bite=10, rest=0), 0) == [(10, 10, 10)] * 3 + [(5,)]


@pytest.mark.servers
async def test_a_transaction_that_is_slow_ends_early(erase: Erase) -> None:
    """Where each statement takes longer than rows may be locked, each is a transaction; nothing is left out or lost."""
    pace = Pace(rows=50, bite=20, rest=0, held_s=0.01)
    assert await erase(pace, 0.02) == [(20,), (20,), (10,), (20,), (20,), (5,)]


@pytest.mark.servers
@pytest.mark.parametrize("short", ["bite", "rows"])
async def test_a_look_goes_on_while_rows_go(erase: Erase, short: str) -> None:
    """However few rows one look finds, none is left and none is counted twice."""
    pace = Pace(rows=30, bite=10, rest=0, found=40).model_copy(update={short: 7})
    assert sum(sum(each) for each in await erase(pace, 0)) == 95


@given(st.floats(0, 20), st.lists(st.floats(0, 0.5), max_size=40))
def test_what_is_owed_is_rested(part: float, worked: list[float]) -> None:
    """Rests are a part of the work, and what is too little for a timer is not forgotten; too long a rest counts."""
    rest, rested = Rest(part), 0.0
    for seconds in worked:
        rest.worked(seconds)
        if due := rest.due_s:
            rest.rested(due + 0.001)
            rested += due + 0.001
    assert part * sum(worked) - rested + 1e-9 >= -0.001
    assert part * sum(worked) - rested < 0.0021
