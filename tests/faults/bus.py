"""What an outside consumer of the bus sees of a system: every record of every topic, and who has heard how far."""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pydantic_core import from_json

from chassis.topics import Shape, plan
from dutiful.services import RUNNABLE, kind_of

THE_BROKER: Final = 1
"""There is one, and it coordinates every group (`embedded/kafka_broker.py`)."""
Offsets = dict[TopicPartition, int]


class Heard(NamedTuple):
    """One record, as it came."""

    topic: str
    key: str
    type: str
    id: str
    headers: dict[str, str]
    value: bytes | None

    @property
    def is_poison(self) -> bool:
        """Whether the harness published it to be wrong; so is its dead letter, which keeps its headers."""
        return self.id.startswith("poison-")

    @property
    def data(self) -> dict[str, object]:
        """What it says; a tombstone says nothing."""
        content: dict[str, object] = from_json(self.value) if self.value else {}
        return content


class Bus:
    """Follows all topics from `start` to `stop`; it is in no group, so that it costs the services nothing."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._prefix = prefix
        self._bootstrap = bootstrap
        self._topics = [topic.name for topic in plan(Shape(prefix), RUNNABLE)]
        self._consumer = AIOKafkaConsumer(*self._topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._following: asyncio.Task[None] | None = None
        self.heard: list[Heard] = []

    async def start(self) -> None:
        """Begin at the first record."""
        await self._consumer.start()
        await self._admin.start()
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Let go; what was heard stays."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self._consumer.stop()
        await self._admin.close()

    def of(self, event_type: str) -> list[dict[str, object]]:
        """The data of all events of a type, each id once, in the order in which they came."""
        return list({each.id: each.data for each in self._sound(event_type)}.values())

    def _sound(self, event_type: str) -> Iterable[Heard]:
        return (each for each in self.heard if each.type == event_type and not each.is_poison)

    async def ends(self) -> Offsets:
        """Where every partition ends now."""
        ends: Offsets = await self._consumer.end_offsets(self._consumer.assignment())
        return ends

    async def is_up_to(self, ends: Offsets) -> bool:
        """Whether all up to there is in `heard`."""
        return all([await self._consumer.position(partition) >= end for partition, end in ends.items() if end])

    async def unheard(self, service: str, ends: Offsets) -> int:
        """How many records the service has not said to be handled."""
        group = f"{self._prefix}dutiful-{service}"
        topics = {self._prefix + topic for topic in kind_of(service).router.topics}
        theirs = {partition: end for partition, end in ends.items() if partition.topic in topics and end}
        if not theirs:
            return 0
        committed = await self._admin.list_consumer_group_offsets(group, THE_BROKER, list(theirs))
        if committed.keys() != theirs.keys():  # the coordinator has just come back, and doesn't know all yet
            return sum(theirs.values())
        return sum(max(end - max(committed[partition].offset, 0), 0) for partition, end in theirs.items())

    async def _follow(self) -> None:
        async for record in self._consumer:
            self.heard.append(self._as_heard(record))

    def _as_heard(self, record: "ConsumerRecord[bytes, bytes]") -> Heard:
        headers = {name: raw.decode("utf-8", "replace") for name, raw in record.headers}
        topic = record.topic.removeprefix(self._prefix)
        key = (
            (record.key or b"").decode("utf-8", "replace").replace(self._prefix, "")
        )  # a dead letter's names its topic
        return Heard(topic, key, headers.get("ce_type", ""), headers.get("ce_id", ""), headers, record.value)


def last_words(heard: Iterable[Heard], topic: str) -> dict[str, bytes | None]:
    """What a compacted topic says at last, by key."""
    return {each.key: each.value for each in heard if each.topic == topic}
