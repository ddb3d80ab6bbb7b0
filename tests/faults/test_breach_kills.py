"""The breach service is killed while incidents come: each client is told of each, in each phase, once."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json

from breach.app import Breach
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes

pytestmark = [pytest.mark.servers, pytest.mark.slow]

CLIENTS = [f"client-{n:03}" for n in range(700)]  # more than a page
INCIDENTS = [f"inc-{n}" for n in range(12)]
KILLS = 12
WITHIN_S = 120
Json = Mapping[str, object]


async def test_kills_while_incidents_come(make_system: Callable[[str], Awaitable[Processes]]) -> None:
    """BRE-1, BRE-2: after a dozen kills nobody was forgotten, nobody told twice, and every clock has its warnings."""
    system = await make_system("incidents")
    await migrate(system.dsn("breach"), "breach", shipped(CHASSIS_TABLES, Breach.migrations))
    await system.start("breach")
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        for client_id in CLIENTS:
            await _say(producer, system, "client.signed", client_id, _signed(client_id))
        await _until(system, "SELECT count(*) FROM client", len(CLIENTS))
        killer = asyncio.create_task(_kill(system))
        for incident in INCIDENTS:
            for event_type, data in _course(incident):
                for _ in range(2):  # as publishers do
                    await _say(producer, system, event_type, incident, data)
            await asyncio.sleep(1.5)
        await killer
    await _until(system, "SELECT count(*) FROM affected WHERE ordered_at IS NOT NULL", len(INCIDENTS) * len(CLIENTS))
    await _until(system, "SELECT count(*) FROM phase", 2 * len(INCIDENTS))
    await _until(system, "SELECT count(*) FROM outbox", 0)
    await system.stop()
    told = Counter(await _told(system))
    expected = {(incident, client_id, phase) for incident in INCIDENTS for client_id in CLIENTS for phase in ("1", "2")}
    notices = {each for each in told if each[2] == "notice"}
    assert notices == {(incident, client_id, "notice") for incident in INCIDENTS for client_id in CLIENTS}
    assert set(told.values()) == {1}
    # Who was told first after an update came reads it in the first notice; nobody misses what came after that.
    assert {each for each in told if each[2] != "notice"} <= expected
    assert {each for each in expected if each[2] == "2"} <= set(told)
    assert await _value(system, "SELECT count(*) FROM agenda WHERE name LIKE 'clock/%'") == len(INCIDENTS) * (4 + 4 + 2)


def _course(incident: str) -> list[tuple[str, Json]]:
    """Detected with half of the clients, widened to all, told in two phases."""
    now = datetime.now(UTC)
    of: dict[str, object] = {"incident_id": incident}
    said: dict[str, object] = {"as_of": now.isoformat(), "text": {"en": "More."}, "said_by": "DPO"}
    return [
        (
            "breach.detected",
            of
            | {
                "origin": "detector",
                "detected_at": (now - timedelta(minutes=2)).isoformat(),
                "aware_at": (now - timedelta(minutes=1)).isoformat(),
                "description": "An export",
                "client_ids": CLIENTS[:600],
            },
        ),
        ("breach.updated", of | said | {"update_id": "u1"}),
        ("breach.scoped", of | {"client_ids": CLIENTS, "decided_by": "DPO", "reason": "All rows"}),
        ("breach.updated", of | said | {"update_id": "u2"}),
    ]


async def _say(producer: AIOKafkaProducer, system: Processes, event_type: str, key: str, data: Json) -> None:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{event_type}/{key}/{data.get('update_id', '')}".encode()),
        ("ce_source", b"test"),
        ("ce_type", event_type.encode()),
    ]
    topic = system.prefix + event_type.partition(".")[0]
    await producer.send_and_wait(topic, to_json(data), key=key.encode(), headers=headers)


def _signed(client_id: str) -> Json:
    return {
        "client_id": client_id,
        "name": client_id,
        "agreement_id": "quicktalk",
        "agreement_version": "1",
        "signed_on": "2026-01-05",
        "contact": {"name": "DPO", "email": f"dpo@{client_id}.example"},
    }


async def _kill(system: Processes) -> None:
    dice = random.Random(20261125)
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(1.0, 2.5))
        await system.kill("breach")
        await system.start("breach")


async def _told(system: Processes) -> list[tuple[str, str, str]]:
    """What was ordered to be told: incident, client, and `notice` or the number of the update; each event once."""
    seen: dict[bytes, Json] = {}
    async with AIOKafkaConsumer(
        f"{system.prefix}incident", bootstrap_servers=system.kafka, auto_offset_reset="earliest"
    ) as consumer:
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                    headers = dict(record.headers)
                    if headers["ce_type"] == b"incident.notice_ordered":
                        seen[headers["ce_id"]] = from_json(record.value)
    return [
        (str(order["about"]), client_id, _phase(order))
        for order in seen.values()
        for client_id in order["client_ids"]  # type: ignore[attr-defined]
    ]


def _phase(order: Json) -> str:
    facts = order["facts"]
    assert isinstance(facts, dict)
    return "notice" if order["kind"] == "breach_notice" else str(facts["update_number"])


async def _until(system: Processes, query: str, expected: int) -> None:
    found = -1
    try:
        async with asyncio.timeout(WITHIN_S):
            while (found := await _value(system, query)) != expected:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{query} stays at {found}, expected {expected}") from None


async def _value(system: Processes, query: str) -> int:
    connection = await asyncpg.connect(system.dsn("breach"), server_settings={"search_path": "breach"})
    try:
        value: int = await connection.fetchval(query)
        return value
    finally:
        await connection.close()
