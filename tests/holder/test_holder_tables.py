"""The PostgreSQL executor on a real database: exactly the client's rows, counted exactly, whatever comes between."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.holder.crm import CALLS, SCHEMA, Memory, Stopped, fill

from holder.data_map import Scope, TableSource
from holder.executors import ExecutorFailed, Intent
from holder.pace import Pace
from holder.tables import TableExecutor

pytestmark = pytest.mark.servers
PACE = Pace(rows=10, rest=0)
Reach = Callable[..., TableExecutor]
HOSTILE = ("'; DROP TABLE crm.call; --", '" OR true --', "%", "acme' OR '1'='1", "$1", "{client}", "acme\\")


@pytest.fixture
async def crm(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The platform's own connection to its database."""
    connection = await asyncpg.connect(database, server_settings={"timezone": "UTC"})
    await connection.execute(SCHEMA)
    yield connection
    await connection.close()


@pytest.fixture
async def reach(database: str, crm: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[Reach]:
    """Makes executors of tables of the platform's, and closes them."""
    async with AsyncExitStack() as stack:

        def _reach(source: TableSource, pace: Pace = PACE, *, user: str = "postgres") -> TableExecutor:
            executor = TableExecutor(source, database.replace("postgres@", f"{user}@"), pace)
            stack.push_async_callback(executor.close)
            return executor

        yield _reach


@pytest.fixture
def calls(reach: Reach) -> TableExecutor:
    """The executor of its calls."""
    return reach(CALLS)


async def _left(crm: "asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    rows = await crm.fetch("SELECT client_id, count(*) FROM crm.call GROUP BY client_id")
    return {row["client_id"]: row["count"] for row in rows}


async def test_a_client_goes_and_the_others_stay(
    calls: TableExecutor, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Every row of the client, counted once; the second look finds none, a second run deletes none."""
    await fill(crm, acme=105, acme2=7, borealis=30)
    ledger = Memory()
    assert (await calls.count(Scope("acme"))).count == 105
    await calls.erase(Scope("acme"), ledger)
    assert (ledger.counted, ledger.intent) == (105, None)
    assert await _left(crm) == {"acme2": 7, "borealis": 30}
    assert (await calls.count(Scope("acme"))).count == 0
    again = Memory()
    await calls.erase(Scope("acme"), again)
    assert again.counted == 0


async def test_only_what_is_older_than_the_cut_off_goes(
    calls: TableExecutor, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """The row of the very instant stays, and so does one without a time."""
    await fill(crm, acme=48)
    await crm.execute("INSERT INTO crm.call (call_id, client_id) VALUES (1000, 'acme')")
    scope = Scope("acme", datetime(2026, 1, 2, tzinfo=UTC))
    ledger = Memory()
    await calls.erase(scope, ledger)
    assert ledger.counted == 23
    assert await crm.fetchval("SELECT min(started_at) FROM crm.call") == scope.before
    assert await _left(crm) == {"acme": 26}
    assert (await calls.count(scope)).count == 0


async def test_of_many_those_are_found_who_have_something(
    calls: TableExecutor, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Asked for at once, by whatever name and cut-off: exactly those of whom a count finds rows, in their order."""
    await fill(crm, **{f"client-{n}": 30 for n in range(0, 120, 7)}, **{HOSTILE[0]: 3, HOSTILE[-1]: 3})
    names = [*HOSTILE, *[f"client-{n}" for n in range(120)]]
    days = (None, *[datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)])
    scopes = [Scope(name, days[n % 4], days[n // 4 % 4]) for n, name in enumerate(names)]
    counted = [scope for scope in scopes if (await calls.count(scope)).count]
    assert await calls.having(scopes) == counted
    whole = [Scope(name) for name in names]
    assert await calls.having(whole) == [scope for scope in whole if (await calls.count(scope)).count]
    assert 0 < len(counted) < len(await calls.having(whole)) < len(names)


@pytest.mark.parametrize("after_commit", [True, False])
async def test_a_run_that_ends_in_the_middle_counts_exactly(
    calls: TableExecutor, crm: "asyncpg.Connection[asyncpg.Record]", *, after_commit: bool
) -> None:
    """Whether the last batch was committed or not, PostgreSQL tells the run that goes on."""
    await fill(crm, acme=95)
    ledger = Memory()
    ledger.stop_at = 4
    with pytest.raises(Stopped):
        await calls.erase(Scope("acme"), ledger)
    assert await _left(crm) == {"acme": 65}, "the batch that was written down was rolled back"
    if after_commit:
        ledger.intent = await _commit_unheard(crm, ledger)
    await calls.erase(Scope("acme"), ledger)
    assert ledger.counted == 95


async def _commit_unheard(crm: "asyncpg.Connection[asyncpg.Record]", ledger: Memory) -> Intent | None:
    """A batch that is committed while nobody is left to hear of it."""
    async with crm.transaction():
        await crm.execute("DELETE FROM crm.call WHERE call_id IN (SELECT min(call_id) FROM crm.call)")
        await ledger.settle(0)
        ledger.stop_at = 0
        await ledger.intend(1, await crm.fetchval("SELECT pg_current_xact_id()::text"))
    return ledger.intent


@pytest.mark.parametrize("client_id", HOSTILE)
async def test_a_hostile_client_reaches_its_own_rows_alone(
    calls: TableExecutor, crm: "asyncpg.Connection[asyncpg.Record]", client_id: str
) -> None:
    """A client id is a value, whatever it looks like."""
    await fill(crm, acme=3)
    await crm.execute("INSERT INTO crm.call (call_id, client_id, started_at) VALUES (900, $1, now())", client_id)
    ledger = Memory()
    await calls.erase(Scope(client_id), ledger)
    assert ledger.counted == 1
    assert await _left(crm) == {"acme": 3}


async def test_rows_of_another_kind_stay(reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Where a table holds several categories, `only` tells them apart."""
    await fill(crm, acme=6)
    await crm.execute("UPDATE crm.call SET kind = 'it''s a fax' WHERE call_id <= 2")
    faxes = reach(CALLS.model_copy(update={"only": {"kind": "it's a fax"}}))
    ledger = Memory()
    await faxes.erase(Scope("acme", datetime(2027, 1, 1, tzinfo=UTC)), ledger)
    assert ledger.counted == 2
    assert await _left(crm) == {"acme": 4}


async def test_rows_that_somebody_holds_are_waited_for_without_standing_in_the_way(
    calls: TableExecutor, crm: "asyncpg.Connection[asyncpg.Record]", database: str
) -> None:
    """The others go meanwhile; once it is let go of, it goes too."""
    await fill(crm, acme=40)
    other = await asyncpg.connect(database)
    holding = other.transaction()
    await holding.start()
    await other.execute("UPDATE crm.call SET note = 'held' WHERE call_id = 1")
    ledger = Memory()
    with pytest.raises(asyncpg.LockNotAvailableError):
        await calls.erase(Scope("acme"), ledger)
    assert await _left(crm) == {"acme": 10}, "the batch with the held row waits, and no other"
    await holding.commit()
    await other.close()
    await calls.erase(Scope("acme"), ledger)
    assert ledger.counted == 40
    assert await _left(crm) == {}


async def test_a_map_that_does_not_match_is_refused_by_name(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """A missing table, missing columns, a key that isn't unique; and an order doesn't start."""
    gone = reach(CALLS.model_copy(update={"table": "crm.calls"}))
    assert await gone.lacks() == ["table crm.calls is missing"]
    wrong = CALLS.model_copy(update={"client_column": "tenant", "time_column": "at", "only": {"sort": "x"}})
    assert await reach(wrong).lacks() == [
        "client_column: crm.call has no column tenant",
        "time_column: crm.call has no column at",
        "only: crm.call has no column sort",
    ]
    loose = reach(CALLS.model_copy(update={"key": ("note",)}))
    assert await loose.lacks() == ["key: no unique index of crm.call is on note alone, all NOT NULL"]
    with pytest.raises(ExecutorFailed, match=r"table crm\.calls is missing"):
        await gone.erase(Scope("acme"), Memory())


async def test_what_this_role_may_not_see_is_no_emptiness(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """A right that is missing, and rows that a policy hides, are told instead of counted as none."""
    await fill(crm, acme=3)
    await crm.execute("DROP ROLE IF EXISTS narrow_holder")
    await crm.execute("CREATE ROLE narrow_holder LOGIN")
    await crm.execute("GRANT USAGE ON SCHEMA crm TO narrow_holder; GRANT SELECT ON crm.call TO narrow_holder")
    await crm.execute("ALTER TABLE crm.call ENABLE ROW LEVEL SECURITY")
    narrow = reach(CALLS, user="narrow_holder")
    assert await narrow.lacks() == [
        "the role narrow_holder may not DELETE crm.call",
        "row security hides rows of crm.call from this role",
    ]
    with pytest.raises(ExecutorFailed):
        await narrow.count(Scope("acme"))
    await crm.execute("DROP OWNED BY narrow_holder; DROP ROLE narrow_holder")


async def test_what_the_database_refuses_is_told(
    calls: TableExecutor, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Rows that others refer to, and rows that a trigger keeps."""
    await fill(crm, acme=3)
    await crm.execute("CREATE TABLE crm.note (call_id bigint REFERENCES crm.call)")
    await crm.execute("INSERT INTO crm.note VALUES (1)")
    with pytest.raises(ExecutorFailed, match=r"crm\.call: .*violates.*foreign key"):
        await calls.erase(Scope("acme"), Memory())
    await crm.execute("DROP TABLE crm.note")
    await crm.execute("CREATE RULE kept AS ON DELETE TO crm.call DO INSTEAD NOTHING")
    with pytest.raises(ExecutorFailed):
        await calls.erase(Scope("acme"), Memory())


async def test_a_client_that_the_column_can_not_hold_is_told(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Its rows may be there under another id, so that nothing is claimed."""
    await crm.execute("CREATE TABLE crm.fax (fax_id uuid PRIMARY KEY, owner uuid NOT NULL)")
    source = TableSource(kind="table", database="crm", table="crm.fax", client_column="owner", key=("fax_id",))
    with pytest.raises(ExecutorFailed, match="uuid"):
        await reach(source).erase(Scope("acme"), Memory())
    with pytest.raises(ExecutorFailed, match="names no time_column"):
        await reach(source).count(Scope("acme", datetime(2026, 1, 1, tzinfo=UTC)))


async def test_the_export_goes_on_after_a_key(reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]") -> None:
    """File by file in the order of the key, each row once, nothing of another client."""
    await fill(crm, acme=50, borealis=5)
    small = reach(CALLS, Pace(rows=10, rest=0, file_bytes=1500))
    lines: list[dict[str, object]] = []
    files = 0
    after: JsonValue = None
    while True:
        sink = io.BytesIO()
        exported = await small.export(Scope("acme"), after, sink)
        if exported is None:
            break
        rows = [json.loads(line) for line in sink.getvalue().splitlines()]
        assert len(rows) == exported.records
        lines, files, after = lines + rows, files + 1, exported.after
    assert files > 3
    assert [row["call_id"] for row in lines] == list(range(1, 51))
    assert lines[0] == {
        "call_id": 1,
        "client_id": "acme",
        "kind": "call",
        "started_at": "2026-01-01T01:00:00+00:00",
        "note": "call 1",
    }


async def test_the_export_as_csv_has_the_columns_that_the_map_names(
    reach: Reach, crm: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """With a header, RFC 4180."""
    await fill(crm, acme=1)
    await crm.execute("""UPDATE crm.call SET note = 'say "hi", twice'""")
    source = CALLS.model_copy(update={"format": "csv", "columns": ("call_id", "note")})
    sink = io.BytesIO()
    assert await reach(source).export(Scope("acme"), None, sink)
    assert sink.getvalue() == b'call_id,note\r\n1,"say ""hi"", twice"\r\n'


_CLIENTS = st.sampled_from(("acme", "acme2", "ACME", "borealis"))
_ROWS = st.lists(st.tuples(_CLIENTS, st.integers(0, 20)), max_size=40)
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_ROWS, client_id=_CLIENTS, hour=st.none() | st.integers(0, 21), stop_at=st.integers(0, 5))
def test_what_goes_is_exactly_the_clients_and_older_than_the_cut_off(
    database: str, rows: list[tuple[str, int]], client_id: str, hour: int | None, stop_at: int
) -> None:
    """Whatever the rows, the client, the cut-off and the place at which the first run ends."""

    async def run() -> None:
        crm = await asyncpg.connect(database, server_settings={"timezone": "UTC"})
        await crm.execute("DROP SCHEMA IF EXISTS crm CASCADE")
        await crm.execute(SCHEMA)
        table = [(n, whose, _EPOCH + timedelta(hours=at)) for n, (whose, at) in enumerate(rows)]
        await crm.executemany("INSERT INTO crm.call (call_id, client_id, started_at) VALUES ($1, $2, $3)", table)
        scope = Scope(client_id, None if hour is None else _EPOCH + timedelta(hours=hour))
        ledger = Memory()
        ledger.stop_at = stop_at
        executor = TableExecutor(CALLS, database, Pace(rows=3, rest=0, found=7))
        try:
            await executor.erase(scope, ledger)
        except Stopped:
            await executor.erase(scope, ledger)
        gone = {n for n, whose, at in table if whose == client_id and (scope.before is None or at < scope.before)}
        left = {row["call_id"] for row in await crm.fetch("SELECT call_id FROM crm.call")}
        assert left == {n for n, _, _ in table} - gone
        assert ledger.counted == len(gone)
        await executor.close()
        await crm.close()

    asyncio.run(run())
