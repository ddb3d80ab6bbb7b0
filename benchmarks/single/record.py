"""Facts into the record, each of another client, beside a bare loop and a service that insert them without a chain."""

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr

from agreement import default_path
from agreement.book import Book
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.topics import fill_terminated, make_topics
from chassis.access import make_key
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import open_pool
from chassis.message import Message
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.processor import Listener, Processor
from chassis.relay import Relay
from chassis.router import Router
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from chassis.transaction import Transaction
from console.app import Console
from console.settings import ConsoleSettings
from contracts.contract import ContractTerminated

FACTS = sized(60_000, 600)
ROUNDS = sized(3, 1)
BATCH = 1000


class Unchained:
    """The same service without a chain: one insert for each batch, in the same transaction."""

    name = "unchained"
    router = Router()

    async def on_terminated(self, messages: Sequence[Message[ContractTerminated]], tx: Transaction) -> None:
        """Each fact as a row, by its client and its event."""
        await tx.execute(
            "INSERT INTO raw (chain, event, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
            [message.event.client_id for message in messages],
            [message.cause.id for message in messages],
            [message.event.model_dump_json(exclude_none=True) for message in messages],
        )


Unchained.router.on_batch(ContractTerminated)(Unchained.on_terminated)


async def measure(servers: Servers, results: Results) -> None:
    """All three on the same servers, in turn; medians."""
    raw, plain, ours = [], [], []
    for _ in range(ROUNDS):
        raw.append(await _raw(servers))
        plain.append(await _unchained(servers))
        ours.append(await _ours(servers))
    middle = ROUNDS // 2
    rate, least = sorted(ours)[middle], sorted(raw)[middle]
    results.add("facts appended to the record", rate, "entries/s", raw=least, goal="ratio ≥ 0.5")
    unchained = sorted(plain)[middle]
    results.add("the same, beside a service without a chain", rate, "entries/s", raw=unchained, goal="ratio ≥ 0.5")


async def _filled(servers: Servers) -> tuple[str, str]:
    """Fresh topics with the facts in them, and a fresh database."""
    prefix = f"{uuid4().hex}."
    await make_topics(servers.kafka.bootstrap, [f"{prefix}contract"])
    await fill_terminated(servers.kafka.bootstrap, f"{prefix}contract", FACTS)
    return prefix, await servers.database(f"record_{prefix[:12]}")


async def _raw(servers: Servers) -> float:
    """Entries/s: consume, one insert per batch, commit; no check, no inbox, no hash, nothing once."""
    prefix, dsn = await _filled(servers)
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE raw (chain text, seq bigint, body text, PRIMARY KEY (chain, seq))")
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
    while done < FACTS:
        some = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
        batch = [record for those in some.values() for record in those]
        await connection.execute(
            "INSERT INTO raw SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])",
            [(record.key or b"").decode() for record in batch],
            list(range(done, done + len(batch))),
            [(record.value or b"").decode() for record in batch],
        )
        await consumer.commit()
        done += len(batch)
    rate = FACTS / (time.perf_counter() - began)
    await asyncio.gather(consumer.stop(), connection.close())
    return rate


async def _ours(servers: Servers) -> float:
    prefix, dsn = await _filled(servers)
    key = servers.home / "evidence-key.pem"
    make_key(key)
    await migrate(dsn, Console.name, shipped(CHASSIS_TABLES, Console.migrations))
    settings = ConsoleSettings(
        kafka=servers.kafka.bootstrap,
        database_url=SecretStr(dsn),
        topic_prefix=prefix,
        batch_records=BATCH,
        evidence_key=key,
    )
    app = Console(Book.read(default_path()), settings)
    return await _through(Console.name, app, settings, "SELECT count(*) FROM chain WHERE seq > 0")


async def _unchained(servers: Servers) -> float:
    prefix, dsn = await _filled(servers)
    await migrate(dsn, Unchained.name, shipped(CHASSIS_TABLES))
    connection = await asyncpg.connect(dsn, server_settings={"search_path": Unchained.name})
    await connection.execute("CREATE TABLE raw (chain text, event text, body text, PRIMARY KEY (chain, event))")
    await connection.close()
    settings = Settings(
        kafka=servers.kafka.bootstrap, database_url=SecretStr(dsn), topic_prefix=prefix, batch_records=BATCH
    )
    return await _through(Unchained.name, Unchained(), settings, "SELECT count(*) FROM raw")


async def _through(name: str, app: Listener, settings: Settings, counted: str) -> float:
    """Entries/s through a service, from its start until all are there."""
    pool = await open_pool(settings.dsn, name, 4)
    metrics, telemetry, clock = Metrics(name), Telemetry(name, None), SystemClock()
    relay = Relay(name, settings, clock, metrics, telemetry)
    processor = Processor(name, app, pool, clock, relay, metrics, telemetry)
    consumer = Consumer(name, ["contract"], settings, processor, lambda error: print(repr(error)))
    began = time.perf_counter()
    await consumer.start()
    while await pool.fetchval(counted) < FACTS:  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.2)
    rate = FACTS / (time.perf_counter() - began)
    await consumer.stop()
    await pool.close()
    return rate
