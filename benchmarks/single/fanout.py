"""One change told to ten thousand clients, from the platform's event to the last attempt on record."""

import time
from dataclasses import dataclass
from statistics import median

from benchmarks.rig.announcing import addition
from benchmarks.rig.filling import ENDPOINTS, count_rows, fill_clients, fill_endpoints
from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers, cpu_s, rss_mb
from benchmarks.rig.system import SERVICES, Publisher, publisher, system
from benchmarks.rig.waiting import until
from embedded.processes import Processes

CLIENTS = sized(10_000, 1_000)
PAIRS = sized(7, 1)
_WITHIN_S = 60
_HANGING = CLIENTS // ENDPOINTS
_KILL_AT = CLIENTS // 3


@dataclass(frozen=True, slots=True)
class Run:
    """What one fan-out took; CPU in seconds of the services, of Kafka and of PostgreSQL with its children."""

    arrived_s: float
    recorded_s: float
    cpu_s: dict[str, float]
    settled_cpu_s: float
    receiver_cpu_s: float
    rss_mb: dict[str, float]


async def measure(servers: Servers, results: Results) -> None:
    """Undisturbed; with one of a hundred endpoints hanging; with the notifier killed in mid-run."""
    receiver = await ReceiverProcess.start()
    try:
        calm, hung = [], []
        for _ in range(PAIRS):  # in turn, so that both see the same machine
            calm.append(await _fan_out(servers, results, receiver))
            hung.append(await _fan_out(servers, results, receiver, hanging=1))
        twice, lost = await _killed(servers, results, receiver)
    finally:
        await receiver.stop()
    typical = sorted(calm, key=lambda run: run.recorded_s)[PAIRS // 2]
    results.add("fan-out to 10,000, first to last arrival", CLIENTS / typical.arrived_s, "deliveries/s")
    results.add("fan-out, publish to last attempt", CLIENTS / typical.recorded_s, "deliveries/s", goal="Svix: 2,270")
    cpu = sum(typical.cpu_s.values()) / CLIENTS * 1000
    results.add("fan-out, CPU of all processes", cpu, "ms/delivery", goal="Svix: 0.65")
    for name, spent in typical.cpu_s.items():
        results.add(f"fan-out, CPU of {name}", spent / CLIENTS * 1000, "ms/delivery")
    settled = typical.settled_cpu_s / CLIENTS * 1000
    results.add("fan-out, CPU with every client's window opened", settled, "ms/delivery")
    results.add("fan-out, CPU of the receiver, apart", typical.receiver_cpu_s / CLIENTS * 1000, "ms/delivery")
    # A fan-out takes little over a second, and the next may be a tenth slower: each is compared with the one beside it.
    kept = median(
        (CLIENTS - _HANGING) / CLIENTS * one.arrived_s / other.arrived_s for one, other in zip(calm, hung, strict=True)
    )
    results.add("one of 100 endpoints hangs: loss of the others", (1 - kept) * 100, "%", goal="< 5 %, Svix 13-21")
    results.add("SIGKILL in mid-run: never delivered", lost, "deliveries", goal="0")
    results.add("SIGKILL in mid-run: delivered twice", twice, "deliveries")
    for service, megabytes in typical.rss_mb.items():
        results.add(f"memory of {service}", megabytes, "MB", goal="< 150 MB")


async def _fan_out(servers: Servers, results: Results, receiver: ReceiverProcess, *, hanging: int = 0) -> Run:
    results.console.print(f"[dim]· fan-out to {CLIENTS:,} clients, {hanging} of {ENDPOINTS} endpoints hanging[/]")
    expected = CLIENTS - hanging * _HANGING
    async with system(servers) as processes, publisher(processes) as out:
        await _prepare(processes, receiver, out, hanging)
        counted = {service: processes.pid(service) for service in SERVICES}
        counted |= {"kafka": servers.kafka.pid or 0, "postgresql": servers.postgres.pid or 0}
        before, received = _spent(counted), await receiver.forget()
        began = time.time()
        await out.publish(addition("the-change"))
        await _recorded(processes, expected)
        recorded_s, at_end = time.time() - began, _spent(counted)
        count = await receiver.count()
        await _rows(processes, "subprocessor_registry", "client_change WHERE status = 'window_open'", expected)
        settled = sum(_spent(counted).values()) - sum(before.values())
        memory = {service: rss_mb(processes.pid(service)) for service in SERVICES}
        if hanging:
            await processes.kill("notifier")  # what hangs would only be waited for
    assert count.first_at is not None
    assert count.last_at is not None
    arrived_s, receiver_cpu_s = count.last_at - count.first_at, count.cpu_s - received.cpu_s
    cpu = {name: at_end[name] - before[name] for name in before}
    results.console.print(
        f"  {expected / arrived_s:,.0f}/s arrived, {expected / recorded_s:,.0f}/s recorded, "
        f"{sum(cpu.values()) / expected * 1000:.2f} ms CPU each: "
        + ", ".join(f"{name} {spent / expected * 1000:.2f}" for name, spent in cpu.items())
    )
    return Run(arrived_s, recorded_s, cpu, settled, receiver_cpu_s, memory)


async def _killed(servers: Servers, results: Results, receiver: ReceiverProcess) -> tuple[int, int]:
    """How many were delivered twice, and how many never."""
    results.console.print(f"[dim]· fan-out to {CLIENTS:,} clients, the notifier killed in mid-run[/]")
    async with system(servers) as processes, publisher(processes) as out:
        await _prepare(processes, receiver, out, 0)
        await receiver.forget()
        await out.publish(addition("the-change"))
        await receiver.until(_KILL_AT, within_s=_WITHIN_S)
        await processes.kill("notifier")
        await processes.start("notifier")
        await _recorded(processes, CLIENTS)
        count = await receiver.count()
        return count.requests - count.ids, CLIENTS - count.ids


async def _prepare(processes: Processes, receiver: ReceiverProcess, out: Publisher, hanging: int) -> None:
    """Ten thousand clients with an endpoint each, at a hundred URLs; one change was told to one client before."""
    dsn = processes.dsn("notifier")
    await fill_clients(dsn, processes.dsn("subprocessor_registry"), 1)
    await processes.start(*SERVICES)
    await out.publish(addition("warm-up"))
    await _rows(processes, "notifier", "notice_order", 1)  # both services hear now
    await fill_clients(dsn, processes.dsn("subprocessor_registry"), CLIENTS)
    await fill_endpoints(dsn, receiver.url, CLIENTS, hanging=hanging)


def _spent(pids: dict[str, int]) -> dict[str, float]:
    return {name: cpu_s(pid) for name, pid in pids.items()}


async def _recorded(processes: Processes, count: int) -> None:
    await _rows(processes, "notifier", "delivery WHERE status = 'delivered'", count)


async def _rows(processes: Processes, service: str, what: str, count: int) -> None:
    async def all_there() -> bool:
        return await count_rows(processes.dsn(service), service, what) >= count

    await until(all_there, within_s=_WITHIN_S, every_s=0.1)
