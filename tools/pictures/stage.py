"""All services as processes, with a mail server and clients' endpoints around them, and a platform that speaks."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
from aiokafka import AIOKafkaProducer
from benchmarks.load.stories import EXAMPLES, SOURCE
from benchmarks.rig.quiet import watching
from benchmarks.rig.servers import Servers
from benchmarks.rig.system import EVERY, Terms, system

from agreement import default_path
from chassis.access import Role, mint
from contracts.publishing import Outgoing, draft
from embedded.kafka_broker import free_port
from embedded.processes import Processes
from embedded.receiver import WebhookReceiver
from embedded.smtp import SmtpSink

_ON_CALL: Final = [{"name": "Duty officer", "email": "duty@dutiful.example", "language": "en"}]


@dataclass
class Stage:
    """A running system, and what is around it."""

    servers: Servers
    processes: Processes
    producer: AIOKafkaProducer
    endpoints: WebhookReceiver
    mail: SmtpSink
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def prefix(self) -> str:
        """Before each topic's name."""
        return self.processes.prefix

    def event(self, event_type: str, event_id: str, changes: Mapping[str, object]) -> Outgoing:
        """The example of an event, with something else in some fields."""
        example = json.loads((EXAMPLES / f"{event_type}.json").read_text(encoding="utf-8"))
        return draft(event_type, example | changes, source=SOURCE, event_id=event_id, prefix=self.prefix)

    async def ask(self, client_id: str, question_id: str) -> None:
        """A client's question, through the API."""
        token = mint(
            self.servers.home / "token-key.pem", subject="jo", role=Role.SUPER_ADMINISTRATOR, client_id=client_id,
            ttl=timedelta(hours=1), now=datetime.now(UTC),
        )  # fmt: skip
        url = f"http://127.0.0.1:{self.processes.ports['assurance']}/clients/{client_id}/questions/{question_id}"
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": question_id}
        async with (
            aiohttp.ClientSession() as http,
            http.post(url, json={"items": ["Who?"]}, headers=headers) as answer,
        ):
            answer.raise_for_status()

    async def publish(self, records: Sequence[Outgoing], *, over_s: float = 0.0) -> None:
        """Publish in order, spread over so many seconds."""
        for record in records:
            await self.producer.send(record.topic, record.value, key=record.key, headers=record.headers)
            if over_s:
                await asyncio.sleep(over_s / len(records))
        await self.producer.flush()


@asynccontextmanager
async def stage(home: Path, ports: Mapping[str, int]) -> AsyncIterator[Stage]:
    """Everything, ready; each service's API and metrics on its port."""
    servers, endpoints, mail = Servers(home), WebhookReceiver(), SmtpSink()
    try:
        await asyncio.gather(servers.start(), endpoints.start(), mail.start())
        terms = Terms(agreement=default_path(), settings=_settings(mail, ports), ports=ports)
        async with system(servers, EVERY, terms) as processes:
            await processes.start(*EVERY)
            async with watching(processes, EVERY) as quiet:
                await quiet.ready()
            async with AIOKafkaProducer(bootstrap_servers=processes.kafka, linger_ms=5) as producer:
                yield Stage(servers, processes, producer, endpoints, mail)
    finally:
        await asyncio.gather(endpoints.stop(), mail.stop())
        await servers.stop()


def ports() -> dict[str, int]:
    """One for each service."""
    return {service: free_port() for service in EVERY}


def _settings(mail: SmtpSink, ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "DUTIFUL_MAIL__HOST": "127.0.0.1",
        "DUTIFUL_MAIL__PORT": str(mail.port),
        "DUTIFUL_MAIL__SECURITY": "none",
        "DUTIFUL_MAIL__SENDER": "dpa@dutiful.example",
        "DUTIFUL_ON_CALL": json.dumps(_ON_CALL),
        "DUTIFUL_REQUESTS_URL": f"http://127.0.0.1:{ports['requests']}",
        "DUTIFUL_HOLDERS": json.dumps({"platform": f"http://127.0.0.1:{ports['holder']}"}),
    }
