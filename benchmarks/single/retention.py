"""Rolling retention: one day's orders for 100,000 clients, from the event that is due to the last order on Kafka."""

import asyncio
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import asyncpg
import psutil
from pydantic import SecretStr

from agreement import default_path
from agreement.book import Book
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from chassis.access import make_key
from chassis.clock import SystemClock
from chassis.database import connect
from chassis.service import Service, prepare
from chassis.topics import Shape, ensure_topics
from retention.app import Retention
from retention.settings import RetentionSettings

CLIENTS = sized(100_000, 2_000)
FEW = CLIENTS // 5
"""What the memory is compared with: so many clients first, in the same process."""

HOLDERS = {"database": ["call_fax_logs", "crm_contacts", "client_contacts_manual"], "bucket": ["call_recordings"]}
PAIRS = sum(map(len, HOLDERS.values()))
_LOOK_S = 0.05


async def measure(servers: Servers, results: Results) -> None:
    """A sweep of few clients, then one of all, each of a service that has them before it starts; nothing else runs."""
    few = await _sweep(servers, results, FEW)
    every = await _sweep(servers, results, CLIENTS)
    goal = "under 60"
    results.add(f"a day's rolling orders for {CLIENTS:,} clients, to the last on Kafka", every.took_s, "s", goal=goal)
    results.add("orders said", every.orders, "orders")
    what = f"memory at its most, beside {FEW:,} clients"
    results.add(what, every.most_mb, "MB", raw=few.most_mb, goal="ratio about 1")


class Swept(NamedTuple):
    """What a sweep took."""

    took_s: float
    orders: float
    most_mb: float


async def _sweep(servers: Servers, results: Results, clients: int) -> Swept:
    book = Book.read(default_path())
    settings = await _settings(servers, clients)
    service = Service(Retention(book, settings), settings, SystemClock())
    await prepare(service.app, settings)
    await ensure_topics(settings.kafka, Shape(prefix=settings.topic_prefix), [service.app.name])
    connection = await connect(settings.database_url.get_secret_value(), service.app.name)
    await _fill(connection, book, clients)
    results.console.print(f"[dim]· {clients:,} clients, {PAIRS} pairs of holder and category[/]")
    started, most_mb = time.perf_counter(), 0.0
    await service.start()
    while not await _is_swept(connection):
        most_mb = max(most_mb, _rss_mb())
        await asyncio.sleep(_LOOK_S)
    took_s = time.perf_counter() - started
    row = await connection.fetchrow("SELECT count(*), sum(cardinality(client_ids)) FROM holder_order")
    orders, scopes = row or (0, 0)
    assert scopes == clients * PAIRS, f"{scopes} cut-offs were ordered"
    await service.stop()
    await connection.close()
    return Swept(took_s, float(orders), most_mb)


async def _settings(servers: Servers, clients: int) -> RetentionSettings:
    key = servers.home / "certificate-key.pem"
    make_key(Path(key))
    return RetentionSettings(
        kafka=servers.kafka.bootstrap,
        database_url=SecretStr(await servers.database(f"retention_sweep_{clients}")),
        topic_prefix=f"sweep.{clients}.",
        certificate_key=key,
    )


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]", book: Book, clients: int) -> None:
    """Every client has recordings kept for so many days as its number says, so that cut-offs differ."""
    await connection.execute(
        """
        WITH fresh AS (
            INSERT INTO client (client_id, name, durations)
            SELECT 'client-' || lpad(n::text, 6, '0'), 'Client',
                   jsonb_build_object('call_recordings', jsonb_build_array(30 + n % 300, 'days'))
              FROM generate_series(1, $3::int) AS n
            RETURNING client_id
        )
        INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version)
        SELECT client_id, '2026-02-02', $1, $2 FROM fresh
        """,
        book.latest.id,
        book.latest.version,
        clients,
    )
    for holder_id, categories in HOLDERS.items():
        await connection.execute(
            """
            INSERT INTO holder (holder_id, name, kind, categories, declared_at)
            VALUES ($1, $1, 'internal', $2, now())
            """,
            holder_id,
            categories,
        )
    await connection.execute("ANALYZE")


async def _is_swept(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether the sweep is set for tomorrow, and all of today's is published."""
    begun_on: date | None = await connection.fetchval("SELECT begun_on FROM sweep")
    dated = await connection.fetchval("SELECT EXISTS (SELECT FROM agenda WHERE name = 'sweep' AND due_at > now())")
    waiting = await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)")
    return begun_on is not None and dated and not waiting


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6
