"""The service `requests` is killed amid a stream: each client told once, each answer sent or refused once."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json

from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes
from requests_desk.app import Requests

pytestmark = [pytest.mark.servers, pytest.mark.slow]

COUNT = 150
KILLS = 10
WITHIN_S = 120
INSTRUCTED, WITHDRAWN, UNINSTRUCTED = "instructed", "withdrawn", "uninstructed"
COURSES = (INSTRUCTED, WITHDRAWN, UNINSTRUCTED)
Json = Mapping[str, object]


async def test_kills_amid_a_stream(make_system: Callable[[str], Awaitable[Processes]]) -> None:
    """DSR-1, DSR-2, DSR-4: after ten kills nothing is lost or doubled, left uninstructed, or told before its time."""
    system = await make_system("requests")
    await migrate(system.dsn("requests"), "requests", shipped(CHASSIS_TABLES, Requests.migrations))
    await system.start("requests")
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        await _say(producer, system, "client.signed", "acme", _signed())
        await _until(system, "SELECT count(*) FROM client", 1)
        killer = asyncio.create_task(_kill(system))
        for nth in range(COUNT):
            await _one(producer, system, nth)
        await killer
        await _until(system, "SELECT count(*) FROM answer", COUNT)
        await _until(system, "SELECT count(*) FROM instruction", 2 * COUNT // 3)
        await _until(system, "SELECT count(*) FROM instruction WHERE standing = 'withdrawn'", COUNT // 3)
        for nth in range(COUNT):
            for _ in range(2):
                await _say(producer, system, "handling.send_requested", _dsar(nth), _sending(nth))
        again = asyncio.create_task(_kill(system, kills=3))
        await again
        await _until(system, "SELECT count(*) FROM answer WHERE sent_at IS NOT NULL", COUNT // 3)
        await _until(system, "SELECT count(*) FROM journal WHERE what = 'request.answer_refused'", 2 * COUNT // 3)
        await _until(system, "SELECT count(*) FROM sealed", COUNT)
        await _until(system, "SELECT count(*) FROM outbox", 0)
    await system.stop()
    said = await _said(system)
    told = Counter(str(each["about"]) for each in said["request.notice_ordered"])
    assert told == Counter(_dsar(nth) for nth in range(COUNT))
    sent = Counter(str(each["request_id"]) for each in said["request.answer_sent"])
    assert sent == Counter(_dsar(nth) for nth in range(COUNT) if COURSES[nth % 3] == INSTRUCTED)
    refused = Counter(str(each["request_id"]) for each in said["request.answer_refused"])
    assert refused == Counter(_dsar(nth) for nth in range(COUNT) if COURSES[nth % 3] != INSTRUCTED)
    assert not [each for events in said.values() for each in events if "auth-" in str(each)]


async def _one(producer: AIOKafkaProducer, system: Processes, nth: int) -> None:
    """A request with its answer and, of two in three, its instruction, one of which is withdrawn; all said twice."""
    now, course = datetime.now(UTC), COURSES[nth % 3]
    asked = {
        "request_id": _dsar(nth),
        "right": "access",
        "received_at": now.isoformat(),
        "text": f"Request {nth}",
        "client_id": "acme",
    }
    drafted = {"request_id": _dsar(nth), "answer_id": f"answer-{nth}", "text": "Here.", "drafted_by": "operator"}
    words = {
        "channel": "email",
        "given_by": "DPO",
        "received_at": now.isoformat(),
        "text": "Answer.",
        "purpose": "to answer",
    }
    of: dict[str, object] = {"client_id": "acme", "instruction_id": f"inst-{nth}"}
    banned = {
        "request_id": f"auth-{nth}",
        "authority": "A court",
        "kind": "law_enforcement",
        "legal_basis": "A law",
        "received_at": now.isoformat(),
        "client_id": "acme",
        "text": "All calls",
        "ban": {"text": "An order", "until": (now + timedelta(days=30)).date().isoformat()},
    }
    for _ in range(2):  # as publishers do
        await _say(producer, system, "dsar.received", _dsar(nth), asked)
        await _say(producer, system, "authority.requested", f"auth-{nth}", banned)
    await _until(system, f"SELECT count(*) FROM request WHERE request_id = '{_dsar(nth)}'", 1)
    for _ in range(2):
        await _say(producer, system, "handling.answer_drafted", _dsar(nth), drafted)
        if course != UNINSTRUCTED:
            given = of | {"request_id": _dsar(nth), "said": words}
            await _say(producer, system, "instruction.given", "acme", given, str(nth))
        if course == WITHDRAWN:
            withdrawn = of | {"withdrawn_by": "DPO", "received_at": now.isoformat()}
            await _say(producer, system, "instruction.withdrawn", "acme", withdrawn, str(nth))


def _dsar(nth: int) -> str:
    return f"dsar-{nth}"


def _sending(nth: int) -> Json:
    on = None if COURSES[nth % 3] == UNINSTRUCTED else f"inst-{nth}"
    return {
        "request_id": _dsar(nth),
        "answer_id": f"answer-{nth}",
        "instruction_id": on,
        "requested_by": "operator",
    }


def _signed() -> Json:
    return {
        "client_id": "acme",
        "name": "Acme",
        "agreement_id": "quicktalk",
        "agreement_version": "1",
        "signed_on": "2026-01-05",
        "contact": {"name": "DPO", "email": "dpo@acme.example"},
    }


async def _say(
    producer: AIOKafkaProducer, system: Processes, event_type: str, key: str, data: Json, nth: str = ""
) -> None:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{event_type}/{key}/{nth}".encode()),
        ("ce_source", b"test"),
        ("ce_type", event_type.encode()),
    ]
    topic = system.prefix + event_type.partition(".")[0]
    await producer.send_and_wait(topic, to_json(data), key=key.encode(), headers=headers)


async def _kill(system: Processes, kills: int = KILLS) -> None:
    dice = random.Random(20261127)
    for _ in range(kills):
        await asyncio.sleep(dice.uniform(1.0, 2.5))
        await system.kill("requests")
        await system.start("requests")


async def _said(system: Processes) -> Mapping[str, list[Json]]:
    """What the service said, by type, each event once."""
    seen: dict[bytes, tuple[str, Json]] = {}
    topics = [f"{system.prefix}{name}" for name in ("request", "register", "term")]
    async with AIOKafkaConsumer(
        *topics, bootstrap_servers=system.kafka, auto_offset_reset="earliest", group_id=None
    ) as consumer:
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                    headers = dict(record.headers)
                    seen[headers["ce_id"]] = (headers["ce_type"].decode(), from_json(record.value))
    found: dict[str, list[Json]] = {}
    for event_type, data in seen.values():
        found.setdefault(event_type, []).append(data)
    return found


async def _until(system: Processes, query: str, expected: int) -> None:
    found = -1
    try:
        async with asyncio.timeout(WITHIN_S):
            while (found := await _value(system, query)) != expected:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{query} stays at {found}, expected {expected}") from None


async def _value(system: Processes, query: str) -> int:
    connection = await asyncpg.connect(system.dsn("requests"), server_settings={"search_path": "requests"})
    try:
        value: int = await connection.fetchval(query)
        return value
    finally:
        await connection.close()
