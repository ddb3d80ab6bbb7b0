"""What ten thousand running clocks cost as metrics, and how late thresholds are with one breach open and with 1,000."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer
from prometheus_client import generate_latest
from pydantic import SecretStr
from pydantic_core import from_json

from agreement.book import Book
from agreement.loading import default_path
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.system import percentile
from breach.app import Breach
from breach.settings import BreachSettings
from breach.timing.watch import Watch
from chassis.clock import SystemClock
from chassis.message import Cause
from chassis.metrics import Metrics
from chassis.service import Runtime, Service, prepare
from chassis.topics import Shape, ensure_topics
from contracts.clock import ClockThresholdDue

CLOCKS = sized(10_000, 100)
OPEN = sized(1_000, 20)
CLIENTS = 100
THRESHOLDS = sized(1_000, 20)
ROUNDS = sized(3, 1)
_SCRAPE_S: Final = 15
_CYCLES: Final = sized(20, 2)
_SPREAD_S: Final = sized(10, 1)
_WITHIN_S: Final = 40
_DUE_AT: Final = datetime(2099, 1, 1, tzinfo=UTC)


async def measure(servers: Servers, results: Results) -> None:
    """First the metrics, then the thresholds, all on one service that runs."""
    prefix = f"{uuid4().hex[:12]}."
    book = Book.read(default_path())
    settings = BreachSettings(
        kafka=servers.kafka.bootstrap,
        database_url=SecretStr(await servers.database(f"clocks_{prefix.rstrip('.')}")),
        topic_prefix=prefix,
    )
    await ensure_topics(servers.kafka.bootstrap, Shape(prefix), [Breach.name])
    app = Breach(book, settings)
    await prepare(app, settings)
    connection = await asyncpg.connect(
        settings.database_url.get_secret_value(), server_settings={"search_path": Breach.name}
    )
    service = Service(app, settings, SystemClock())
    await service.start()
    consumer = AIOKafkaConsumer(f"{prefix}incident", bootstrap_servers=servers.kafka.bootstrap)
    await consumer.start()
    try:
        assert service.runtime is not None
        await _fill(connection, "counted", 1, CLOCKS)
        results.add("10,000 running clocks as metrics", await _metrics(service.runtime), "% of a core", goal="< 5 %")
        await connection.execute("UPDATE clock SET stopped_at = now()")
        await _thresholds(service.runtime, connection, results, consumer)
    finally:
        await consumer.stop()
        await service.stop()
        await connection.close()


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]", name: str, incidents: int, clients: int) -> None:
    """Open incidents `name-1` … with so many clients each, none of whom is told."""
    await connection.execute(
        """
        WITH fresh AS (
            INSERT INTO incident (incident_id, status, origin, description, detected_at, last_detected_at, detections,
                                  aware_at, opened_at)
            SELECT $1 || '-' || n, 'established', 'detector', 'x', now(), now(), 1, now(), now()
              FROM generate_series(1, $2::int) AS n
            RETURNING incident_id
        ), whom AS (
            INSERT INTO affected (incident_id, client_id, agreement_id, agreement_version, found_at)
            SELECT incident_id, 'client-' || n, 'quicktalk', '1', now() FROM fresh, generate_series(1, $3::int) AS n
            RETURNING incident_id, client_id
        )
        INSERT INTO clock (incident_id, clock, client_id, due_at) SELECT incident_id, 'clients', client_id, $4 FROM whom
        """,
        name,
        incidents,
        clients,
        _DUE_AT,
    )
    await connection.execute("ANALYZE")


async def _metrics(runtime: Runtime) -> float:
    """Percent of a core of this process, at a look and a scrape every fifteen seconds."""
    metrics = Metrics("bench")  # the service's own looks go on beside these
    watch = Watch(replace(runtime, metrics=metrics), CLOCKS * 2)
    await watch.look()
    assert watch.left.running == CLOCKS
    before = time.process_time()
    for _ in range(_CYCLES):
        await watch.look()
        assert len(generate_latest(metrics.registry)) > CLOCKS
    return (time.process_time() - before) / _CYCLES / _SCRAPE_S * 100


async def _thresholds(
    runtime: Runtime, connection: "asyncpg.Connection[asyncpg.Record]", results: Results, consumer: AIOKafkaConsumer
) -> None:
    """As many thresholds a second either way: of one breach, and of as many breaches as there are thresholds."""
    await _fill(connection, "only", 1, CLIENTS)
    one = dict.fromkeys(range(THRESHOLDS), "only-1")
    await _round(runtime, one, consumer)  # to warm up
    alone = [await _round(runtime, one, consumer) for _ in range(ROUNDS)]
    await _fill(connection, "many", OPEN, CLIENTS)
    many = {n: f"many-{n + 1}" for n in range(THRESHOLDS)}
    among = [await _round(runtime, many, consumer) for _ in range(ROUNDS)]
    for before, after in zip(alone, among, strict=True):
        results.console.print("  one: p50 {:.1f} ms, p99 {:.1f} ms".format(*before))
        results.console.print("  many: p50 {:.1f} ms, p99 {:.1f} ms".format(*after))
    for nth, name in ((0, "p50"), (1, "p99")):
        what = f"threshold: due → said, {name}, 1,000 breaches of 100 clients open, beside one"
        first, second = (sorted(each[nth] for each in rounds)[ROUNDS // 2] for rounds in (among, alone))
        results.add(what, first, "ms", raw=second, goal="ratio 1: no measurable difference")


async def _round(runtime: Runtime, incidents: Mapping[int, str], consumer: AIOKafkaConsumer) -> tuple[float, float]:
    """The median and the 99th percentile of the lateness in ms; a threshold is known by the seconds that it says."""
    await consumer.seek_to_end()
    first_at = datetime.now(UTC) + timedelta(seconds=2)
    due = {n: first_at + timedelta(seconds=_SPREAD_S * n / len(incidents)) for n in incidents}
    async with runtime.processor.transaction(Cause("benchmark", uuid4().hex, "clocks")) as tx:
        for n, incident_id in incidents.items():
            event = ClockThresholdDue(incident_id=incident_id, clock="clients", due_at=_DUE_AT, seconds_left=n + 1)
            tx.emit_at(event, due[n], f"bench/{n}")
    late: dict[str, float] = {}
    async with asyncio.timeout(_WITHIN_S):
        while len(late) < len(incidents):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                now = time.time()
                for record in records:
                    said = from_json(record.value or b"")
                    if "seconds_left" in said:  # with it goes an alert to people on call
                        n = said["seconds_left"] - 1
                        late[str(n)] = (now - due[n].timestamp()) * 1000
    return percentile(late, 50), percentile(late, 99)
