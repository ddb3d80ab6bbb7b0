"""The topics of the bus, made where they are missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.dead_letters import topic_of
from chassis.kafka import reached
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


@dataclass(frozen=True, slots=True)
class Planned:
    """A topic as it is to be: whoever makes it, a service's command or an operator of the cluster."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def plan(shape: Shape, services: Iterable[str]) -> list[Planned]:
    """The topics of the bus and the services' dead-letter topics."""
    return [_of_bus(topic, shape) for topic in TOPICS] + [_of_dead_letters(service, shape) for service in services]


async def ensure_topics(kafka: str, shape: Shape, services: Iterable[str]) -> list[str]:
    """Make the topics of the bus and the services' dead-letter topics where they are missing; return those made."""
    admin = AIOKafkaAdminClient(**reached(kafka))
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in plan(shape, services) if topic.name not in there]
        if missing:
            await admin.create_topics([_new(topic) for topic in missing])
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _new(topic: Planned) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, topic.replication, topic_configs=dict(topic.config))


def _of_bus(topic: Topic, shape: Shape) -> Planned:
    config = {"cleanup.policy": topic.cleanup.value}
    if topic.cleanup is Cleanup.DELETE:
        config["retention.ms"] = str(int(topic.retention_within.total_seconds() * 1000))
    return Planned(shape.prefix + topic.name, shape.partitions, shape.replication, config)


def _of_dead_letters(service: str, shape: Shape) -> Planned:
    config = {"cleanup.policy": "compact", "max.message.bytes": str(_DEAD_LETTER_BYTES)}
    return Planned(shape.prefix + topic_of(service), 1, shape.replication, config)
