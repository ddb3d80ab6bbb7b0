"""At every start, all heads that were ever said are read again: a restored backup doesn't know what it has lost."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from pydantic import ValidationError

from chassis.errors import while_down
from chassis.message import NOBODY, Message
from chassis.service import Runtime
from console import sealing
from contracts.cloudevents import Malformed, read
from contracts.sealing import EvidenceSealed

if TYPE_CHECKING:
    from console.app import Console

log = structlog.get_logger()


class Rereading:
    """Reads the compacted topic of heads from its beginning to where it ends now."""

    def __init__(self, app: "Console", runtime: Runtime) -> None:
        self._app = app
        self._runtime = runtime

    async def run(self) -> None:
        """Once; from then on the service hears each head as it is said."""
        async for attempt in while_down("read the signed heads again"):
            with attempt:
                count = await self._compare_all()
        log.info("signed heads compared", heads=count)

    async def _compare_all(self) -> int:
        count = 0
        async with aclosing(self._heads()) as pages:  # or its consumer outlives a start that is broken off
            async for heads in pages:
                async with self._runtime.processor.transaction() as tx:
                    await sealing.compare(self._app.signer, heads, tx)
                count += len(heads)
        return count

    async def _heads(self) -> AsyncGenerator[Sequence[Message[EvidenceSealed]], None]:
        settings = self._runtime.settings
        topic = f"{settings.topic_prefix}{EvidenceSealed.topic()}"
        consumer = AIOKafkaConsumer(
            topic, **settings.client(), enable_auto_commit=False, auto_offset_reset="earliest"
        )  # without a group: all of the topic, and no offset is kept
        try:
            await consumer.start()
            ends = await consumer.end_offsets(consumer.assignment())
            for partition, end in ends.items():
                while await consumer.position(partition) < end:
                    records = (await consumer.getmany(partition, timeout_ms=500)).get(partition, ())
                    yield [Message(sealed, NOBODY) for each in records if (sealed := _sealed(each)) is not None]
        finally:
            await consumer.stop()


def _sealed(record: "ConsumerRecord[bytes, bytes]") -> EvidenceSealed | None:
    """The head that a record says; what is none was a dead letter when it was heard."""
    if record.value is None:
        return None
    try:
        return EvidenceSealed.model_validate_json(read(record.headers, record.value).data)
    except (Malformed, ValidationError):
        return None
