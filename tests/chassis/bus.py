"""An outside client of the bus, with topics of the test's own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.chassis.eventually import WITHIN_S


@dataclass(frozen=True)
class Heard:
    """A record as a subscriber gets it."""

    key: str
    value: bytes | None
    headers: Mapping[str, str]
    partition: int

    @property
    def id(self) -> str:
        """The CloudEvents id."""
        return self.headers["ce_id"]


class Bus:
    """Publishes and hears on one broker; `prefix` stands before every topic's name."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix

    async def make(self, *topics: str, partitions: int = 1) -> None:
        """Make topics."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(self.prefix + topic, partitions, 1) for topic in topics])
        await admin.close()

    async def publish(self, topic: str, *records: tuple[str | None, bytes | None, Mapping[str, str | None]]) -> None:
        """Publish records of key, value and headers, in their order; return when the broker has them."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True)
        await producer.start()
        for key, value, headers in records:
            encoded = [(name, None if text is None else text.encode()) for name, text in headers.items()]
            await producer.send(self.prefix + topic, value, key=None if key is None else key.encode(), headers=encoded)
        await producer.stop()

    async def hear(
        self, topic: str, enough: int | Callable[[Sequence[Heard]], bool], *, within_s: float = WITHIN_S
    ) -> list[Heard]:
        """All records of a topic from its beginning, once `enough` are there; TimeoutError after `within_s`."""
        consumer = AIOKafkaConsumer(self.prefix + topic, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        heard: list[Heard] = []
        try:
            async with asyncio.timeout(within_s):
                while not (enough(heard) if callable(enough) else len(heard) >= enough):
                    for records in (await consumer.getmany(timeout_ms=500)).values():
                        heard += map(_heard, records)
        finally:
            await consumer.stop()
        return heard


def _heard(record: "ConsumerRecord[bytes, bytes]") -> Heard:
    headers = {name: raw.decode() for name, raw in record.headers}
    return Heard((record.key or b"").decode(), record.value, headers, record.partition)
