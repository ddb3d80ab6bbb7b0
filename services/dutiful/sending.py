"""Sends drafted events to Kafka in their order, each exactly once as far as the broker can tell."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.conn import collect_hosts
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.structs import RecordMetadata

from chassis.kafka import reached
from contracts.publishing import Outgoing

REACHED_WITHIN_S: Final = 8
ANSWERED_WITHIN_S: Final = 10
STOPPED_WITHIN_S: Final = 1
WINDOW: Final = 10_000
"""Events on their way at once at most."""

Waiting = tuple[Outgoing, "asyncio.Future[RecordMetadata]"]


class NotSent(Exception):
    """Not everything was sent; the text says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where an event lies now."""

    id: str
    topic: str
    partition: int
    offset: int


async def send(events: Sequence[Outgoing], kafka: str, *, on_sent: Callable[[Sent], None]) -> None:
    """Send all; `on_sent` hears of each in order once every in-sync replica has it. Raises NotSent."""
    async with _producer(kafka) as producer:
        await _reach(producer, kafka, sorted({event.topic for event in events}))
        waiting: deque[Waiting] = deque()
        try:
            for event in events:
                async with asyncio.timeout(ANSWERED_WITHIN_S):
                    future = await producer.send(event.topic, event.value, key=event.key, headers=event.headers)
                waiting.append((event, future))
                while waiting and (len(waiting) > WINDOW or waiting[0][1].done()):
                    on_sent(await _settle(*waiting.popleft()))
            while waiting:
                on_sent(await _settle(*waiting.popleft()))
        except (KafkaError, TimeoutError) as error:
            raise NotSent(f"Kafka at {kafka} took no more: {_say(error)}") from None
        finally:
            for _, future in waiting:
                future.cancel()


async def _settle(event: Outgoing, future: asyncio.Future[RecordMetadata]) -> Sent:
    async with asyncio.timeout(ANSWERED_WITHIN_S):
        record = await future
    return Sent(event.id, record.topic, record.partition, record.offset)


@asynccontextmanager
async def _producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    try:
        collect_hosts(kafka)
    except ValueError:
        raise NotSent(f"{kafka!r} is no list of host:port") from None
    producer = AIOKafkaProducer(
        **reached(kafka), enable_idempotence=True, linger_ms=5, request_timeout_ms=REACHED_WITHIN_S * 1000
    )
    try:
        yield producer
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOPPED_WITHIN_S):
                await producer.stop()


async def _reach(producer: AIOKafkaProducer, kafka: str, topics: Sequence[str]) -> None:
    """Connect and see that the topics are there."""
    topic = None
    try:
        async with asyncio.timeout(REACHED_WITHIN_S):
            await producer.start()
            for topic in topics:
                await producer.partitions_for(topic)
    except UnknownTopicOrPartitionError:
        raise _no_topic(topic, kafka) from None
    except TimeoutError:
        if topic is not None:
            raise _no_topic(topic, kafka) from None
        raise NotSent(f"Kafka at {kafka} did not answer within {REACHED_WITHIN_S} seconds") from None
    except KafkaError:
        raise NotSent(f"Kafka can't be reached at {kafka}") from None


def _no_topic(topic: str | None, kafka: str) -> NotSent:
    return NotSent(f"Kafka at {kafka} has no topic {topic!r}: start Dutiful once, or mind the topic prefix")


def _say(error: Exception) -> str:
    return "no answer" if isinstance(error, TimeoutError) else str(error)
