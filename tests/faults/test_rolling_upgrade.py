"""Two versions side by side, as in a roll: on the same topics and schema, under load, nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json
from tests.chassis.eventually import WITHIN_S, eventually
from tests.faults.versions import REMARK, Pod, make_next

from embedded.processes import Processes
from embedded.receiver import WebhookReceiver
from notifier.app import Notifier
from subprocessor_registry.app import Registry

pytestmark = [pytest.mark.servers, pytest.mark.slow]

SERVICES = (Registry.name, Notifier.name)
CLIENTS = 8
EVERY = 25
"""One event in so many plans a change, which each client is told of; the others change contacts."""
PACE_S = 0.01
STATE = {
    Registry.name: (
        "SELECT client_id, name, active_until FROM client",
        "SELECT change_id, subprocessor_id, kind, status, facts, effective_on, reason FROM change",
        "SELECT change_id, client_id, status, last_day_on FROM client_change",
        "SELECT client_id, subprocessor_id, standing, permitted_from, change_id FROM permission",
    ),
    Notifier.name: (
        "SELECT client_id, name, contact_name, email FROM client",
        "SELECT order_id, about, kind, facts FROM notice_order",
        "SELECT notice_id, order_id, client_id, stage, receipt_channel FROM notice",
        "SELECT delivery_id, notice_id, channel, endpoint_id, status FROM delivery",
    ),
}
Published = tuple[str, str, bytes]


async def test_a_roll_and_a_roll_back_under_load_leave_no_trace(
    make_system: Callable[[str], Awaitable[Processes]], receiver: WebhookReceiver, tmp_path: Path
) -> None:
    """Migrated under the old version, then both, then the new, then back: the state and the webhooks of a quiet run."""
    rolled, calm = await make_system("rolled"), await make_system("quiet")
    upcoming = make_next(tmp_path / "next")
    published: list[Published] = []
    seen = {}
    for system in (rolled, calm):
        receiver.clear()
        old = {service: Pod(system, service, {}) for service in SERVICES}
        await _begin(system, old, receiver)
        if system is rolled:
            await _roll_under_load(system, old, upcoming, published)
        else:
            await _publish(system, published)
        await _settle(system, published)
        await asyncio.gather(*[pod.stop() for pod in old.values()])
        seen[system.prefix] = {(request.path, request.headers["webhook-id"]) for request in receiver.requests}
    assert seen[rolled.prefix] == seen[calm.prefix]
    assert len(seen[calm.prefix]) == CLIENTS * _planned(published)
    assert await _state(rolled) == await _state(calm)
    said, quietly = await _said(rolled), await _said(calm)
    assert {each: ids for each, (ids, _) in said.items()} == {each: ids for each, (ids, _) in quietly.items()}
    assert {remark for _, remarks in said.values() for remark in remarks} == {None, REMARK}, "only one version spoke"


async def _begin(system: Processes, old: dict[str, Pod], receiver: WebhookReceiver) -> None:
    """The old version is there, and clients have signed and can be told."""
    await asyncio.gather(*[pod.migrate() for pod in old.values()])
    connection = await asyncpg.connect(system.dsn(Notifier.name), server_settings={"search_path": Notifier.name})
    await connection.executemany(
        "INSERT INTO endpoint (endpoint_id, client_id, url, created_at) VALUES ($1, $2, $3, now())",
        [(f"ep-{n}", f"client-{n}", receiver.url(f"/client-{n}")) for n in range(CLIENTS)],
    )
    await connection.executemany(
        "INSERT INTO endpoint_secret (endpoint_id, secret, created_at) VALUES ($1, $2, now())",
        [(f"ep-{n}", "whsec_" + "A" * 43 + "=") for n in range(CLIENTS)],
    )
    await connection.close()
    await asyncio.gather(*[pod.start() for pod in old.values()])
    await _publish(system, [("client.signed", f"client-{n}", _signed(n)) for n in range(CLIENTS)], "signed")
    for service in SERVICES:
        await _until(system, service, "SELECT count(*) FROM client", CLIENTS)


async def _roll_under_load(
    system: Processes, old: dict[str, Pod], upcoming: dict[str, str], published: list[Published]
) -> None:
    """Events go on coming while one service after the other is rolled, and rolled back; `old` runs again at the end."""
    new = {service: Pod(system, service, upcoming) for service in SERVICES}
    enough = asyncio.Event()
    load = asyncio.create_task(_load(system, published, enough))
    try:
        await asyncio.gather(*[pod.migrate() for pod in new.values()])
        for service in SERVICES:
            await _replace(old[service], new[service], published)
        for service in SERVICES:
            old[service] = Pod(system, service, {})
            await _replace(new[service], old[service], published)
    finally:
        enough.set()
        await load
        await asyncio.gather(*[pod.kill() for pod in new.values()])


async def _replace(going: Pod, coming: Pod, published: list[Published]) -> None:
    """As a Deployment does it: the one that comes is ready and works beside the other, which then goes."""
    await coming.start()
    await eventually(coming.has_handled)
    before = len(published)

    async def _more_came() -> bool:
        return len(published) > before + EVERY * 2

    await eventually(_more_came)
    await going.stop()


async def _load(system: Processes, published: list[Published], enough: asyncio.Event) -> None:
    """Publish until it is enough; `published` has what the broker has, in its order."""
    events = _events()
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        while not enough.is_set():
            event = next(events)
            await _send(producer, system, event, f"rest-{len(published)}")
            published.append(event)
            await asyncio.sleep(PACE_S)


async def _publish(system: Processes, events: list[Published], name: str = "rest") -> None:
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        for n, event in enumerate(events):
            await _send(producer, system, event, f"{name}-{n}")


async def _send(producer: AIOKafkaProducer, system: Processes, event: Published, event_id: str) -> None:
    event_type, key, data = event
    said = {"ce_specversion": "1.0", "ce_id": event_id, "ce_source": "test", "ce_type": event_type}
    headers = [(name, value.encode()) for name, value in said.items()]
    topic = system.prefix + event_type.partition(".")[0]
    await producer.send_and_wait(topic, data, key=key.encode(), headers=headers)


def _events() -> Iterator[Published]:
    n = 0
    while True:
        if n % EVERY == 0:
            yield "subprocessor.added", f"new-{n}", _added(f"new-{n}")
        else:
            client = f"client-{n % CLIENTS}"
            contact = {"name": f"Contact {n}", "email": f"dpo-{n}@{client}.example"}
            yield "client.contact_changed", client, to_json({"client_id": client, "contact": contact})
        n += 1


def _signed(n: int) -> bytes:
    contact = {"name": f"Contact {n}", "email": f"dpo@client-{n}.example"}
    signed = {"agreement_id": "quicktalk", "agreement_version": "1", "signed_on": "2026-01-05", "contact": contact}
    return to_json({"client_id": f"client-{n}", "name": f"Client {n}", **signed})


def _added(subprocessor_id: str) -> bytes:
    agreement = {"reference": "A", "signed_on": "2026-01-02"}
    facts = {"actions": ["Hosting"], "location": "FR", "effective_on": "2030-06-03", "written_agreement": agreement}
    return to_json({"subprocessor_id": subprocessor_id, "name": subprocessor_id.title(), **facts})


def _planned(published: list[Published]) -> int:
    return sum(event_type == "subprocessor.added" for event_type, _, _ in published)


async def _settle(system: Processes, published: list[Published]) -> None:
    """Until all that was published is handled, delivered and said."""
    told = CLIENTS * _planned(published)
    await _until(system, Registry.name, "SELECT count(*) FROM change", _planned(published))
    await _until(system, Notifier.name, "SELECT count(*) FROM notice WHERE received_at IS NOT NULL", told)
    await _until(system, Registry.name, "SELECT count(*) FROM client_change WHERE status = 'window_open'", told)
    last = {key: from_json(data)["contact"]["name"] for kind, key, data in published if kind.startswith("client")}
    named = f"SELECT count(*) FROM client WHERE contact_name IN ({', '.join(repr(name) for name in last.values())})"
    for service in (Notifier.name,):
        await _until(system, service, named, len(last))
    for service in SERVICES:
        await _until(system, service, "SELECT count(*) FROM outbox", 0)


async def _until(system: Processes, service: str, query: str, expected: int) -> None:
    connection = await asyncpg.connect(system.dsn(service), server_settings={"search_path": service})

    async def _is_so() -> bool:
        found: int = await connection.fetchval(query)
        assert found <= expected or expected == 0, f"{query}: {found}, expected {expected}"
        return found == expected

    try:
        await eventually(_is_so, within_s=WITHIN_S)
    finally:
        await connection.close()


async def _state(system: Processes) -> dict[str, list[list[str]]]:
    state = {}
    for service, queries in STATE.items():
        connection = await asyncpg.connect(system.dsn(service), server_settings={"search_path": service})
        state[service] = [sorted(map(repr, await connection.fetch(query))) for query in queries]
        await connection.close()
    return state


async def _said(system: Processes) -> dict[tuple[str, bytes], tuple[set[bytes], set[str | None]]]:
    """What the services said: per topic and key all ids, and which version's remark they carry."""
    said: dict[tuple[str, bytes], tuple[set[bytes], set[str | None]]] = {}
    for topic in ("change", "permission", "notice"):
        consumer = AIOKafkaConsumer(system.prefix + topic, bootstrap_servers=system.kafka, auto_offset_reset="earliest")
        await consumer.start()
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                    ids, remarks = said.setdefault((topic, record.key or b""), (set(), set()))
                    ids.add(dict(record.headers)["ce_id"])
                    if topic == "change":
                        remarks.add(from_json(record.value or b"{}").get("remark"))
        await consumer.stop()
    return said
