"""A notifier with ten million rows of evidence and deliveries, and a record that has grown, beside empty ones."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final
from uuid import uuid4

import aiohttp
import asyncpg
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from agreement.book import Book
from agreement.loading import default_path
from benchmarks.load import grown_record
from benchmarks.load.grown_tables import CLIENTS, fill
from benchmarks.rig.asking import answered_ms
from benchmarks.rig.filling import fill_clients, fill_endpoints
from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.results import Results
from benchmarks.rig.rows import database_mb
from benchmarks.rig.scale import sized
from benchmarks.rig.sending import send
from benchmarks.rig.servers import Servers
from benchmarks.rig.waiting import until
from chassis import inbox
from chassis.access import make_key
from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.service import Service, prepare
from chassis.topics import Shape, ensure_topics
from contracts.change import ChangeNoticeOrdered, NoticeKind
from contracts.client import ClientContactChanged, Contact
from contracts.event import Event
from embedded.processes import VAULT_KEY
from notifier import due
from notifier.app import Notifier
from notifier.metrics import NoticeMetrics
from notifier.settings import NotifierSettings
from notifier.watch import Watch
from notifier.webhooks import WebhookSettings

ROWS: Final = sized(10_000_000, 3_000)
EVENTS: Final = sized(3_000, 20)
ORDERS: Final = sized(20, 1)
TOLD: Final = 500
"""Clients of each order."""

ROUNDS: Final = sized(3, 1)
FORGOTTEN_AT_ONCE: Final = 2000
ASKED: Final = sized(20, 2)
_WITHIN_S: Final = 120
_LATE: Final = datetime(2099, 1, 1, tzinfo=UTC)
_PAGES: Final = {
    "a client's notices": ("client-2", "/notices?limit=100"),
    "a client's deliveries": ("client-2", "/deliveries?limit=100"),
    "the deliveries of who has a hundredth of all": ("client-1", "/deliveries?limit=100"),
    "everybody's notices": (None, "/notices?limit=100"),
    "everybody's deliveries that wait": (None, "/deliveries?status=pending&limit=100"),
    "everybody's deliveries that failed": (None, "/deliveries?status=failed&limit=100"),
    "what is open and due": (None, "/deadlines"),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A notifier that runs, and what is needed to ask it."""

    service: Service
    settings: NotifierSettings
    receiver: ReceiverProcess
    producer: AIOKafkaProducer
    http: aiohttp.ClientSession

    async def publish(self, event: Event) -> None:
        """One event from outside."""
        await send(self.producer, self.settings.topic_prefix, event)

    def counted(self, metric: str, **labels: str) -> float:
        """What the service's own counter says."""
        return self.service.metrics.registry.get_sample_value(metric, {"service": "notifier", **labels}) or 0.0

    async def page_ms(self, client_id: str | None, path: str) -> float:
        """How long one page takes."""
        assert self.settings.token_key is not None
        return await answered_ms(self.http, self.service.url + path, self.settings.token_key, client_id)


async def measure(servers: Servers, results: Results) -> None:
    """The same in turns, on both; medians. Then what is asked of them, and what is forgotten."""
    receiver = await ReceiverProcess.start()
    try:
        async with _desk(servers, receiver, 0) as empty:
            results.console.print(f"[dim]· filling {ROWS:,} rows[/]")
            async with _desk(servers, receiver, ROWS) as grown:
                rates: dict[str, tuple[list[float], list[float]]] = {}
                for nth in range(ROUNDS + 1):
                    for which, desk in enumerate((empty, grown)):
                        for name, rate in (("events", await _events(desk)), ("deliveries", await _deliveries(desk))):
                            if nth:  # the first round is to warm up
                                rates.setdefault(name, ([], []))[which].append(rate)
                for name, (before, after) in rates.items():
                    what = f"{name}/s, {ROWS:,} rows of evidence and deliveries there, beside none"
                    results.add(what, median(after), f"{name}/s", raw=median(before), goal="ratio about 1")
                for name, (client_id, path) in _PAGES.items():
                    beside, there = [
                        median([await desk.page_ms(client_id, path) for _ in range(ASKED)]) for desk in (empty, grown)
                    ]
                    results.add(f"a page of {name}, beside none there", there, "ms", raw=beside)
                for name, ms in (await _looks(grown)).items():
                    results.add(f"{name}, {ROWS:,} rows there", ms, "ms")
                results.add("ids forgotten, bite by bite", await _forgetting(grown), "rows/s")
                size = await database_mb(grown.settings.database_url.get_secret_value())
                results.add(f"a notifier's database, {ROWS:,} rows and as many ids as notices there", size, "MB")
                for table, read in (await _read_through(grown)).items():
                    results.add(f"sequential scans of {table}, {ROWS:,} rows there", read, "scans", goal="0")
    finally:
        await receiver.stop()
    await grown_record.measure(servers, results)


