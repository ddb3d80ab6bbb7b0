"""Events through a service: consume → inbox + state → outbox → published, against a raw loop of the same work."""

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import SecretStr
from pydantic_core import to_json

from benchmarks.results import Results
from benchmarks.servers import Servers
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import open_pool
from chassis.message import Message
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_TABLES, Migration, migrate, shipped
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.router import Router
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from chassis.transaction import Transaction
from contracts.contract import ContractTerminated
from contracts.deadline import DeadlineClientEnded

EVENTS = 60_000
BATCH = 1000
_STATE = "CREATE TABLE ended (client_id text PRIMARY KEY, terminated_on date NOT NULL)"


class Ending:
    """A service as small as one can be: it remembers who ended, and says so."""

    router = Router()

    @router.on_batch(ContractTerminated)
    async def on_terminated(self, messages: Sequence[Message[ContractTerminated]], tx: Transaction) -> None:
        """State by one statement for the batch, one event per event."""
        await tx.execute(
            "INSERT INTO ended SELECT * FROM unnest($1::text[], $2::date[]) ON CONFLICT DO NOTHING",
            [message.event.client_id for message in messages],
            [message.event.terminated_on for message in messages],
        )
        for message in messages:
            tx.emit(DeadlineClientEnded(client_id=message.event.client_id), cause=message.cause)


async def measure(servers: Servers, results: Results) -> None:
    """Both loops on the same servers, the raw one first, three times in turn; medians."""
    raw, ours = [], []
    for _ in range(3):
        raw.append(await _raw(servers))
        ours.append(await _ours(servers))
    results.add(
        "events/s through a service", sorted(ours)[1], "events/s", raw=sorted(raw)[1], goal="ratio ≥ 0.5, aim 0.8"
    )


async def _ours(servers: Servers) -> float:
    prefix, dsn = await _fill(servers)
    await migrate(dsn, "ending", [*shipped(CHASSIS_TABLES), Migration("ending/0001", _STATE)])
    settings = Settings(
        kafka=servers.kafka.bootstrap, database_url=SecretStr(dsn), topic_prefix=prefix, batch_records=BATCH
    )
    pool = await open_pool(dsn, "ending", 4)
    metrics, telemetry, clock = Metrics("ending"), Telemetry("ending", None), SystemClock()
    relay = Relay("ending", settings, clock, metrics, telemetry)
    processor = Processor("ending", Ending(), pool, clock, relay, metrics, telemetry)
    consumer = Consumer("ending", ["contract"], settings, processor, lambda error: print(repr(error)))
    relaying = asyncio.create_task(relay.run())
    began = time.perf_counter()
    await consumer.start()
    await _published(servers, f"{prefix}deadline", EVENTS)
    rate = EVENTS / (time.perf_counter() - began)
    await consumer.stop()
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    await pool.close()
    return rate


async def _raw(servers: Servers) -> float:
    """Consume, one `unnest` insert per batch, produce: no inbox, no outbox, no order, nothing kept in a crash."""
    prefix, dsn = await _fill(servers)
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE raw (key text PRIMARY KEY, value bytea)")
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.kafka.bootstrap, linger_ms=5, max_batch_size=256 * 1024, enable_idempotence=True
    )
    await producer.start()
    consumer = AIOKafkaConsumer(
        f"{prefix}contract",
        bootstrap_servers=servers.kafka.bootstrap,
        group_id=f"{prefix}raw",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    began = time.perf_counter()
    await consumer.start()
    done = 0
    while done < EVENTS:
        batch = [
            record for some in (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).values() for record in some
        ]
        await connection.execute(
            "INSERT INTO raw SELECT * FROM unnest($1::text[], $2::bytea[])",
            [(record.key or b"").decode() for record in batch],
            [record.value for record in batch],
        )
        for record in batch:
            await producer.send(f"{prefix}deadline", record.value, key=record.key, headers=list(record.headers))
        await producer.flush()
        await consumer.commit()
        done += len(batch)
    await _published(servers, f"{prefix}deadline", EVENTS)
    rate = EVENTS / (time.perf_counter() - began)
    await asyncio.gather(consumer.stop(), producer.stop(), connection.close())
    return rate


async def _fill(servers: Servers) -> tuple[str, str]:
    """Fresh topics with the events in them, and a fresh database."""
    prefix = f"{uuid4().hex}."
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(prefix + name, 6, 1) for name in ("contract", "deadline")])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka.bootstrap, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    for n in range(EVENTS):
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"event-{n}".encode()),
            ("ce_source", b"benchmark"),
            ("ce_type", b"contract.terminated"),
        ]
        value = to_json({"client_id": f"client-{n}", "terminated_on": "2026-12-31", "reason": "x" * 200})
        await producer.send(f"{prefix}contract", value, key=f"client-{n}".encode(), headers=headers)
    await producer.stop()
    return prefix, await servers.database(f"events_{prefix[:12]}")


async def _published(servers: Servers, topic: str, count: int) -> None:
    """Until so many records are on a topic; asked of the broker, so that reading them costs nothing here."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers.kafka.bootstrap)
    await consumer.start()
    partitions = [TopicPartition(topic, n) for n in range(6)]
    while sum((await consumer.end_offsets(partitions)).values()) < count:  # noqa: ASYNC110 - the broker can't call us
        await asyncio.sleep(0.02)
    await consumer.stop()
