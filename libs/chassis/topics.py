"""The topics of the bus, made where they are missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.dead_letters import topic_of
from contracts.bus import TOPICS, Cleanup, Topic

_DEAD_LETTER_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shape:
    """How the topics are made: `prefix` before their names, partitions, and the replication factor.

    A topic's partitions bound how many processes of a service share its work. Each fetch from a broker names all of its
    partitions, so on one broker more of them cost every event.
    """

    prefix: str = ""
    partitions: int = 3
    replication: int = 1


async def ensure_topics(kafka: str, shape: Shape, services: Iterable[str]) -> list[str]:
    """Make the topics of the bus and the services' dead-letter topics where they are missing; return those made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        wanted = [_of_bus(topic, shape) for topic in TOPICS]
        wanted += [_of_dead_letters(service, shape) for service in services]
        missing = [topic for topic in wanted if topic.name not in there]
        if missing:
            await admin.create_topics(missing)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _of_bus(topic: Topic, shape: Shape) -> NewTopic:
    configs = {"cleanup.policy": topic.cleanup.value}
    if topic.cleanup is Cleanup.DELETE:
        configs["retention.ms"] = str(int(topic.retention_within.total_seconds() * 1000))
    return NewTopic(shape.prefix + topic.name, shape.partitions, shape.replication, topic_configs=configs)


def _of_dead_letters(service: str, shape: Shape) -> NewTopic:
    configs = {"cleanup.policy": "compact", "max.message.bytes": str(_DEAD_LETTER_BYTES)}
    return NewTopic(shape.prefix + topic_of(service), 1, shape.replication, topic_configs=configs)