async def _events(desk: Desk) -> float:
    """Corrected contacts: the notifier's handlers, one event after the other."""
    before = desk.counted("dutiful_events_handled_total", type="client.contact_changed")
    began = time.perf_counter()
    for n in range(EVENTS):
        contact = Contact(name=f"Contact {n}", email="dpo@client.example")
        await desk.publish(ClientContactChanged(client_id=f"client-{1 + n % CLIENTS}", contact=contact))

    async def all_handled() -> bool:
        return desk.counted("dutiful_events_handled_total", type="client.contact_changed") >= before + EVENTS

    await until(all_handled, within_s=_WITHIN_S, every_s=0.02)
    return EVENTS / (time.perf_counter() - began)


async def _deliveries(desk: Desk) -> float:
    """Orders, from the publish until every attempt is on record."""
    await desk.receiver.forget()
    before, name = await _delivered(desk), uuid4().hex
    began = time.perf_counter()
    for n in range(ORDERS):
        clients = tuple(f"client-{1 + (n * TOLD + each) % CLIENTS}" for each in range(TOLD))
        await desk.publish(
            ChangeNoticeOrdered(
                change_id=f"change-{name}",
                order_id=f"order-{name}-{n}",
                kind=NoticeKind.CHANGE_ANNOUNCED,
                client_ids=clients,
                deadline_at=_LATE,
                escalate_at=_LATE,
                clause="4.3",
                facts={"subprocessor_id": "new"},
            )
        )

    async def all_recorded() -> bool:
        return await _delivered(desk) >= before + ORDERS * TOLD

    await until(all_recorded, within_s=_WITHIN_S, every_s=0.02)
    return ORDERS * TOLD / (time.perf_counter() - began)


async def _delivered(desk: Desk) -> float:
    return desk.counted("dutiful_delivery_attempts_total", channel="webhook", result="ok", attempt="first")


async def _looks(desk: Desk) -> Mapping[str, float]:
    """What the service does by itself every so often, in ms: its looks for the metrics."""
    runtime = desk.service.runtime
    assert runtime is not None
    took = {}
    watch = Watch(runtime, NoticeMetrics(Metrics("bench")))  # the service's own looks go on beside these
    for name, look in (("notices without receipt", watch.look), ("deadlines", due.deadlines(runtime).look)):
        began = time.perf_counter()
        await look()
        took[f"a look at {name}"] = (time.perf_counter() - began) * 1000
    return took


async def _forgetting(desk: Desk) -> float:
    """Ids that are forgotten a second, bite by bite as the service does it, where all but a day's are old."""
    runtime = desk.service.runtime
    assert runtime is not None
    before, gone, began = datetime.now(UTC) - timedelta(days=1), 0, time.perf_counter()
    async with runtime.pool.acquire() as connection:
        while bite := await inbox.forget(connection, before, FORGOTTEN_AT_ONCE):
            gone += bite
    return gone / (time.perf_counter() - began)


async def _read_through(desk: Desk) -> Mapping[str, int]:
    """Tables of a million rows and more that were read from one end to the other since they were filled."""
    connection = await asyncpg.connect(desk.settings.database_url.get_secret_value())
    rows = await connection.fetch(
        "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = 'notifier' AND n_live_tup > 100000"
    )
    await connection.close()
    return {row["relname"]: row["seq_scan"] for row in rows}


@asynccontextmanager
async def _desk(servers: Servers, receiver: ReceiverProcess, rows: int) -> AsyncIterator[Desk]:
    name = f"grown_{uuid4().hex[:12]}"
    key = servers.home / "token-key.pem"
    make_key(key)
    dsn = await servers.database(name)
    settings = NotifierSettings(
        kafka=servers.kafka.bootstrap,
        database_url=SecretStr(dsn),
        topic_prefix=f"{name}.",
        token_key=key,
        vault_key=SecretStr(VAULT_KEY),
        api_rate=0,  # one reader asks as fast as it is answered
        webhooks=WebhookSettings(allow_loopback=True, connections=600),
    )
    app = Notifier(Book.read(default_path()), settings)
    await ensure_topics(servers.kafka.bootstrap, Shape(settings.topic_prefix), [Notifier.name])
    await prepare(app, settings)
    await fill_clients(dsn, None, CLIENTS)
    await fill_endpoints(dsn, receiver.url, CLIENTS)
    if rows:
        await fill(dsn, rows)
    service = Service(app, settings, SystemClock())
    await service.start()
    try:
        async with (
            AIOKafkaProducer(bootstrap_servers=servers.kafka.bootstrap, linger_ms=5) as producer,
            aiohttp.ClientSession() as http,
        ):
            yield Desk(service, settings, receiver, producer, http)
    finally:
        await service.stop()
        await servers.drop_database(name)
