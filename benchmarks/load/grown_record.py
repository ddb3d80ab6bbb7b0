"""A console whose record and trail have grown for years, beside one that begins: appending, pages, exports, a trace."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Final
from uuid import uuid4

import aiohttp
import asyncpg
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from agreement.book import Book
from agreement.loading import default_path
from benchmarks.load.grown_record_tables import (
    CLIENTS,
    EACH,
    ENTRIES,
    FLOW_OF,
    LARGE,
    OF_LARGE,
    ORDINARY,
    OTHERS,
    SAID,
    fill,
)
from benchmarks.rig.asking import answered, answered_ms
from benchmarks.rig.results import Results
from benchmarks.rig.rows import database_mb
from benchmarks.rig.scale import sized
from benchmarks.rig.sending import send
from benchmarks.rig.servers import Servers, cpu_s
from benchmarks.rig.waiting import until
from chassis.access import make_key
from chassis.clock import SystemClock
from chassis.pages import encode_cursor
from chassis.service import Service, prepare
from chassis.topics import Shape, ensure_topics
from console.app import Console
from console.settings import ConsoleSettings
from console.verifying import verify
from contracts.notice import Channel, NoticeReceived

FACTS: Final = sized(20_000, 100)
ROUNDS: Final = sized(3, 1)
ASKED: Final = sized(10, 2)
_WITHIN_S: Final = 120
_TYPE: Final = "notice.received"
_FAR: Final = encode_cursor(OF_LARGE // 2)
_PAGES: Final = {
    "promises": "/promises",
    "the first page": "/record?limit=100",
    "a page in the midst": f"/record?limit=100&cursor={_FAR}",
    "a page of what failed": "/record?limit=100&type=notice.failed",
    "what an id is about": f"/record?limit=100&about=change-{OF_LARGE // 20 - 1}",
    "a page of the timeline": "/timeline?limit=100",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A console that runs, and what is needed to ask it."""

    service: Service
    settings: ConsoleSettings
    producer: AIOKafkaProducer
    http: aiohttp.ClientSession

    @property
    def heard(self) -> float:
        """The facts that it has heard."""
        labels = {"service": Console.name, "type": _TYPE}
        return self.service.metrics.registry.get_sample_value("dutiful_events_handled_total", labels) or 0.0

    async def ms(self, client_id: str | None, path: str, times: int = ASKED) -> float:
        """How long an answer takes; the middle of several."""
        assert self.settings.token_key is not None
        url, key = self.service.url + path, self.settings.token_key
        return median([await answered_ms(self.http, url, key, client_id) for _ in range(times)])

    async def export(self, client_id: str) -> tuple[bytes, float]:
        """A client's whole record, and how many ms it took."""
        assert self.settings.token_key is not None
        url = f"{self.service.url}/clients/{client_id}/record/export"
        return await answered(self.http, url, self.settings.token_key, client_id)


async def measure(servers: Servers, results: Results) -> None:
    """Appending in turns, on both; then what people ask of the one that has grown."""

    def tell(what: str) -> None:
        results.console.print(f"[dim]· filling the record: {what}[/]")

    async with _desk(servers) as empty, _desk(servers, tell) as grown:
        size = await database_mb(grown.settings.database_url.get_secret_value())
        results.add(f"a console's database, {ENTRIES + OF_LARGE:,} entries and {SAID:,} causes there", size, "MB")
        took: dict[str, list[tuple[float, float]]] = {"empty": [], "grown": []}
        for nth in range(ROUNDS + 1):
            for which, desk in (("empty", empty), ("grown", grown)):
                one = await _append(servers, desk)
                if nth:  # the first round is to warm up
                    took[which].append(one)
        rates, costs = ({which: median(each) for which, each in _nth(took, n).items()} for n in (0, 1))
        results.add(
            f"facts/s, {ENTRIES:,} entries there, beside none",
            rates["grown"],
            "facts/s",
            raw=rates["empty"],
            goal="ratio about 1",
        )
        results.add("CPU of console and PostgreSQL, beside the same", costs["grown"], "ms/fact", raw=costs["empty"])
        await _ask(grown, results)
        await _export(grown, results)
        await _trace(grown, results)


