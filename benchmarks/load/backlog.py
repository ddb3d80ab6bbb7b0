"""A million events lie there when a service starts: how fast they are drained, and what memory that takes."""

import asyncio
from typing import Final

from benchmarks.rig.cost import Meter
from benchmarks.rig.endings import endings
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers, rss_mb
from benchmarks.rig.topics import PARTITIONS, Counter, fill_terminated

EVENTS: Final = sized(1_000_000, 2_000)
_LOOK_S: Final = 0.25


async def measure(servers: Servers, results: Results) -> None:
    """From the start of the process until the last event that follows is on Kafka; filling is not counted."""
    async with endings(servers, PARTITIONS) as service:
        results.console.print(f"[dim]· {EVENTS:,} events are being published[/]")
        await fill_terminated(servers.kafka.bootstrap, service.heard, EVENTS)
        results.console.print("[dim]· the service starts[/]")
        async with Counter(servers.kafka.bootstrap, service.said) as counter:
            await service.start(1)
            (pid,) = service.pids.values()
            meter = Meter(servers, service.pids)
            seen: list[tuple[int, float]] = []
            while not seen or seen[-1][0] < EVENTS:
                seen.append((await counter.count(), rss_mb(pid)))
                await asyncio.sleep(_LOOK_S)
            cost = meter.cost()
    results.add(f"backlog of {EVENTS:,}: drained", EVENTS / cost.elapsed_s, "events/s")
    last, most = seen[-1][1], max(megabytes for _, megabytes in seen)
    for name, part in (("a tenth", 0.1), ("a half", 0.5)):
        then = next(megabytes for count, megabytes in seen if count >= EVENTS * part)
        results.add(f"backlog: memory at the end, beside after {name}", last, "MB", raw=then, goal="ratio about 1")
    results.add("backlog: memory at its most", most, "MB")
    for name, spent in cost.per_million(EVENTS).items():
        results.add(f"backlog: CPU of {name} per million events", spent, "s")
