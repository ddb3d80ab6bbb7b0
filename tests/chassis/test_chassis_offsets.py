"""Offsets are committed of what was handled, and never put back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import TopicPartition
from tests.chassis.bus import Bus
from tests.chassis.clerk import question
from tests.chassis.eventually import eventually

from chassis.offsets import OffsetConsumer, Records

pytestmark = pytest.mark.servers


@pytest.fixture
async def consumer(bus: Bus) -> AsyncIterator[OffsetConsumer]:
    """The only member of its group; it commits when it is told to."""
    await bus.make("question", partitions=1)
    await bus.publish("question", *[question(str(number)) for number in range(3)])
    consumer = OffsetConsumer(
        f"{bus.prefix}question",
        bootstrap_servers=bus.bootstrap,
        group_id=f"{bus.prefix}clerk",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    consumer._committer.cancel()
    await consumer.start()  # type: ignore[no-untyped-call]
    yield consumer
    await consumer.stop()


async def test_what_was_handled_before_is_not_committed_after(bus: Bus, consumer: OffsetConsumer) -> None:
    """Who stood still and has its partition again doesn't put back the offset of who went on in its place."""
    partition = TopicPartition(f"{bus.prefix}question", 0)
    records: Records = tuple((await consumer.getmany())[partition])
    assert len(records) == 3
    # As another member does that has the partition meanwhile.
    await consumer.commit({partition: 3})  # type: ignore[no-untyped-call]
    before = consumer._subscription.subscription.assignment
    assert consumer._coordinator is not None
    consumer._coordinator.request_rejoin()

    async def _is_shared_out() -> bool:
        return consumer._subscription.subscription.assignment is not before

    await eventually(_is_shared_out)
    consumer.handled(records[:1])
    await consumer._commit()
    assert await consumer.committed(partition) == 3  # type: ignore[no-untyped-call]


async def test_what_is_handled_is_committed(bus: Bus, consumer: OffsetConsumer) -> None:
    """Offset by offset, of what this process was given."""
    partition = TopicPartition(f"{bus.prefix}question", 0)
    records: Records = tuple((await consumer.getmany())[partition])
    for nth in (1, 3):
        consumer.handled(records[:nth])
        await consumer._commit()
        assert await consumer.committed(partition) == nth  # type: ignore[no-untyped-call]
    await bus.publish("question", question("later"))
    async with asyncio.timeout(60):
        later = (await consumer.getmany())[partition]
    consumer.handled(tuple(later))
    await consumer._commit()
    assert await consumer.committed(partition) == 4  # type: ignore[no-untyped-call]
