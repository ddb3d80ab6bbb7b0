"""Topics of a measure's own: made, filled with ends of contracts, and counted by the broker."""

import asyncio
from collections.abc import Sequence
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic_core import to_json

PARTITIONS = 6
_WITHIN_S = 600


async def members_of(admin: AIOKafkaAdminClient, group: str) -> int:
    """How many processes a group has, once all of them know their partitions; until then none."""
    (answer,) = await admin.describe_consumer_groups([group])
    described: tuple[object, ...] = answer.groups[0]  # type: ignore[attr-defined]  # of every version
    _, _, state, _, _, members, *_ = described
    return len(members) if state == "Stable" and isinstance(members, list) else 0


async def make_topics(
    kafka: str, names: Sequence[str], partitions: int = PARTITIONS, *, stamped: Sequence[str] = ()
) -> None:
    """Fresh topics; on those that are `stamped` a record's time is when the broker had it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    by_broker = {"message.timestamp.type": "LogAppendTime"}
    await admin.create_topics(
        [NewTopic(name, partitions, 1, topic_configs=by_broker if name in stamped else {}) for name in names]
    )
    await admin.close()


async def drop_topics(kafka: str, names: Sequence[str]) -> None:
    """What has been measured needs no disk any more."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics(list(names))
    await admin.close()


def terminated(n: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """The key, the value and the headers of the n-th end of a contract."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"event-{n}".encode()),
        ("ce_source", b"benchmark"),
        ("ce_type", b"contract.terminated"),
    ]
    value = to_json({"client_id": f"client-{n}", "terminated_on": "2026-12-31", "reason": "x" * 200})
    return f"client-{n}".encode(), value, headers


async def fill_terminated(kafka: str, topic: str, count: int, first: int = 0) -> None:
    """So many contracts end, each of another client, from the first on."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    for n in range(first, first + count):
        key, value, headers = terminated(n)
        await producer.send(topic, value, key=key, headers=headers)
    await producer.stop()


class Counter:
    """How many records a topic holds, asked of the broker, so that reading them costs nothing here."""

    def __init__(self, kafka: str, topic: str, partitions: int = PARTITIONS) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
        self._partitions = [TopicPartition(topic, n) for n in range(partitions)]

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def count(self) -> int:
        """How many there are now."""
        return sum((await self._consumer.end_offsets(self._partitions)).values())

    async def until(self, count: int) -> None:
        """Until there are so many; TimeoutError where that takes longer than anything here does."""
        async with asyncio.timeout(_WITHIN_S):
            while await self.count() < count:  # noqa: ASYNC110 - the broker can't call us
                await asyncio.sleep(0.02)


async def published(kafka: str, topic: str, count: int) -> None:
    """Until so many records are on a topic."""
    async with Counter(kafka, topic) as counter:
        await counter.until(count)
