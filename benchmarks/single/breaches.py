"""One breach that affects ten thousand clients, beside a notifier that is handed the same orders ready-made."""

import time
from datetime import UTC, datetime, timedelta
from statistics import median

import asyncpg

from agreement import default_path
from agreement.loading import load
from benchmarks.rig.filling import count_rows, fill_clients, fill_endpoints
from benchmarks.rig.receiving import ReceiverProcess
from benchmarks.rig.results import Results
from benchmarks.rig.scale import sized
from benchmarks.rig.servers import Servers
from benchmarks.rig.system import Publisher, publisher, system
from benchmarks.rig.waiting import until
from breach.app import Breach
from breach.told.notices import Picture, facts_of
from contracts.breach import BreachDetected, Origin, Words
from contracts.event import Event
from contracts.incident import IncidentNoticeOrdered, NoticeKind
from embedded.processes import Processes
from notifier.app import Notifier

CLIENTS = sized(10_000, 1_000)
PAIRS = sized(3, 1)
PAGE = 500
_SERVICES = (Breach.name, Notifier.name)
_WITHIN_S = 60
_SUB = "the-sub"
_DESCRIPTION = "An export of call logs was found."


async def measure(servers: Servers, results: Results) -> None:
    """In turn, so that both see the same machine: the breach, and the orders alone."""
    receiver = await ReceiverProcess.start()
    try:
        breaches, orders = [], []
        for nth in range(PAIRS):
            results.console.print(f"[dim]· a breach for {CLIENTS:,} clients, round {nth + 1} of {PAIRS}[/]")
            breaches.append(await _run(servers, receiver, [_detected("the-breach", _SUB)]))
            orders.append(await _run(servers, receiver, _ready_made()))
            results.console.print(
                "  webhooks {:.2f} to {:.2f} s, recorded {:.2f} s; orders alone {:.2f} to {:.2f}, {:.2f} s".format(
                    *breaches[-1], *orders[-1]
                )
            )
    finally:
        await receiver.stop()
    first = median(each[0] for each in breaches)
    results.add("breach to 10,000: publish to first webhook", first, "s", goal="< 1 s")
    rates = [CLIENTS / median(each[1] - each[0] for each in runs) for runs in (breaches, orders)]
    what = "breach to 10,000, first to last webhook, beside ready-made orders"
    results.add(what, rates[0], "deliveries/s", raw=rates[1], goal="ratio ≥ 0.85")
    whole = [CLIENTS / median(each[2] for each in runs) for runs in (breaches, orders)]
    what = "breach to 10,000, publish to last attempt on record, beside ready-made orders"
    results.add(what, whole[0], "deliveries/s", raw=whole[1])


async def _run(servers: Servers, receiver: ReceiverProcess, events: list[Event]) -> tuple[float, float, float]:
    """Seconds from the publish until the first webhook came, until the last one did, and until all are on record."""
    async with system(servers, _SERVICES) as processes, publisher(processes) as out:
        await _prepare(processes, receiver, out)
        await receiver.forget()
        began = time.time()
        for event in events:
            await out.publish(event)

        async def all_recorded() -> bool:
            done = await count_rows(processes.dsn("notifier"), "notifier", "delivery WHERE status = 'delivered'")
            return done > CLIENTS  # one was told before

        await until(all_recorded, within_s=_WITHIN_S, every_s=0.05)
        recorded_s = time.time() - began
        count = await receiver.count()
    assert count.first_at is not None
    assert count.last_at is not None
    assert count.ids == CLIENTS
    return count.first_at - began, count.last_at - began, recorded_s


async def _prepare(processes: Processes, receiver: ReceiverProcess, out: Publisher) -> None:
    """Ten thousand clients with an endpoint each, who let a sub-processor process; one incident of one came before."""
    dsn = processes.dsn("notifier")
    await fill_clients(dsn, None, CLIENTS)
    await fill_endpoints(dsn, receiver.url, CLIENTS)
    connection = await asyncpg.connect(processes.dsn("breach"), server_settings={"search_path": "breach"})
    await connection.execute(
        """
        WITH fresh AS (
            INSERT INTO client (client_id, name, agreement_id, agreement_version)
            SELECT 'client-' || n, 'Client ' || n, 'quicktalk', '1' FROM generate_series(1, $1::int) AS n
            RETURNING client_id
        ), used AS (
            INSERT INTO client_subprocessor (subprocessor_id, client_id) SELECT $2, client_id FROM fresh
        )
        INSERT INTO subprocessor (subprocessor_id, name) VALUES ($2, 'The Sub')
        """,
        CLIENTS,
        _SUB,
    )
    await connection.execute("ANALYZE client, client_subprocessor")
    await connection.close()
    await processes.start(*_SERVICES)
    await out.publish(_detected("warm-up", None))

    async def both_hear() -> bool:
        return await count_rows(dsn, "notifier", "delivery WHERE status = 'delivered'") == 1

    await until(both_hear, within_s=_WITHIN_S)


def _detected(incident_id: str, subprocessor_id: str | None) -> Event:
    now = datetime.now(UTC)
    return BreachDetected(
        incident_id=incident_id,
        origin=Origin.SUBPROCESSOR if subprocessor_id else Origin.DETECTOR,
        detected_at=now - timedelta(hours=1),
        aware_at=now - timedelta(minutes=1),
        description=_DESCRIPTION,
        subprocessor_id=subprocessor_id,
        client_ids=() if subprocessor_id else ("client-1",),
        data_categories=("call_recordings",),
    )


def _ready_made() -> list[Event]:
    """What the breach service would order, with the same words: a longer webhook takes longer."""
    names = [f"client-{n}" for n in range(1, CLIENTS + 1)]
    now = datetime.now(UTC)
    picture = Picture(
        incident_id="handed",
        description=Words(en=_DESCRIPTION),
        detected_at=now,
        aware_at=now,
        subprocessors=("The Sub",),
        data_categories=("call_recordings",),
        entries={},
        advice=None,
        next_at=None,
        steps=(),
        updates=(),
    )
    facts = facts_of(load(default_path()), picture, None)
    return [
        IncidentNoticeOrdered(
            order_id=f"order-{first}",
            about="handed",
            kind=NoticeKind.BREACH_NOTICE,
            client_ids=tuple(names[first : first + PAGE]),
            deadline_at=now + timedelta(hours=72),
            escalate_at=now + timedelta(hours=24),
            clause="6",
            facts=facts,
        )
        for first in range(0, CLIENTS, PAGE)
    ]
