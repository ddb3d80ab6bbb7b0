"""What the tests of a service's kills share: events are said to it, it is killed, waited for, and heard."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json

from embedded.processes import Processes

WITHIN_S = 120
Json = Mapping[str, object]


class Heard(NamedTuple):
    """One event of a service."""

    type: str
    data: Json


async def say(
    producer: AIOKafkaProducer,
    system: Processes,
    event_type: str,
    key: str,
    data: Json,
    *,
    nth: str = "",
    times: int = 2,
) -> None:
    """One event under one id, twice, as publishers do."""
    said = {"specversion": "1.0", "id": f"{event_type}/{key}/{nth}", "source": "test", "type": event_type}
    headers = [(f"ce_{name}", text.encode()) for name, text in said.items()]
    topic = system.prefix + event_type.partition(".")[0]
    for _ in range(times):
        await producer.send_and_wait(topic, to_json(data), key=key.encode(), headers=headers)


def signed(client_id: str) -> Json:
    """A client signs the shipped agreement."""
    return {
        "client_id": client_id,
        "name": client_id,
        "agreement_id": "quicktalk",
        "agreement_version": "1",
        "signed_on": "2026-01-05",
        "contact": {"name": "DPO", "email": f"dpo@{client_id}.example"},
    }


async def kill(system: Processes, service: str, dice: random.Random, *, kills: int) -> None:
    """SIGKILL a service again and again, each time after some work, and start it again."""
    for _ in range(kills):
        await asyncio.sleep(dice.uniform(1.0, 2.5))
        await system.kill(service)
        await system.start(service)


async def until(system: Processes, service: str, query: str, expected: int) -> None:
    """Wait until a service's database answers this."""
    found = -1
    try:
        async with asyncio.timeout(WITHIN_S):
            while (found := (await fetch(system, service, query))[0][0]) != expected:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.05)
    except TimeoutError:
        stands = "\n".join(system.account(each) for each in system.running)
        raise AssertionError(f"{service}: {query} stays at {found}, expected {expected}\n{stands}") from None


async def fetch(system: Processes, service: str, query: str) -> list[asyncpg.Record]:
    """All rows of a statement on a service's tables."""
    connection = await asyncpg.connect(system.dsn(service), server_settings={"search_path": service})
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def heard(system: Processes, topics: Iterable[str]) -> list[Heard]:
    """What was said on these topics until now, each event once."""
    seen: dict[bytes, Heard] = {}
    names = [system.prefix + topic for topic in topics]
    async with AIOKafkaConsumer(*names, bootstrap_servers=system.kafka, auto_offset_reset="earliest") as consumer:
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                    headers = dict(record.headers)
                    seen[headers["ce_id"]] = Heard(headers["ce_type"].decode(), from_json(record.value))
    return list(seen.values())
