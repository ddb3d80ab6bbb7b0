"""How fast the holder deletes beside a plain DELETE in batches of the same size, and what a reader notices of it."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from uuid import uuid4

import asyncpg

from benchmarks.results import Results
from benchmarks.servers import Servers
from chassis.database import open_pool
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from holder.app import Holder
from holder.data_map import Scope, TableSource
from holder.jobs import Job, Kind
from holder.ledger import Part, PartLedger
from holder.pace import Pace
from holder.tables import TableExecutor

ROWS = 1_000_000
THEIRS = 2
"""Every so many rows are the client's."""

ROUNDS = 3
IDLE_S = 5.0
_SOURCE = TableSource(
    kind="table", database="crm", table="crm.call", client_column="client_id", time_column="at", key=("call_id",)
)


@dataclass(frozen=True, slots=True)
class Round:
    """One deletion: rows/s, and the p99 in ms of a reader meanwhile."""

    per_s: float
    p99_ms: float


async def measure(servers: Servers, results: Results) -> None:
    """Plain and by the holder, in turns on fresh tables; the reader's p99 beside that of the same table at rest."""
    pace = Pace()
    dsn = await servers.database(f"erasure_{uuid4().hex[:12]}")
    own = await servers.database(f"holder_{uuid4().hex[:12]}")
    await migrate(own, "holder", shipped(CHASSIS_TABLES, Holder.migrations))
    idle: list[float] = []
    plain: list[Round] = []
    ours: list[Round] = []
    for nth in range(ROUNDS):
        results.console.print(f"[dim]· erasure, round {nth + 1} of {ROUNDS}[/]")
        await _fill(dsn)
        async with _reading(dsn) as latencies:
            await asyncio.sleep(IDLE_S)
        idle.append(_p99(latencies))
        plain.append(await _round(dsn, _plain(dsn, pace.rows)))
        await _fill(dsn)
        ours.append(await _round(dsn, _by_holder(dsn, own, pace)))
        results.console.print(
            f"  plain {plain[-1].per_s:,.0f}/s, holder {ours[-1].per_s:,.0f}/s; reader's p99 at rest "
            f"{idle[-1]:.2f} ms, plain {plain[-1].p99_ms:.2f} ms, holder {ours[-1].p99_ms:.2f} ms"
        )
    raw = median(each.per_s for each in plain)
    results.add("rows deleted/s by the holder", median(each.per_s for each in ours), "rows/s", raw=raw, goal="0.6")
    rest = median(idle)
    for name, rounds, goal in (("the holder", ours, "below 1.5"), ("a plain DELETE", plain, "")):
        p99 = median(each.p99_ms for each in rounds)
        results.add(f"reader's p99 beside {name}, against rest", p99, "ms", raw=rest, goal=goal)


async def _round(dsn: str, deletion: "contextlib.AbstractAsyncContextManager[int]") -> Round:
    async with _reading(dsn) as latencies:
        began = time.perf_counter()
        async with deletion as count:
            took = time.perf_counter() - began
    connection = await asyncpg.connect(dsn)
    left = await connection.fetchval("SELECT count(*) FROM crm.call")
    await connection.close()
    assert (count, left) == (ROWS // THEIRS, ROWS - ROWS // THEIRS), (count, left)
    return Round(count / took, _p99(latencies))


@asynccontextmanager
async def _plain(dsn: str, rows: int) -> AsyncIterator[int]:
    """One statement per batch, and nothing else."""
    connection = await asyncpg.connect(dsn)
    count = deleted = 0
    while not count or deleted:
        status = await connection.execute(
            """
            DELETE FROM crm.call
             WHERE ctid = ANY (ARRAY (SELECT ctid FROM crm.call WHERE client_id = $1 LIMIT $2))
            """,
            "acme",
            rows,
        )
        deleted = int(status.rpartition(" ")[2])
        count += deleted
    await connection.close()
    yield count


@asynccontextmanager
async def _by_holder(dsn: str, own: str, pace: Pace) -> AsyncIterator[int]:
    """With everything that makes it exact: written down in the holder's own database before each commit."""
    order_id = uuid4().hex
    pool = await open_pool(own, "holder", 2)
    await pool.execute(
        """
        INSERT INTO job (kind, order_id, ordered, shard, status, received_at, flow_id)
        VALUES ('erasure', $1, '{}', 0, 'open', $2, '')
        """,
        order_id,
        datetime.now(UTC),
    )
    job = Job(Kind.ERASURE, order_id, 1, "{}", 0, "open", None, None, "", None)
    executor = TableExecutor(_SOURCE, dsn, pace)
    await executor.erase(Scope("acme"), PartLedger(pool, job, Part("acme", _SOURCE.label)))
    await executor.close()
    count = await pool.fetchval("SELECT sum(counted)::bigint FROM part WHERE order_id = $1", order_id)
    await pool.close()
    yield count


async def _fill(dsn: str) -> None:
    """A table like a real one: rows of all clients between each other, two indexes, vacuumed, on disk."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("DROP SCHEMA IF EXISTS crm CASCADE; CREATE SCHEMA crm")
    await connection.execute(
        """
        CREATE TABLE crm.call (
            call_id bigint PRIMARY KEY, client_id text NOT NULL, at timestamptz NOT NULL, note text NOT NULL
        )
        """
    )
    await connection.execute(
        """
        INSERT INTO crm.call
        SELECT n, CASE WHEN n % $2 = 0 THEN 'acme' ELSE 'client-' || n % 97 END,
               '2026-01-01Z'::timestamptz + n * interval '1 second', repeat('n', 120)
          FROM generate_series(1, $1::int) AS n
        """,
        ROWS,
        THEIRS,
    )
    await connection.execute("CREATE INDEX ON crm.call (client_id)")
    await connection.execute("VACUUM ANALYZE crm.call")
    await connection.execute("CHECKPOINT")
    await connection.close()


@asynccontextmanager
async def _reading(dsn: str) -> AsyncIterator[list[float]]:
    """A reader in a process of its own; what it measured is there at the end, in ms."""
    command = (sys.executable, "-m", "benchmarks.erasure_reader", dsn, str(ROWS), str(THEIRS))
    reader = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert reader.stdin
    assert reader.stdout
    await reader.stdout.readline()
    latencies: list[float] = []
    yield latencies
    reader.stdin.close()
    latencies += json.loads(await reader.stdout.read())
    await reader.wait()


def _p99(latencies: list[float]) -> float:
    return sorted(latencies)[len(latencies) * 99 // 100]
