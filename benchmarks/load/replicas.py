"""One, two and four processes of a service, on as many partitions: how many events a second, and how late each is.

On a machine of two cores, which Kafka, PostgreSQL and whoever publishes use too, more processes can't be faster: what
is shown there is what sharing costs. The same command on more cores shows what it brings.
"""

import signal
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.rig.cost import Meter
from benchmarks.rig.endings import Endings, endings
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.system import paced, percentile
from benchmarks.rig.topics import Counter, fill_terminated, terminated

EVENTS: Final = sized(60_000, 300)
WARM_UP: Final = sized(2_000, 50)
PACED: Final = sized(2_500, 50)
PER_S: Final = 500
SHAPES: Final = ((1, 1), (2, 2), (4, 4), (4, 1))
"""Partitions and processes."""


class Shown(NamedTuple):
    """What one shape did: events/s, CPU ms of the service's processes for each, and lateness in ms."""

    rate: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float


async def measure(servers: Servers, results: Results) -> None:
    """First what lies there already, as fast as it goes; then so many a second, each at its moment."""
    alone: Shown | None = None
    for partitions, processes in SHAPES:
        results.console.print(f"[dim]· {processes} processes on {partitions} partitions[/]")
        async with endings(servers, partitions) as service:
            shown = await _shown(service, processes)
        alone = alone or shown
        shape = f"{processes} of a service, {partitions} partitions"
        results.add(f"{shape}: rate", shown.rate, "events/s", raw=alone.rate)
        results.add(f"{shape}: CPU of the service", shown.cpu_ms, "ms/event", raw=alone.cpu_ms)
        results.add(f"{shape}: publish → published at {PER_S}/s, p50", shown.p50_ms, "ms", raw=alone.p50_ms)
        results.add(f"{shape}: publish → published at {PER_S}/s, p99", shown.p99_ms, "ms", raw=alone.p99_ms)


async def _shown(service: Endings, processes: int) -> Shown:
    kafka = service.servers.kafka.bootstrap
    async with Counter(kafka, service.said, service.partitions) as counter:
        await service.start(processes)
        await service.shared()
        await fill_terminated(kafka, service.heard, WARM_UP)
        await counter.until(WARM_UP)
        service.signal(signal.SIGSTOP)  # for less than a session of the group lasts
        await fill_terminated(kafka, service.heard, EVENTS, WARM_UP)
        meter = Meter(service.servers, service.pids)
        service.signal(signal.SIGCONT)
        await counter.until(WARM_UP + EVENTS)
        cost = meter.cost()
        late = await _lateness(service, counter)
    return Shown(EVENTS / cost.elapsed_s, cost.services_s / EVENTS * 1000, percentile(late, 50), percentile(late, 99))


async def _lateness(service: Endings, counter: Counter) -> dict[str, float]:
    """Milliseconds by client, as the broker stamps both: the event that came in, and the one that followed."""
    kafka, first = service.servers.kafka.bootstrap, WARM_UP + EVENTS
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        async for n in paced(PACED, PER_S):
            key, value, headers = terminated(first + n)
            await producer.send(service.heard, value, key=key, headers=headers)
    await counter.until(first + PACED)
    came, went = await _stamped(kafka, service.heard), await _stamped(kafka, service.said)
    return {client: went[client] - came[client] for client in (f"client-{first + n}" for n in range(PACED))}


async def _stamped(kafka: str, topic: str) -> dict[str, int]:
    """When the broker had each key's record, in ms."""
    found: dict[str, int] = {}
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    ends = await consumer.end_offsets(consumer.assignment())
    for partition, end in ends.items():
        while await consumer.position(partition) < end:
            for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                found[(record.key or b"").decode()] = record.timestamp
    await consumer.stop()
    return found