async def _append(servers: Servers, desk: Desk) -> tuple[float, float]:
    """Facts/s, from the first publish until the last is in its record; and CPU ms for each, publishing included."""
    before, name = desk.heard, uuid4().hex
    began, spent = time.perf_counter(), cpu_s(servers.postgres.pid) + time.process_time()
    for n in range(FACTS):
        client_id = f"{OTHERS}{3 + n % CLIENTS}"
        notice = NoticeReceived(
            notice_id=f"{name}-{n}",
            client_id=client_id,
            about=f"change-{name}",
            kind="change_announced",
            channel=Channel.WEBHOOK,
            received_at=datetime.now(UTC),
            proof="answered 204",
        )
        await send(desk.producer, desk.settings.topic_prefix, notice)

    async def all_heard() -> bool:
        return desk.heard >= before + FACTS

    await until(all_heard, within_s=_WITHIN_S, every_s=0.02)
    spent = cpu_s(servers.postgres.pid) + time.process_time() - spent
    return FACTS / (time.perf_counter() - began), spent * 1000 / FACTS


async def _ask(desk: Desk, results: Results) -> None:
    large = await desk.ms(LARGE, f"/clients/{LARGE}/promises", times=1)
    results.add(f"promises, asked for the first time: a client with {OF_LARGE:,} entries", large, "ms")
    for name, path in _PAGES.items():
        large, ordinary = [await desk.ms(each, f"/clients/{each}{path}") for each in (LARGE, ORDINARY)]
        results.add(f"{name}: a client with {OF_LARGE:,} entries, beside one with {EACH}", large, "ms", raw=ordinary)


async def _export(desk: Desk, results: Results) -> None:
    """The whole file, and what somebody needs who verifies it."""
    public = desk.service.app
    assert isinstance(public, Console)
    for client_id in (ORDINARY, LARGE):
        file, took_ms = await desk.export(client_id)
        began = time.perf_counter()
        proven = verify(file.splitlines(), public.signer.public_pem.encode())
        verified_ms = (time.perf_counter() - began) * 1000
        results.add(f"an export of {proven.entries:,} entries, {len(file) / 1e6:.1f} MB", took_ms, "ms")
        results.add(f"verifying the export of {proven.entries:,} entries", verified_ms, "ms")


async def _trace(desk: Desk, results: Results) -> None:
    """What `dutiful trace` asks of each service: the flows of an id, then the steps of the flow."""
    connection = await asyncpg.connect(desk.settings.database_url.get_secret_value())
    flow = await connection.fetchval(FLOW_OF)
    await connection.close()
    took = [await desk.ms(None, path) for path in (f"/trail/flows?id={flow}", f"/trail/steps?flow={flow}")]
    results.add(f"a trace: the flows of an id, {SAID:,} causes there", took[0], "ms")
    results.add(f"a trace: the steps of a flow, {SAID:,} causes there", took[1], "ms")


def _nth(took: Mapping[str, list[tuple[float, float]]], n: int) -> dict[str, list[float]]:
    return {which: [each[n] for each in those] for which, those in took.items()}


@asynccontextmanager
async def _desk(servers: Servers, tell: Callable[[str], None] | None = None) -> AsyncIterator[Desk]:
    """A console on a database of its own, filled where somebody is told of it; gone at the end."""
    name = f"record_{uuid4().hex[:12]}"
    token_key, evidence_key = servers.home / "token-key.pem", servers.home / "evidence-key.pem"
    make_key(token_key)
    make_key(evidence_key)
    dsn = await servers.database(name)
    settings = ConsoleSettings(
        kafka=servers.kafka.bootstrap,
        database_url=SecretStr(dsn),
        topic_prefix=f"{name}.",
        token_key=token_key,
        evidence_key=evidence_key,
        api_rate=0,  # one reader asks as fast as it is answered
    )
    book = Book.read(default_path())
    app = Console(book, settings)
    await ensure_topics(servers.kafka.bootstrap, Shape(settings.topic_prefix), [Console.name])
    await prepare(app, settings)
    if tell is not None:
        await fill(dsn, book, tell)
    service = Service(app, settings, SystemClock())
    await service.start()
    try:
        async with (
            AIOKafkaProducer(bootstrap_servers=servers.kafka.bootstrap, linger_ms=5) as producer,
            aiohttp.ClientSession() as http,
        ):
            yield Desk(service, settings, producer, http)
    finally:
        await service.stop()
        await servers.drop_database(name)
