"""All services at once: an example of every event, of many clients, through the whole running system."""

from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaProducer

from benchmarks.load.stories import FIRST, SOURCE, said, waves
from benchmarks.rig.company import fill_platform
from benchmarks.rig.cost import SERVERS, Meter
from benchmarks.rig.filling import fill_endpoints_of_all
from benchmarks.rig.quiet import watching
from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers, rss_mb
from benchmarks.rig.system import EVERY, system
from chassis.message import Cause
from contracts.publishing import Outgoing

STORIES: Final = sized(400, 2)
ROWS: Final = 10
"""Of each client in each table of the platform."""

_WITHIN_S: Final = 600


async def measure(servers: Servers, results: Results) -> None:
    """Clients sign and hear of a change first; from then on every event counts, until nothing is left to do."""
    receiver = await ReceiverProcess.start()
    try:
        async with system(servers, EVERY) as processes, watching(processes, EVERY) as quiet:
            await processes.start(*EVERY)
            prefix = processes.prefix
            async with AIOKafkaProducer(bootstrap_servers=processes.kafka, linger_ms=5) as producer:
                await quiet.ready()
                await _publish(producer, [said(each, n, prefix, "") for n in range(STORIES) for each in FIRST])
                await quiet.until(within_s=_WITHIN_S)
                await fill_endpoints_of_all(processes.dsn("notifier"), receiver.url)
                await fill_platform(servers, "client-42-", STORIES, ROWS)
                added = said("subprocessor.added", 0, prefix, "")
                await _publish(producer, [added])
                await quiet.until(within_s=_WITHIN_S)
                change_id = Cause(SOURCE, added.id, "").derive("change")
                before, already = await quiet.handled(), await quiet.said()
                meter = Meter(servers, {name: processes.pid(name) for name in EVERY})
                published = 0
                for nth, wave in enumerate(waves(STORIES, prefix, change_id), start=1):
                    results.console.print(f"[dim]· {STORIES} stories, wave {nth}: {len(wave):,} events[/]")
                    await _publish(producer, wave)
                    published += len(wave)
                    ended_at = await quiet.until(within_s=_WITHIN_S)
                cost = meter.cost()
            handled = {name: count - before[name] for name, count in (await quiet.handled()).items()}
            said_in_all, dead = await quiet.said() - already, await quiet.dead_letters()
            memory = {name: rss_mb(processes.pid(name)) for name in EVERY}
    finally:
        await receiver.stop()
    for letter in sorted(set(dead)):
        results.console.print(f"  set aside: {letter}", markup=False)
    elapsed_s = ended_at - meter.began
    total = sum(handled.values())
    results.add("all services: events on the bus/s", said_in_all / elapsed_s, "events/s")
    results.add("all services: events handled/s", total / elapsed_s, "events/s")
    results.add("all services: published by the platform", published, "events")
    results.add("all services: said in answer", said_in_all - published, "events")
    results.add("all services: dead letters", len(dead), "messages", goal="0")
    for name in (*EVERY, *SERVERS):
        results.add(f"all services: CPU of {name}", cost.cpu_s[name], "s")
    for name in EVERY:
        results.add(f"all services: handled by {name}", handled[name], "events")
        results.add(f"all services: memory of {name}", memory[name], "MB")
    for name, spent in cost.per_million(total).items():
        results.add(f"all services: CPU of {name} per million events handled", spent, "s")


async def _publish(producer: AIOKafkaProducer, records: Sequence[Outgoing]) -> None:
    for record in records:
        await producer.send(record.topic, record.value, key=record.key, headers=record.headers)
    await producer.flush()
