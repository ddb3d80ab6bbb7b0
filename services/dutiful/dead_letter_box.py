"""The dead letters of all services, as they stand on the bus: read whole, played again, struck off."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from chassis.dead_letters import DeadLetter, exhume, topic_of
from chassis.kafka import reached
from dutiful.services import RUNNABLE


async def read(kafka: str, prefix: str) -> dict[str, DeadLetter]:
    """Every letter that was neither replayed nor discarded, by its id."""
    letters: dict[str, DeadLetter] = {}
    there = await _topics(kafka)
    topics = [topic for name in RUNNABLE if (topic := prefix + topic_of(name)) in there]
    if not topics:
        return letters
    async with _consumer(kafka, topics) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        for partition in ends:
            while await consumer.position(partition) < ends[partition]:
                for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
                    _fold(letters, record.key, exhume(record) if record.value is not None else None)
    return letters


def _fold(letters: dict[str, DeadLetter], key: bytes | None, letter: DeadLetter | None) -> None:
    letters.pop((key or b"").decode(), None)
    if letter is not None:
        letters[letter.id] = letter


async def send(kafka: str, prefix: str, letters: Iterable[DeadLetter], again: Iterable[DeadLetter] = ()) -> None:
    """The originals first, then the tombstones: a crash between them replays twice, which the inbox forgives."""
    producer = AIOKafkaProducer(**reached(kafka), enable_idempotence=True)
    await producer.start()
    try:
        for letter in again:
            await producer.send_and_wait(letter.topic, letter.value, letter.key, headers=letter.headers)
        for letter in letters:
            await producer.send_and_wait(prefix + topic_of(letter.service), None, letter.id.encode())
    finally:
        await producer.stop()


async def _topics(kafka: str) -> set[str]:
    admin = AIOKafkaAdminClient(**reached(kafka))
    try:
        await admin.start()
        return set(await admin.list_topics())
    finally:
        await admin.close()


@asynccontextmanager
async def _consumer(kafka: str, topics: Sequence[str]) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(*topics, **reached(kafka), auto_offset_reset="earliest")
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()
