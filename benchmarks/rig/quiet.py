"""Whether a running system has done all that there is to do now: read, said, delivered, deleted."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from benchmarks.rig.topics import members_of
from benchmarks.rig.waiting import until
from dutiful.services import kind_of
from embedded.processes import Processes

_LOOK_S: Final = 0.2
_WORK: Final = {
    "notifier": "SELECT FROM delivery WHERE status = 'pending' AND channel = 'webhook' AND next_attempt_at <= now()",
    "holder": "SELECT FROM job WHERE status = 'open'",
}
"""What a service has in hand beside its outbox and its agenda."""


class Quiet:
    """Asks Kafka for each group's lag, and each service's tables for what waits; cheap enough to ask while it runs."""

    def __init__(self, processes: Processes, services: Sequence[str]) -> None:
        self._processes = processes
        self._topics = {name: kind_of(name).router.topics for name in services}
        self._connections: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._admin = AIOKafkaAdminClient(bootstrap_servers=processes.kafka)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=processes.kafka)
        self._partitions: list[TopicPartition] = []

    async def open(self) -> None:
        """Connect to everything that is asked."""
        await asyncio.gather(self._admin.start(), self._consumer.start())
        prefix = self._processes.prefix
        there = await self._admin.describe_topics(
            [each for each in await self._admin.list_topics() if each.startswith(prefix)]
        )
        self._partitions = [
            TopicPartition(each["topic"], part["partition"]) for each in there for part in each["partitions"]
        ]
        for name in self._topics:
            self._connections[name] = await asyncpg.connect(
                self._processes.dsn(name), server_settings={"search_path": name}
            )

    async def close(self) -> None:
        """Let go of all."""
        await asyncio.gather(*[each.close() for each in self._connections.values()])
        await self._consumer.stop()
        await self._admin.close()

    async def ends(self) -> dict[TopicPartition, int]:
        """How many records each partition of the system has."""
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(self._partitions)
        return ends

    async def said(self) -> int:
        """How many records the bus has, dead letters not counted."""
        return sum(n for each, n in (await self.ends()).items() if "dead-letter" not in each.topic)

    async def dead_letters(self) -> list[str]:
        """The messages that were set aside: by whom, what they were, and why."""
        letters: list[str] = []
        for partition, end in (await self.ends()).items():
            if "dead-letter" not in partition.topic or not end:
                continue
            self._consumer.assign([partition])
            self._consumer.seek(partition, 0)
            while await self._consumer.position(partition) < end:
                records = (await self._consumer.getmany(partition, timeout_ms=1000)).get(partition, [])
                letters += [_line(partition.topic, dict(record.headers)) for record in records]
        return letters

    async def handled(self) -> dict[str, int]:
        """How many events each service has handled, by its inbox."""
        return {name: await each.fetchval("SELECT count(*) FROM inbox") for name, each in self._connections.items()}

    async def ready(self, *, within_s: float = 600) -> None:
        """Until every service is in its group, and nothing is left of its start."""
        groups = [f"{self._processes.prefix}dutiful-{name}" for name in self._topics]

        async def are_in() -> bool:
            return all([await members_of(self._admin, group) for group in groups])

        await until(are_in, within_s=within_s)
        await self.until(within_s=within_s)

    async def until(self, *, within_s: float) -> float:
        """Until nothing was left at two looks in a row; return the moment of the first (`perf_counter`)."""
        first: tuple[float, dict[TopicPartition, int]] | None = None
        async with asyncio.timeout(within_s):
            while True:
                at, ends = time.perf_counter(), await self.ends()
                if not await self._is_quiet(ends):
                    first = None
                elif first is not None and first[1] == ends:
                    return first[0]
                else:
                    first = at, ends
                await asyncio.sleep(_LOOK_S)

    async def _is_quiet(self, ends: dict[TopicPartition, int]) -> bool:
        for name, connection in self._connections.items():
            work = _WORK.get(name, "SELECT WHERE false")
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM outbox) OR EXISTS ({work})"):
                return False
        return all([await self._has_read(name, ends) for name in self._topics])

    async def _has_read(self, name: str, ends: dict[TopicPartition, int]) -> bool:
        prefix = self._processes.prefix
        topics = {prefix + topic for topic in self._topics[name]}
        read = await self._admin.list_consumer_group_offsets(f"{prefix}dutiful-{name}")
        return all(
            not end or (part in read and read[part].offset >= end) for part, end in ends.items() if part.topic in topics
        )


def _line(topic: str, headers: Mapping[str, bytes]) -> str:
    said = " ".join([headers.get(name, b"").decode() for name in ("ce_type", "ce_id", "dutiful-reason")])
    return f"{topic.rpartition('.')[2]}: {said}"


@asynccontextmanager
async def watching(processes: Processes, services: Sequence[str]) -> AsyncIterator[Quiet]:
    """A look at a system, from now on."""
    quiet = Quiet(processes, services)
    await quiet.open()
    try:
        yield quiet
    finally:
        await quiet.close()
