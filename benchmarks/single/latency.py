"""Time from an outside publisher's event to the client's webhook, at fifty events a second, through both services."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.beside.raw_way import raw_way
from benchmarks.rig.announcing import addition
from benchmarks.rig.filling import fill_clients, fill_endpoints
from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.system import SERVICES, Publisher, paced, percentile, publisher, system
from benchmarks.rig.waiting import until
from contracts.change import ChangeNoticeOrdered, NoticeKind
from contracts.event import Event

PER_S = 50
EVENTS = sized(1_000, 50)
WARM_UP = sized(500, 50)
_READY_WITHIN_S = 40
_LATE = datetime(2099, 1, 1, tzinfo=UTC)


async def measure(servers: Servers, results: Results) -> None:
    """The whole way, two services and three topics, beside the least that goes it; then the notifier's hop alone."""
    receiver = await ReceiverProcess.start()
    try:
        async with system(servers) as processes, publisher(processes) as out:
            await fill_clients(processes.dsn("notifier"), processes.dsn("subprocessor_registry"), 1)
            await fill_endpoints(processes.dsn("notifier"), receiver.url, 1)
            results.console.print(f"[dim]· two topics, two commits and a POST: {WARM_UP} events at {PER_S}/s[/]")
            raw = await raw_way(servers, receiver, WARM_UP, PER_S)
            await processes.start(*SERVICES)
            for what, make, p50, p99 in (
                ("publish → registry → notifier → webhook", addition, 10, 30),
                ("publish → notifier → webhook", _ordered, None, None),
            ):
                results.console.print(f"[dim]· {what}: {EVENTS} events at {PER_S}/s[/]")
                await _stream(receiver, out, make, "warm-up", WARM_UP)
                taken = await _stream(receiver, out, make, "measured", EVENTS)
                for percent, goal in ((50, p50), (99, p99)):
                    value = percentile(taken, percent)
                    beside = percentile(raw, percent) if goal else None
                    results.add(f"{what}, p{percent}", value, "ms", raw=beside, goal=f"< {goal} ms" if goal else "")
    finally:
        await receiver.stop()


async def _stream(
    receiver: ReceiverProcess, out: Publisher, make: Callable[[str], Event], name: str, count: int
) -> dict[str, float]:
    """Milliseconds from the publish to the receiver, by sub-processor."""
    await receiver.forget()
    published: dict[str, float] = {}
    async for n in paced(count, PER_S):
        subprocessor_id = f"{make.__name__.strip('_')}-{name}-{n}"
        published[subprocessor_id] = time.time()
        await out.publish(make(subprocessor_id))

    async def all_arrived() -> bool:
        return len(await receiver.arrivals()) >= count

    await until(all_arrived, within_s=_READY_WITHIN_S)
    arrived = await receiver.arrivals()
    return {each: (arrived[each] - at) * 1000 for each, at in published.items()}


def _ordered(subprocessor_id: str) -> Event:
    return ChangeNoticeOrdered(
        change_id=f"change-{subprocessor_id}",
        order_id=f"order-{subprocessor_id}",
        kind=NoticeKind.CHANGE_ANNOUNCED,
        client_ids=("client-1",),
        deadline_at=_LATE,
        escalate_at=_LATE,
        clause="4.3",
        facts={"subprocessor_id": subprocessor_id},
    )
