"""The services as processes on the benchmark's servers, and an outside publisher that speaks to them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from agreement.loading import default_path
from benchmarks.rig.servers import Servers
from chassis.access import make_key
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.topics import Shape, ensure_topics
from contracts.event import Event
from dutiful.services import RUNNABLE, kind_of
from embedded import sample_platform
from embedded.process import tail
from embedded.processes import Processes
from notifier.app import Notifier
from subprocessor_registry.app import Registry

SERVICES = (Registry.name, Notifier.name)
EVERY = RUNNABLE
"""All of them, the holder of a made-up platform's database among them."""


@dataclass(frozen=True)
class Terms:
    """On what services run, where it is not what the benchmarks want: the agreement, settings, ports of their own."""

    agreement: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)


@asynccontextmanager
async def system(servers: Servers, names: Sequence[str] = SERVICES, terms: Terms = Terms()) -> AsyncIterator[Processes]:
    """Services' schemas, and the topics, on an agreement that begins with the webhook alone; nothing runs yet."""
    name = f"bench_{uuid4().hex[:12]}"
    processes = Processes(
        servers.kafka.bootstrap,
        servers.postgres,
        name,
        f"{name}.",
        terms.agreement or _webhook_only(servers.home / "webhook.toml"),
        servers.home,
        settings={**await _settings(servers, names, name), **terms.settings},
        ports=terms.ports,
    )
    await processes.make_database(names)
    await ensure_topics(processes.kafka, Shape(processes.prefix), names)
    for service in names:
        await migrate(processes.dsn(service), service, shipped(CHASSIS_TABLES, kind_of(service).migrations))
    try:
        yield processes
    except BaseException:
        for log in sorted(servers.home.glob(f"{name}.*.log")):
            print(f"{log.name} ends with:\n{tail(log)}")
        raise
    finally:
        await processes.stop()


async def _settings(servers: Servers, names: Sequence[str], name: str) -> dict[str, str]:
    """What the services are told from outside: keys and places of this measure's own, and a platform to hold."""
    settings = {"DUTIFUL_WEBHOOKS__CONNECTIONS": "600"}
    if not set(names) - set(SERVICES):
        return settings
    keys = ("certificate", "token", "evidence")
    certificate_key, token_key, evidence_key = (servers.home / f"{key}-key.pem" for key in keys)
    for key in (certificate_key, token_key, evidence_key):
        make_key(key)
    await sample_platform.make(servers.postgres)
    return settings | {
        "DUTIFUL_CERTIFICATE_KEY": str(certificate_key),
        "DUTIFUL_EVIDENCE_KEY": str(evidence_key),
        "DUTIFUL_TOKEN_KEY": str(token_key),
        "DUTIFUL_LINK_KEY": "l" * 32,
        "DUTIFUL_DATA_MAP": str(sample_platform.MAP),
        "DUTIFUL_PACKAGES": str(servers.home / f"{name}-packages"),
        sample_platform.URL_ENV: sample_platform.holder_dsn(servers.postgres),
    }


@asynccontextmanager
async def publisher(processes: Processes) -> AsyncIterator["Publisher"]:
    """A plain Kafka producer, as any platform has one."""
    producer = AIOKafkaProducer(bootstrap_servers=processes.kafka)
    await producer.start()
    try:
        yield Publisher(producer, processes.prefix)
    finally:
        await producer.stop()


class Publisher:
    """Publishes events as CloudEvents in binary mode."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix

    async def publish(self, event: Event) -> None:
        """Publish one; returns when the broker has it."""
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", uuid4().hex.encode()),
            ("ce_source", b"benchmark"),
            ("ce_type", event.TYPE.encode()),
            ("ce_time", datetime.now(UTC).isoformat().encode()),
        ]
        value = event.model_dump_json(exclude_none=True).encode()
        await self._producer.send_and_wait(self._prefix + event.topic(), value, key=event.key.encode(), headers=headers)


async def paced(count: int, per_s: float) -> AsyncIterator[int]:
    """0 … count - 1, each at its moment, whatever the ones before it cost."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for n in range(count):
        await asyncio.sleep(max(0.0, began + n / per_s - loop.time()))
        yield n


def percentile(values: Mapping[str, float], percent: float) -> float:
    """The value that `percent` of a hundred don't exceed."""
    ordered = sorted(values.values())
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _webhook_only(path: Path) -> Path:
    """The shipped agreement, told by webhook alone at first, so that no mail server is part of the measure."""
    text = default_path().read_text()
    both = 'channels = ["webhook", "email"]'
    assert both in text
    path.write_text(text.replace(both, 'channels = ["webhook"]', 1))
    return path
