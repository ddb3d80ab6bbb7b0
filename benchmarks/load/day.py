"""A day of a company with a hundred thousand clients, on the whole running system.

The day is compressed, not simulated: what a platform and its people would say from midnight to midnight is published
as fast as the bus takes it, on the real clock, to processes as in production; how long the system takes for all of it
says how much of a day such a day fills. What is dated for later days stays on the agenda.
"""

from collections.abc import Iterable
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer

from agreement.book import Book
from benchmarks.load.days_events import Day, answers, morning, systems
from benchmarks.rig.company import fill_company, fill_platform
from benchmarks.rig.cost import SERVERS, Meter
from benchmarks.rig.filling import fill_endpoints
from benchmarks.rig.quiet import watching
from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.results import Results
from benchmarks.rig.rows import database_mb, kafka_mb, rows_by_service
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers, rss_mb
from benchmarks.rig.system import EVERY, system
from contracts.publishing import Outgoing
from embedded.processes import Processes
from retention.sweeping import SWEEP

CLIENTS: Final = sized(100_000, 200)
DAY: Final = Day(
    clients=CLIENTS,
    signed=sized(300, 2),
    contacts=sized(1_000, 2),
    settings=sized(1_000, 2),
    asked=sized(500, 2),
    questions=sized(200, 2),
    ended=sized(200, 2),
    objections=sized(200, 2),
    holders=sized(3, 1),
)
ROWS: Final = 1
"""Of each client that leaves, in each table of the platform."""

_WITHIN_S: Final = 900


async def measure(servers: Servers, results: Results) -> None:
    """The clients are there since long; then it is midnight, and the day's orders to delete are due as well."""
    receiver = await ReceiverProcess.start()
    try:
        async with system(servers, EVERY) as processes, watching(processes, EVERY) as quiet:
            await processes.start(*EVERY)
            await quiet.ready()
            async with AIOKafkaProducer(bootstrap_servers=processes.kafka) as producer:
                await _publish(producer, systems(DAY, processes.prefix))
            await quiet.until(within_s=_WITHIN_S)
            results.console.print(f"[dim]· filling {CLIENTS:,} clients[/]")
            await fill_company(processes, Book.read(processes.agreement), CLIENTS)
            await fill_endpoints(processes.dsn("notifier"), receiver.url, CLIENTS)
            await fill_platform(servers, "client-", DAY.ended, ROWS)
            started = {name: rss_mb(processes.pid(name)) for name in EVERY}
            before, already, rows = await quiet.handled(), await quiet.said(), await rows_by_service(processes, EVERY)
            disk = await database_mb(processes.dsn(EVERY[0])), kafka_mb(servers.home)
            results.console.print("[dim]· the day begins[/]")
            meter = Meter(servers, {name: processes.pid(name) for name in EVERY})
            await _midnight(processes)
            async with AIOKafkaProducer(bootstrap_servers=processes.kafka, linger_ms=5) as producer:
                for part in (morning, answers):
                    await _publish(producer, part(DAY, processes.prefix))
                    ended_at = await quiet.until(within_s=_WITHIN_S)
            cost = meter.cost()
            handled = {name: count - before[name] for name, count in (await quiet.handled()).items()}
            said, dead, webhooks = await quiet.said() - already, await quiet.dead_letters(), await receiver.count()
            grew = {name: count - rows[name] for name, count in (await rows_by_service(processes, EVERY)).items()}
            fuller = await database_mb(processes.dsn(EVERY[0])), kafka_mb(servers.home)
            memory = {name: rss_mb(processes.pid(name)) for name in EVERY}
    finally:
        await receiver.stop()
    for letter in sorted(set(dead)):
        results.console.print(f"  set aside: {letter}", markup=False)
    day = f"a day of {CLIENTS:,} clients"
    results.add(f"{day}: until nothing is left to do", ended_at - meter.began, "s")
    results.add(f"{day}: events on the bus", said, "events")
    results.add(f"{day}: events handled, all services", sum(handled.values()), "events")
    results.add(f"{day}: webhooks that arrived", webhooks.ids, "webhooks")
    results.add(f"{day}: PostgreSQL has more on disk", fuller[0] - disk[0], "MB")
    results.add(f"{day}: Kafka has more on disk", fuller[1] - disk[1], "MB")
    results.add(f"{day}: dead letters", len(dead), "messages", goal="0")
    for name in (*EVERY, *SERVERS):
        results.add(f"{day}: CPU of {name}", cost.cpu_s[name], "s")
    for name in EVERY:
        results.add(f"{day}: rows that {name} has more", grew[name], "rows")
        results.add(f"{day}: memory of {name}, beside at its start", memory[name], "MB", raw=started[name])


async def _midnight(processes: Processes) -> None:
    """The orders of the next day to delete, of every client, are due now."""
    connection = await asyncpg.connect(processes.dsn("retention"), server_settings={"search_path": "retention"})
    moved = await connection.execute("UPDATE agenda SET due_at = now() WHERE name = $1", SWEEP)
    await connection.close()
    assert moved == "UPDATE 1"


async def _publish(producer: AIOKafkaProducer, records: Iterable[Outgoing]) -> None:
    for record in records:
        await producer.send(record.topic, record.value, key=record.key, headers=record.headers)
    await producer.flush()
