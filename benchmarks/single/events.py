"""Events through a service: consume → inbox + state → outbox → published; a raw loop, and FastStream used plainly."""

import asyncio
import time
from uuid import uuid4

from pydantic import SecretStr

from benchmarks.beside.plain_faststream import plain_faststream
from benchmarks.beside.raw_loop import raw_loop
from benchmarks.rig.ending import Ending
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.topics import fill_terminated, make_topics, published
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import open_pool
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.settings import Settings
from chassis.telemetry import Telemetry

EVENTS = sized(60_000, 600)
FEWER = sized(6_000, 60)
"""For what takes a message at a time."""

ROUNDS = sized(3, 1)
BATCH = 1000


async def measure(servers: Servers, results: Results) -> None:
    """All three on the same servers, in turn; medians."""
    raw, ours, plain = [], [], []
    for _ in range(ROUNDS):
        raw.append(await raw_loop(servers, *await _filled(servers, EVENTS), EVENTS, BATCH))
        ours.append(await _ours(servers))
        plain.append(await plain_faststream(servers, *await _filled(servers, FEWER), FEWER))
    middle = ROUNDS // 2
    rate, least = sorted(ours)[middle], sorted(raw)[middle]
    results.add("events/s through a service", rate, "events/s", raw=least, goal="ratio ≥ 0.5, aim 0.8")
    by_faststream = sorted(plain)[middle]
    results.add("the same handler by FastStream used plainly (ACK)", by_faststream, "events/s", raw=least)
    results.add("a service, beside FastStream used plainly", rate, "events/s", raw=by_faststream)


async def _ours(servers: Servers) -> float:
    prefix, dsn = await _filled(servers, EVENTS)
    await migrate(dsn, Ending.name, shipped(CHASSIS_TABLES, Ending.migrations))
    settings = Settings(
        kafka=servers.kafka.bootstrap, database_url=SecretStr(dsn), topic_prefix=prefix, batch_records=BATCH
    )
    pool = await open_pool(dsn, Ending.name, 4)
    metrics, telemetry, clock = Metrics(Ending.name), Telemetry(Ending.name, None), SystemClock()
    relay = Relay(Ending.name, settings, clock, metrics, telemetry)
    processor = Processor(Ending.name, Ending(), pool, clock, relay, metrics, telemetry)
    consumer = Consumer(Ending.name, ["contract"], settings, processor, lambda error: print(repr(error)))
    relaying = asyncio.create_task(relay.run())
    began = time.perf_counter()
    await consumer.start()
    await published(servers.kafka.bootstrap, f"{prefix}deadline", EVENTS)
    rate = EVENTS / (time.perf_counter() - began)
    await consumer.stop()
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    await pool.close()
    return rate


async def _filled(servers: Servers, events: int) -> tuple[str, str]:
    """Fresh topics with the events in them, and a fresh database."""
    prefix = f"{uuid4().hex}."
    await make_topics(servers.kafka.bootstrap, [prefix + name for name in ("contract", "deadline")])
    await fill_terminated(servers.kafka.bootstrap, f"{prefix}contract", events)
    return prefix, await servers.database(f"events_{prefix[:12]}")
