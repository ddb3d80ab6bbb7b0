"""Webhook deliveries of one process, recorded and durable, against a raw loop that posts the same."""

import asyncio
import time
from uuid import uuid4

import aiohttp
from pydantic import SecretStr

from agreement.book import Book
from agreement.loading import default_path
from benchmarks.rig.filling import ENDPOINTS, SECRET, count_rows, fill_clients, fill_deliveries, fill_endpoints
from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.waiting import until
from chassis.clock import SystemClock
from chassis.service import Service, prepare
from chassis.topics import Shape, ensure_topics
from embedded.processes import VAULT_KEY
from notifier.app import Notifier
from notifier.settings import NotifierSettings
from notifier.signatures import sign
from notifier.store import SHARDS
from notifier.webhooks import WebhookSettings

DELIVERIES = sized(20_000, 200)
ROUNDS = sized(3, 1)
CONNECTIONS = (25, 50, 100)
_WITHIN_S = 60
_BODY = (
    b'{"type":"notice.change_announced","timestamp":"2026-11-24T12:00:00Z","data":{"about":"change","clause":"4.3",'
    b'"change_kind":"addition","subprocessor_id":"new","subprocessor":"New","actions":["Hosting"],"location":"FR",'
    b'"mechanism":"","document":"","effective_on":"2099-06-01","notice_id":"%s","client_id":"client-12345"}}'
    % (b"0" * 32)
)


async def measure(servers: Servers, results: Results) -> None:
    """The raw loop at each concurrency, then a whole notifier that finds as many deliveries due; medians of three.

    A first round of both isn't counted: a broker and a database that have just started are slow.
    """
    receiver = await ReceiverProcess.start()
    try:
        results.console.print("[dim]· deliveries, to warm up[/]")
        await _raw(receiver, CONNECTIONS[0])
        await _ours(servers, receiver)
        raw, ours, recorded = [], [], []
        for nth in range(ROUNDS):
            results.console.print(f"[dim]· deliveries, round {nth + 1} of {ROUNDS}[/]")
            raw.append(max([await _raw(receiver, each) for each in CONNECTIONS]))
            arrived, kept = await _ours(servers, receiver)
            ours.append(arrived)
            recorded.append(kept)
            results.console.print(f"  raw {raw[-1]:,.0f}/s; arrived {arrived:,.0f}/s, recorded {kept:,.0f}/s")
    finally:
        await receiver.stop()
    best, goal = sorted(raw)[ROUNDS // 2], "ratio ≥ 0.6, aim 0.85"
    results.add(
        "webhook deliveries/s, first to last arrival", sorted(ours)[ROUNDS // 2], "deliveries/s", raw=best, goal=goal
    )
    results.add(
        "webhook deliveries/s, until all are recorded",
        sorted(recorded)[ROUNDS // 2],
        "deliveries/s",
        raw=best,
        goal=goal,
    )


async def _ours(servers: Servers, receiver: ReceiverProcess) -> tuple[float, float]:
    """Deliveries/s, first to last arrival, and from the first arrival until every attempt is on record."""
    settings = await _prepared(servers, receiver)
    await receiver.forget()
    service = Service(Notifier(Book.read(default_path()), settings), settings, SystemClock())
    await service.start()

    async def all_recorded() -> bool:
        dsn = settings.database_url.get_secret_value()
        return await count_rows(dsn, "notifier", "attempt WHERE ok") >= DELIVERIES

    try:
        count = await receiver.until(DELIVERIES, within_s=_WITHIN_S)
        await until(all_recorded, within_s=_WITHIN_S, every_s=0.02)
        ended_at = time.time()
    finally:
        await service.stop()
    assert count.first_at is not None
    assert count.last_at is not None
    return DELIVERIES / (count.last_at - count.first_at), DELIVERIES / (ended_at - count.first_at)


async def _prepared(servers: Servers, receiver: ReceiverProcess) -> NotifierSettings:
    """A notifier's database, full of what is due."""
    name = f"deliveries_{uuid4().hex[:12]}"
    dsn = await servers.database(name)
    settings = NotifierSettings(
        kafka=servers.kafka.bootstrap,
        database_url=SecretStr(dsn),
        topic_prefix=f"{name}.",
        webhooks=WebhookSettings(allow_loopback=True, connections=600),
        vault_key=SecretStr(VAULT_KEY),
    )
    await ensure_topics(servers.kafka.bootstrap, Shape(settings.topic_prefix), [Notifier.name])
    await prepare(Notifier(Book.read(default_path()), settings), settings)
    await fill_clients(dsn, None, DELIVERIES)
    await fill_endpoints(dsn, receiver.url, ENDPOINTS)
    await fill_deliveries(dsn, DELIVERIES, SHARDS)
    return settings


async def _raw(receiver: ReceiverProcess, connections: int) -> float:
    """Post the same body with as many headers as fast as aiohttp can: nothing read, nothing signed, nothing kept."""
    await receiver.forget()
    stamp = int(time.time())
    signature = sign((SECRET,), "x" * 32, stamp, _BODY)
    names = iter(range(DELIVERIES))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:

        async def post() -> None:
            for n in names:
                headers = {
                    "User-Agent": "raw",
                    "Content-Type": "application/json",
                    "webhook-id": f"{n:032}",
                    "webhook-timestamp": str(stamp),
                    "webhook-signature": signature,
                }
                async with session.post(f"{receiver.url}/e/{n % ENDPOINTS}", data=_BODY, headers=headers) as response:
                    await response.read()

        await asyncio.gather(*[post() for _ in range(connections)])
    count = await receiver.count()
    assert count.first_at is not None
    assert count.last_at is not None
    return DELIVERIES / (count.last_at - count.first_at)
