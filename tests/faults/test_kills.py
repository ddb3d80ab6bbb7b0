"""Services are killed at random moments under a stream of events; afterwards nothing shows that they were."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import to_json
from tests.faults.speaking import Json, signed, until

from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes
from embedded.receiver import WebhookReceiver
from notifier.app import Notifier
from subprocessor_registry.app import Registry

pytestmark = [pytest.mark.servers, pytest.mark.slow]

SERVICES = (Registry.name, Notifier.name)
CLIENTS = 30
SUBPROCESSORS = 40
EVENTS = 5_000
KILLS = 20

STATE = {
    "subprocessor_registry": (
        "SELECT client_id, name, active_until FROM client",
        "SELECT client_id, signed_on, agreement_version FROM signature",
        "SELECT change_id, subprocessor_id, kind, status, facts, effective_on, reason FROM change",
        "SELECT subprocessor_id, valid_from, valid_until, facts, change_id, replaced_at IS NULL FROM listing",
        "SELECT change_id, client_id, status, last_day_on FROM client_change",
        "SELECT objection_id, change_id, client_id, accepted, reason FROM objection",
        "SELECT client_id, subprocessor_id, standing, permitted_from, change_id FROM permission",
        "SELECT name, due_at, topic, key FROM agenda",
        "SELECT count(*) FROM outbox",
    ),
    "notifier": (
        "SELECT client_id, name, contact_name, email, language FROM client",
        "SELECT order_id, about, kind, facts FROM notice_order",
        "SELECT notice_id, order_id, client_id, stage, received_at IS NULL, receipt_channel FROM notice",
        "SELECT delivery_id, notice_id, channel, endpoint_id, status FROM delivery",
        "SELECT name, due_at, topic, key FROM agenda",
        "SELECT count(*) FROM outbox",
    ),
}
"""What must be equal: everything but the moments at which things happened."""


async def test_kills_under_load_leave_no_trace(
    make_system: Callable[[str], Awaitable[Processes]], receiver: WebhookReceiver
) -> None:
    """Killed 20 times at random in 5,000 events: the state of an undisturbed run, each webhook under its stable id."""
    calm, shaken = await make_system("calm"), await make_system("shaken")
    for system in (calm, shaken):
        await _prepare(system, receiver)
    seen = {}
    for system, kills in ((calm, 0), (shaken, KILLS)):
        receiver.clear()
        await _stream(system, kills)
        await _settle(system)
        seen[system.prefix] = {(request.path, request.headers["webhook-id"]) for request in receiver.requests}
        await system.stop()
    assert await _state(shaken) == await _state(calm)
    assert seen[shaken.prefix] == seen[calm.prefix]
    assert len(seen[calm.prefix]) >= CLIENTS * SUBPROCESSORS
    assert await _said(shaken.kafka, shaken.prefix) == await _said(shaken.kafka, calm.prefix)


async def _prepare(system: Processes, receiver: WebhookReceiver) -> None:
    """Schemas, and an endpoint per client; the endpoints are made where the API would make them."""
    for app in (Registry, Notifier):
        await migrate(system.dsn(app.name), app.name, shipped(CHASSIS_TABLES, app.migrations))
    connection = await asyncpg.connect(system.dsn("notifier"), server_settings={"search_path": "notifier"})
    await connection.executemany(
        "INSERT INTO endpoint (endpoint_id, client_id, url, created_at) VALUES ($1, $2, $3, now())",
        [(f"ep-{n}", f"client-{n}", receiver.url(f"/client-{n}")) for n in range(CLIENTS)],
    )
    await connection.executemany(
        "INSERT INTO endpoint_secret (endpoint_id, secret, created_at) VALUES ($1, $2, now())",
        [(f"ep-{n}", "whsec_" + "A" * 43 + "=") for n in range(CLIENTS)],
    )
    await connection.close()


async def _stream(system: Processes, kills: int) -> None:
    """Publish everything; once the clients are known, the services are killed and started again meanwhile."""
    await system.start(*SERVICES)
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        entered = [("client.signed", f"client-{n}", signed(f"client-{n}")) for n in range(CLIENTS)]
        await _publish(producer, system.prefix, "signed", entered, 0)
        for service in reversed(SERVICES):
            await until(system, service, "SELECT count(*) FROM client", CLIENTS)
        async with asyncio.TaskGroup() as beside:
            beside.create_task(_kill(system, kills, random.Random(20261124)))
            await _publish(producer, system.prefix, "rest", list(_events(random.Random(4))), 20 if kills else 0)


async def _publish(
    producer: AIOKafkaProducer, prefix: str, name: str, events: list[tuple[str, str, Json]], over_s: float
) -> None:
    """Publish in order; every tenth event twice, as publishers do."""
    for n, (event_type, key, data) in enumerate(events):
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"{name}-{n}".encode()),
            ("ce_source", b"test"),
            ("ce_type", event_type.encode()),
        ]
        for _ in range(2 if n % 10 == 0 else 1):
            await producer.send(prefix + event_type.partition(".")[0], to_json(data), key=key.encode(), headers=headers)
        if over_s:
            await asyncio.sleep(over_s / len(events))
    await producer.flush()


def _events(dice: random.Random) -> Iterable[tuple[str, str, Json]]:
    """New sub-processors, and between them thousands of corrected contacts and refused announcements."""
    every = EVENTS // SUBPROCESSORS
    for n in range(EVENTS):
        if n % every == 0:
            yield "subprocessor.added", f"new-{n}", _added(f"new-{n}", signed_on="2026-01-02")
        elif n % 5 == 0:
            yield "subprocessor.added", f"careless-{n}", _added(f"careless-{n}", signed_on=None)
        else:
            client = dice.randrange(CLIENTS)
            contact = {"name": f"Contact {n}", "email": f"dpo-{n}@client-{client}.example"}
            yield (
                "client.contact_changed",
                f"client-{client}",
                {"client_id": f"client-{client}", "contact": contact},
            )


def _added(subprocessor_id: str, signed_on: str | None) -> dict[str, object]:
    data: dict[str, object] = {
        "subprocessor_id": subprocessor_id,
        "name": subprocessor_id.title(),
        "actions": ["Hosting"],
        "location": "FR",
        "effective_on": "2027-06-01",
    }
    return data | ({"written_agreement": {"reference": "A", "signed_on": signed_on}} if signed_on else {})


async def _kill(system: Processes, kills: int, dice: random.Random) -> None:
    """Kill one service after another, each after a random time of work, and start it again."""
    for _ in range(kills):
        service = dice.choice(SERVICES)
        await asyncio.sleep(dice.uniform(0.8, 2.2))
        await system.kill(service)
        await system.start(service)


async def _settle(system: Processes) -> None:
    """Until all that was published is handled, delivered and said."""
    await until(system, "subprocessor_registry", "SELECT count(*) FROM change", SUBPROCESSORS + _refused())
    await until(
        system, "notifier", "SELECT count(*) FROM notice WHERE received_at IS NOT NULL", CLIENTS * SUBPROCESSORS
    )
    windows = "SELECT count(*) FROM client_change WHERE status = 'window_open'"
    await until(system, "subprocessor_registry", windows, CLIENTS * SUBPROCESSORS)
    contacts = [each for each in _events(random.Random(4)) if each[0] == "client.contact_changed"]
    last = {key: data["contact"]["name"] for _, key, data in contacts}  # type: ignore[index]
    named = f"SELECT count(*) FROM client WHERE contact_name IN ({', '.join(repr(name) for name in last.values())})"
    await until(system, "notifier", named, len(last))
    for service in SERVICES:
        await until(system, service, "SELECT count(*) FROM outbox", 0)


def _refused() -> int:
    return sum(key.startswith("careless") for _, key, _ in _events(random.Random(4)))


async def _state(system: Processes) -> dict[str, list[list[tuple[object, ...]]]]:
    state = {}
    for service, queries in STATE.items():
        connection = await asyncpg.connect(system.dsn(service), server_settings={"search_path": service})
        state[service] = [sorted(map(repr, await connection.fetch(query))) for query in queries]
        await connection.close()
    return state  # type: ignore[return-value]


async def _said(bootstrap: str, prefix: str) -> dict[str, dict[bytes, tuple[bytes, set[bytes]]]]:
    """What the services said: per topic and key the first event's id, and all ids.

    Between the first and the last of a key, clients answer in any order; the same run twice differs in that.
    """
    return {topic: await _read(bootstrap, prefix + topic) for topic in ("change", "permission", "notice")}


async def _read(bootstrap: str, topic: str) -> dict[bytes, tuple[bytes, set[bytes]]]:
    by_key: dict[bytes, tuple[bytes, set[bytes]]] = {}
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    ends = await consumer.end_offsets(consumer.assignment())
    for partition in ends:
        while await consumer.position(partition) < ends[partition]:
            for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                event_id = dict(record.headers)["ce_id"]
                by_key.setdefault(record.key or b"", (event_id, set()))[1].add(event_id)
    await consumer.stop()
    return by_key
