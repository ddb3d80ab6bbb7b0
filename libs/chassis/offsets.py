"""A consumer that commits what is handled, beside the work, and whose poll waits until there is something."""

import asyncio
from typing import Final, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

log = structlog.get_logger()
_COMMIT_EVERY_S: Final = 0.5
Records: TypeAlias = "tuple[ConsumerRecord[bytes, bytes], ...]"


class OffsetConsumer(AIOKafkaConsumer):
    """A consumer that commits what it was told is handled, and whose poll returns when there is something."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._handled: dict[TopicPartition, int] = {}
        self._share: object = None
        self._began: dict[TopicPartition, int] = {}
        self._news = asyncio.Event()
        self._committer = asyncio.create_task(self._commit_as_handled())

    async def getmany(
        self,
        *partitions: TopicPartition,
        timeout_ms: int = 0,  # noqa: ARG002 - FastStream passes it
        max_records: int | None = None,
    ) -> "dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]":
        """The next records, however long that takes: FastStream sleeps after an empty poll."""
        records: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]] = {}
        while not records:
            records = await super().getmany(*partitions, timeout_ms=60_000, max_records=max_records)
        began = self._begun()
        for partition, some in records.items():
            began.setdefault(partition, some[0].offset)
        return records

    def handled(self, records: Records) -> None:
        """The database has the effect of these records."""
        for record in records:
            self._handled[TopicPartition(record.topic, record.partition)] = record.offset + 1
        self._news.set()

    async def stop(self) -> None:
        """Commit what is handled, then leave the group."""
        self._committer.cancel()
        await self._commit()
        if self._coordinator is not None:
            # A member with a name would keep its place for its successor: this one has none, others have its work.
            self._coordinator._group_instance_id = None  # noqa: SLF001
        await super().stop()  # type: ignore[no-untyped-call]

    def lag(self) -> dict[str, int]:
        """Records published and not yet fetched, per topic, over the partitions of this process."""
        lag: dict[str, int] = {}
        for partition in self.assignment():  # type: ignore[no-untyped-call]
            end, at = self.highwater(partition), self._subscription_position(partition)  # type: ignore[no-untyped-call]
            if end is not None and at is not None:
                lag[partition.topic] = lag.get(partition.topic, 0) + max(end - at, 0)
        return lag

    def _subscription_position(self, partition: TopicPartition) -> int | None:
        state = self._subscription.subscription.assignment.state_value(partition)
        position: int | None = state.position if state.has_valid_position else None
        return position

    def _begun(self) -> dict[TopicPartition, int]:
        """With which record this process began in each partition since the group last shared them out.

        What it has handled of before is not committed any more: it may have stood still meanwhile, and another may have
        gone further and given the partition back, whose offset would be put back to ours.
        """
        share = self._subscription.subscription.assignment
        if share is not self._share:
            self._share, self._began = share, {}
        return self._began

    async def _commit_as_handled(self) -> None:
        """At once where all was quiet, and not more often than is worth a request: the inbox knows the rest."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._commit()
            await asyncio.sleep(_COMMIT_EVERY_S)

    async def _commit(self) -> None:
        handled, self._handled = self._handled, {}
        began = self._begun()
        offsets = {partition: offset for partition, offset in handled.items() if offset > began.get(partition, offset)}
        if not offsets:
            return
        try:
            await self.commit(offsets)  # type: ignore[no-untyped-call]
        except KafkaError as error:
            # Another member has the partition, or the broker is away: the inbox knows what was handled.
            log.debug("offsets not committed", error=type(error).__name__)
