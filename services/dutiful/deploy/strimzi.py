"""The bus as resources of Strimzi: a KafkaTopic for each topic, a KafkaUser with its rights for each client. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import JsonValue

from chassis.topics import Planned
from dutiful.deploy.resources import Resource, dns, of_service, resource
from dutiful.deploy.rights import Rights

_API: Final = "kafka.strimzi.io/v1"
_CLUSTER: Final[Mapping[str, JsonValue]] = {"strimzi.io/cluster": "dutiful"}


def topic(planned: Planned) -> Resource:
    """A topic; the name on the bus may hold what Kubernetes doesn't take."""
    spec: Resource = {
        "topicName": planned.name,
        "partitions": planned.partitions,
        "replicas": planned.replication,
        "config": dict(planned.config),
    }
    return resource(_API, "KafkaTopic", dns(planned.name), spec, _CLUSTER)


def user(rights: Rights, prefix: str) -> Resource:
    """A client of the bus, by password, with an ACL for each topic and group that it needs."""
    acls = [_allow("topic", prefix + name, operations) for name, operations in _topics(rights)]
    acls += [_allow("group", prefix + group, ("Read",)) for group in rights.groups]
    spec: Resource = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": acls},
    }
    return resource(_API, "KafkaUser", f"dutiful-{dns(rights.who)}", spec, {**_CLUSTER, **of_service(rights.who)})


def _topics(rights: Rights) -> Iterable[tuple[str, tuple[str, ...]]]:
    """To read or to write a topic is to see that it is there."""
    for name in sorted({*rights.hears, *rights.says}):
        yield name, ("Read",) * (name in rights.hears) + ("Write",) * (name in rights.says)


def _allow(kind: str, name: str, operations: tuple[str, ...]) -> JsonValue:
    pattern = "prefix" if name.endswith("-") else "literal"
    return {"resource": {"type": kind, "name": name, "patternType": pattern}, "operations": list(operations)}
