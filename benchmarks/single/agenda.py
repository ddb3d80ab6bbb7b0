"""The agenda: how late dated events are published, and how many a second, with nothing and with a million waiting."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import SecretStr

from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.system import percentile
from benchmarks.rig.waiting import until
from chassis.clock import SystemClock
from chassis.database import open_pool
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.router import Router
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from contracts.deadline import DeadlineClientEnded

DUE = sized(5_000, 50)
WAITING = sized(1_000_000, 1_000)
ROUNDS = sized(3, 1)
PARTITIONS = 6
_SPREAD_S = sized(5, 1)
_WITHIN_S = 30
_SERVICE: Final = "dated"


class Dating:
    """A service that hears nothing: what it says was dated."""

    router = Router()


@dataclass(frozen=True, slots=True)
class Desk:
    """What a measure needs: a way to date events, the topic they come out on, and the database."""

    processor: Processor
    consumer: AIOKafkaConsumer
    partitions: list[TopicPartition]
    dsn: str

    async def date(self, due_ats: list[datetime], name: str) -> None:
        """Enter one event for each moment."""
        async with self.processor.transaction() as tx:
            for n, at in enumerate(due_ats):
                tx.emit_at(DeadlineClientEnded(client_id=f"{name}-{n}"), at, f"{name}/{n}")

    async def published(self) -> int:
        """How many records are on the topic."""
        return sum((await self.consumer.end_offsets(self.partitions)).values())


async def measure(servers: Servers, results: Results) -> None:
    """First on an empty agenda, then on the same one with a million rows that are due much later."""
    async with _desk(servers) as desk:
        await _round(desk, "warm-up")
        empty = await _rounds(desk, results, "empty")
        results.console.print(f"[dim]· filling the agenda with {WAITING:,} rows[/]")
        await _fill(desk.dsn)
        await _round(desk, "warm-up-again")
        full = await _rounds(desk, results, "full")
    same = "ratio 1: no measurable difference"
    results.add("due events/s, a million waiting, beside none", full[0], "events/s", raw=empty[0], goal=same)
    for nth, name in ((1, "p50"), (2, "p99")):
        what = f"agenda: due → published, {name}, a million waiting, beside none"
        results.add(what, full[nth], "ms", raw=empty[nth], goal=same)


async def _rounds(desk: Desk, results: Results, name: str) -> list[float]:
    """Medians of due events/s, and of the p50 and p99 of lateness in ms."""
    rounds = []
    for nth in range(ROUNDS):
        results.console.print(f"[dim]· agenda {name}, round {nth + 1} of {ROUNDS}[/]")
        late = await _lateness(desk, f"{name}-late-{nth}")
        rounds.append((await _round(desk, f"{name}-{nth}"), percentile(late, 50), percentile(late, 99)))
        results.console.print("  {:,.0f}/s, late by p50 {:.1f} ms, p99 {:.1f} ms".format(*rounds[-1]))
    return [sorted(each)[ROUNDS // 2] for each in zip(*rounds, strict=True)]


async def _round(desk: Desk, name: str) -> float:
    """Events/s when all are due at once, from that moment until the last is published."""
    wanted = await desk.published() + DUE
    due_at = SystemClock().now() + timedelta(seconds=2)
    await desk.date([due_at] * DUE, name)
    await _until(desk, wanted)
    return DUE / (time.time() - due_at.timestamp())


async def _lateness(desk: Desk, name: str) -> dict[str, float]:
    """Whole milliseconds, as the broker stamps, from due to its own timestamp, of events due one after the other."""
    begins = await desk.consumer.end_offsets(desk.partitions)
    first_at = SystemClock().now() + timedelta(seconds=2)
    due = {f"{name}-{n}": first_at + timedelta(seconds=_SPREAD_S * n / DUE) for n in range(DUE)}
    await desk.date(list(due.values()), name)
    await _until(desk, sum(begins.values()) + DUE)
    late: dict[str, float] = {}
    for partition, offset in begins.items():
        desk.consumer.seek(partition, offset)
    while len(late) < DUE:
        for records in (await desk.consumer.getmany(timeout_ms=1000)).values():
            for record in records:
                client_id = (record.key or b"").decode()
                late[client_id] = record.timestamp - due[client_id].timestamp() * 1000 // 1
    return late


async def _until(desk: Desk, wanted: int) -> None:
    async def all_out() -> bool:
        return await desk.published() >= wanted

    await until(all_out, within_s=_WITHIN_S, every_s=0.005)


async def _fill(dsn: str) -> None:
    """Rows like the real ones, due over the years to come."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": _SERVICE})
    await connection.execute(
        """
        INSERT INTO agenda (name, due_at, shard, topic, key, headers, value)
        SELECT 'waiting/' || n, now() + interval '1 day' + n * interval '1 minute', n % 16, 'change', 'client-' || n,
               repeat('h', 300), convert_to(repeat('v', 60), 'UTF8')
          FROM generate_series(1, $1::int) AS n
        """,
        WAITING,
    )
    await connection.execute("VACUUM ANALYZE agenda")
    await connection.execute("CHECKPOINT")
    await connection.close()


@asynccontextmanager
async def _desk(servers: Servers) -> AsyncIterator[Desk]:
    """A service's database and relay, and a topic that is stamped by the broker's clock, which is this machine's."""
    prefix = f"{uuid4().hex[:12]}."
    dsn = await servers.database(f"agenda_{prefix.rstrip('.')}")
    await migrate(dsn, _SERVICE, shipped(CHASSIS_TABLES))
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka.bootstrap)
    await admin.start()
    stamped = {"message.timestamp.type": "LogAppendTime"}
    await admin.create_topics([NewTopic(f"{prefix}deadline", PARTITIONS, 1, topic_configs=stamped)])
    await admin.close()
    settings = Settings(kafka=servers.kafka.bootstrap, database_url=SecretStr(dsn), topic_prefix=prefix)
    pool = await open_pool(dsn, _SERVICE, 4)
    metrics, telemetry, clock = Metrics(_SERVICE), Telemetry(_SERVICE, None), SystemClock()
    relay = Relay(_SERVICE, settings, clock, metrics, telemetry)
    processor = Processor(_SERVICE, Dating(), pool, clock, relay, metrics, telemetry)
    relaying = asyncio.create_task(relay.run())
    consumer = AIOKafkaConsumer(bootstrap_servers=servers.kafka.bootstrap)
    await consumer.start()
    partitions = [TopicPartition(f"{prefix}deadline", n) for n in range(PARTITIONS)]
    consumer.assign(partitions)
    try:
        yield Desk(processor, consumer, partitions, dsn)
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await asyncio.gather(consumer.stop(), pool.close())
