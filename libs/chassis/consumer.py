"""Hears a service's topics on FastStream, in batches; offsets are committed after the database has committed.

FastStream's own acknowledgement is off: its manual `ack()` commits whatever was fetched. Offsets are committed
explicitly per partition, beside the work; a message that comes again finds its id in the inbox.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypedDict, cast

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import InvalidSessionTimeoutError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.message import StreamMessage

from chassis.errors import Unable, while_down
from chassis.offsets import OffsetConsumer, Records
from chassis.processor import Processor
from chassis.reading import Reading
from chassis.settings import Settings

log = structlog.get_logger()
_LEAVE_S = 5.0
_HEARTBEAT_S = 3.0
_SESSION_REFUSED = (
    "the broker takes no session of this length: choose DUTIFUL_SESSION_WITHIN between its "
    "group.min.session.timeout.ms and group.max.session.timeout.ms"
)


class Membership(TypedDict):
    """By FastStream's names."""

    group_instance_id: str | None
    session_timeout_ms: int
    heartbeat_interval_ms: int


class Consumer:
    """One subscriber for all topics of a service: one group member, one transaction at a time."""

    def __init__(
        self,
        name: str,
        topics: Sequence[str],
        settings: Settings,
        processor: Processor,
        crash: Callable[[BaseException], None],
    ) -> None:
        self._name = name
        self._topics = [settings.topic_prefix + topic for topic in topics]
        self._settings = settings
        self._processor = processor
        self._crash = crash
        self._broker: KafkaBroker | None = None
        self._kafka: OffsetConsumer | None = None
        self._read: asyncio.Queue[tuple[Records, Sequence[Reading]]] = asyncio.Queue(maxsize=1)
        self._stopping = False
        self._worker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the group and begin; waits while the broker is away."""
        async for attempt in while_down("join the consumer group"):
            with attempt:
                try:
                    await self._open()
                except BaseException:
                    await self._close()
                    raise
        self._worker = asyncio.create_task(self._work(), name=f"{self._name} worker")

    async def stop(self) -> None:
        """Finish the batch in hand within the bound, or give it back; commit what is handled; leave the group."""
        self._stopping = True
        if self._worker is not None:
            drained = asyncio.create_task(self._read.join())
            within_s = self._settings.stop_within.total_seconds()
            await asyncio.wait([drained, self._worker], timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
            self._worker.cancel()
        await self._close()

    async def _close(self) -> None:
        broker, self._broker = self._broker, None
        if broker is None:
            return
        try:
            async with asyncio.timeout(_LEAVE_S):
                await broker.stop()
        except TimeoutError:
            log.warning("left the group without a word: the broker is silent")

    async def is_connected(self) -> bool:
        """Whether the broker answers."""
        return self._kafka is not None and bool(await self._kafka._client.force_metadata_update())  # noqa: SLF001

    def lag(self) -> dict[str, int]:
        """Records published and not yet fetched, per topic."""
        return self._kafka.lag() if self._kafka else {}

    async def _open(self) -> None:
        broker = KafkaBroker(
            self._settings.kafka,
            client_id=f"dutiful-{self._name}",
            graceful_timeout=None,  # `stop` has waited already
            consumer_only=True,
            apply_types=False,
            logger=None,
        )
        self._broker = broker
        subscriber = broker.subscriber(
            *self._topics,
            group_id=f"{self._settings.topic_prefix}dutiful-{self._name}",
            batch=True,
            max_records=self._settings.batch_records,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            **membership(self._settings),
            parser=_as_they_are,
            decoder=_records,
            no_reply=True,
        )
        subscriber(self._handle)
        await broker.connect()
        # FastStream builds its consumers by this partial; ours takes the same options.
        options = cast("partial[AIOKafkaConsumer]", broker.config.broker_config.builder).keywords
        reached = options | self._settings.client()
        broker.config.broker_config.builder = partial(OffsetConsumer, **reached)
        try:
            await broker.start()
        except InvalidSessionTimeoutError:
            raise Unable(_SESSION_REFUSED) from None
        self._kafka = cast("OffsetConsumer", subscriber.consumer)

    async def _handle(self, records: Records) -> None:
        """Read a batch while the one before it is being committed."""
        if self._stopping:
            await asyncio.Event().wait()
        for piece in pieces(records, self._settings.batch_bytes):
            try:
                readings = self._processor.read(piece)
            except Exception as error:  # noqa: BLE001 - FastStream would go on with the next batch and this one be lost
                self._crash(error)
                await asyncio.Event().wait()
            await self._read.put((piece, readings))

    async def _work(self) -> None:
        """Commit one batch after the other; what we did wrong crashes the process before its offsets are committed."""
        while True:
            records, readings = await self._read.get()
            try:
                await self._processor.handle(readings)
            except Exception as error:  # noqa: BLE001 - FastStream would swallow it; we crash with it
                self._crash(error)
                return
            if self._kafka is not None:
                self._kafka.handled(records)
            self._read.task_done()


def pieces(records: Records, at_most: int) -> Iterator[Records]:
    """What goes into one transaction each: all, in their order, in parts of so many bytes, or of one longer record.

    A page that names a thousand clients may mean a thousand rows; a thousand such pages are no transaction.
    """
    first, weight = 0, 0
    for nth, record in enumerate(records):
        own = len(record.value or b"")
        if nth > first and weight + own > at_most:
            yield records[first:nth]
            first, weight = nth, 0
        weight += own
    if records:
        yield records[first:]


def membership(settings: Settings) -> Membership:
    """What the broker is told of this process: who it is, how long to wait for its word, how often that comes."""
    within_s = settings.session_within.total_seconds()
    return {
        "group_instance_id": settings.member,
        "session_timeout_ms": int(within_s * 1000),
        "heartbeat_interval_ms": int(min(_HEARTBEAT_S, within_s / 3) * 1000),
    }


async def _as_they_are(records: Records) -> KafkaMessage:
    """FastStream's parser decodes headers as UTF-8 and raises where they are not; ours leaves them alone."""
    return KafkaMessage(body=b"", raw_message=records, consumer=None)  # type: ignore[arg-type]


async def _records(message: StreamMessage[Records]) -> Records:
    return message.raw_message
