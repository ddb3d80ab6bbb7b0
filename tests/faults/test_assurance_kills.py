"""The assurance service is killed while audits come: each is opened once, decided once, and told once."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json

from assurance.app import Assurance
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes

pytestmark = [pytest.mark.servers, pytest.mark.slow]

CLIENTS = [f"client-{n:02}" for n in range(60)]
KILLS = 6
WITHIN_S = 120
Json = Mapping[str, object]
PAPER = {"sha256": "0" * 64, "name": "paper", "bytes": 1}


async def test_kills_while_audits_come(make_system: Callable[[str], Awaitable[Processes]]) -> None:
    """AUD-1, AUD-2: after every kill nothing is lost, opened twice or told twice, whatever came again."""
    system = await make_system("assurance")
    await migrate(system.dsn("assurance"), "assurance", shipped(CHASSIS_TABLES, Assurance.migrations))
    await system.start("assurance")
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        for client_id in CLIENTS:
            await _say(producer, system, "client.signed", client_id, _signed(client_id))
        await _until(system, "SELECT count(*) FROM client", len(CLIENTS))
        killer = asyncio.create_task(_kill(system))
        for part in range(0, len(CLIENTS), 10):
            those = CLIENTS[part : part + 10]
            for topic in ("question", "audit"):
                for client_id in those:
                    for event_type, data in _course(client_id):
                        for _ in range(2 if event_type.startswith(topic) else 0):  # twice, as publishers do
                            await _say(producer, system, event_type, client_id, data)
                if topic == "question":  # two topics have no order between them
                    insufficient = "SELECT count(*) FROM matter WHERE status = 'insufficient'"
                    await _until(system, insufficient, part + len(those))
        await killer
    await _until(system, "SELECT count(*) FROM matter WHERE kind = 'audit' AND status = 'withdrawn'", len(CLIENTS))
    await _until(system, "SELECT count(*) FROM outbox", 0)
    await system.stop()
    said = await _said(system)
    assert set(said.values()) == {1}
    for what in (
        "assurance.opened question", "assurance.answered question", "assurance.closed question",
        "assurance.opened audit", "assurance.gate_decided audit", "assurance.closed audit",
        "assurance.refused audit", "question_answered", "audit_opened", "audit_gate_decided",
    ):  # fmt: skip
        assert {client_id for client_id, each in said if each == what} == set(CLIENTS), what
    # What is answered or withdrawn waits for no date.
    assert await _value(system, "SELECT count(*) FROM agenda") == 0


def _course(client_id: str) -> list[tuple[str, Json]]:
    """A question that is not enough, an audit that is requested twice under one id, its plan approved, taken back."""
    now = datetime.now(UTC).isoformat()
    question: Json = {"client_id": client_id, "question_id": "q1", "said_by": "ada"}
    audit: Json = {"client_id": client_id, "audit_id": "a1", "said_by": "ada"}
    request: Json = {
        **audit, "reason": "information_insufficient", "question_id": "q1", "text": "See.",
        "proposed_on": "2029-03-05", "received_at": now,
    }  # fmt: skip
    return [
        ("question.asked", {**question, "items": ["Who?"], "received_at": now}),
        ("question.answered", {**question, "answers": [{"item": 1, "text": "Six."}]}),
        ("question.found_insufficient", {**question, "reason": "No names."}),
        ("audit.requested", request),
        ("audit.requested", {**request, "text": "See again."}),
        ("audit.plan_submitted", {**audit, "plan": PAPER, "text": "All."}),
        ("audit.answered", {**audit, "side": "processor", "gate": "plan", "accepted": True, "reason": "Fine."}),
        ("audit.withdrawn", {**audit, "reason": "Enough."}),
    ]


async def _say(producer: AIOKafkaProducer, system: Processes, event_type: str, key: str, data: Json) -> None:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{event_type}/{key}/{data.get('text', '')}".encode()),
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
    dice = random.Random(20261127)
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.8, 1.6))
        await system.kill("assurance")
        await system.start("assurance")


async def _said(system: Processes) -> Counter[tuple[str, str]]:
    """What was said of each client, and what it was ordered to be told; each event once."""
    seen: dict[bytes, tuple[str, Json]] = {}
    async with AIOKafkaConsumer(
        f"{system.prefix}assurance", bootstrap_servers=system.kafka, auto_offset_reset="earliest"
    ) as consumer:
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                    headers = dict(record.headers)
                    seen[headers["ce_id"]] = (headers["ce_type"].decode(), from_json(record.value))
    return Counter(_what(event_type, data) for event_type, data in seen.values())


def _what(event_type: str, data: Json) -> tuple[str, str]:
    if event_type == "assurance.notice_ordered":
        return str(data["client_ids"][0]), str(data["kind"])  # type: ignore[index]
    return str(data["client_id"]), f"{event_type} {data['matter']}"


async def _until(system: Processes, query: str, expected: int) -> None:
    found = -1
    try:
        async with asyncio.timeout(WITHIN_S):
            while (found := await _value(system, query)) != expected:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{query} stays at {found}, expected {expected}") from None


async def _value(system: Processes, query: str) -> int:
    connection = await asyncpg.connect(system.dsn("assurance"), server_settings={"search_path": "assurance"})
    try:
        value: int = await connection.fetchval(query)
        return value
    finally:
        await connection.close()
