"""How fast the holder deletes beside a plain DELETE in batches of the same size, and what a reader notices of it."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from statistics import median
from uuid import uuid4

import asyncpg

from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from chassis.database import open_pool
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from holder.app import Holder
from holder.data_map import Scope, TableSource
from holder.jobs import Job, Kind
from holder.ledger import Part, PartLedger
from holder.pace import Pace
from holder.tables import TableExecutor

ROWS = sized(1_000_000, 10_000)
THEIRS = 2
"""Every so many rows are the client's."""

ROUNDS = sized(5, 1)
ALONE_S = sized(2, 1)
_FIRST = ", the reader first"
_SOURCE = TableSource(
    kind="table", database="crm", table="crm.call", client_column="client_id", time_column="at", key=("call_id",)
)


async def measure(servers: Servers, results: Results) -> None:
    """Plain and by the holder, in turns on fresh tables; a reader's p99 beside both, at rest, and beside a busy core.

    The reader's figures are over all rounds together: single rounds are ruled by what else the machine does. Last, the
    reader and its backend go before all others on the cores (needs root): what it waits for then is not a core.
    """
    pace = Pace()
    dsn = await servers.database(f"erasure_{uuid4().hex[:12]}")
    own = await servers.database(f"holder_{uuid4().hex[:12]}")
    await migrate(own, "holder", shipped(CHASSIS_TABLES, Holder.migrations))
    ways = {
        "nothing": partial(asyncio.sleep, ALONE_S),
        "a busy core": partial(_busy, dsn),
        "a plain DELETE": partial(_plain, dsn, pace.rows),
        "the holder": partial(_by_holder, dsn, own, pace),
    }
    if os.geteuid() == 0:
        ways |= {f"{name}{_FIRST}": ways[name] for name in ("nothing", "the holder")}
    took: dict[str, list[float]] = {name: [] for name in ways}
    read: dict[str, list[float]] = {name: [] for name in ways}
    for nth in range(ROUNDS):
        results.console.print(f"[dim]· erasure, round {nth + 1} of {ROUNDS}[/]")
        for name, way in ways.items():
            await _fill(dsn)
            async with _reading(dsn, first=name.endswith(_FIRST)) as latencies:
                began = time.perf_counter()
                await way()
                took[name].append(time.perf_counter() - began)
            read[name] += latencies
            results.console.print(f"  beside {name}: {took[name][-1]:.2f} s, reader's p99 {_p99(latencies):.2f} ms")
    plain, ours = (ROWS // THEIRS / median(took[name]) for name in ("a plain DELETE", "the holder"))
    results.add("rows deleted/s by the holder", ours, "rows/s", raw=plain, goal="0.6")
    rest = _p99(read["nothing"])
    for name in ("a busy core", "a plain DELETE", "the holder"):  # each takes a core from the reader: decision 0026
        results.add(f"reader's p99 beside {name}, against rest", _p99(read[name]), "ms", raw=rest)
    if os.geteuid() == 0:
        alone, beside = (_p99(read[f"{name}{_FIRST}"]) for name in ("nothing", "the holder"))
        results.add("the same where the reader goes first", beside, "ms", raw=alone, goal="ratio below 1.5")


async def _busy(dsn: str) -> None:
    """A query that computes and touches no table: what the core that it takes costs the reader."""
    connection = await asyncpg.connect(dsn)
    until = time.perf_counter() + ALONE_S
    while time.perf_counter() < until:
        await connection.fetchval("SELECT count(*) FROM generate_series(1, 20000)")
    await connection.close()


async def _plain(dsn: str, rows: int) -> None:
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
    assert count == ROWS // THEIRS


async def _by_holder(dsn: str, own: str, pace: Pace) -> None:
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
    assert count == ROWS // THEIRS


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
async def _reading(dsn: str, *, first: bool) -> AsyncIterator[list[float]]:
    """A reader in a process of its own; what it measured is there at the end, in ms."""
    command = (
        sys.executable,
        "-m",
        "benchmarks.single.erasure_reader",
        dsn,
        str(ROWS),
        str(THEIRS),
        *(("first",) * first),
    )
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
