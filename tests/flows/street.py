"""A whole house under a virtual clock, and the outside world of a test: plain Kafka clients, people, receivers."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json

from agreement import deadlines
from all_in_one import House
from chassis.access import mint
from chassis.clock import VirtualClock
from chassis.rights import Role
from embedded.receiver import WebhookReceiver

Json = Mapping[str, object]
WITHIN_S = 120.0
"""Far more than anything takes: only a machine that is very busy comes near it."""
EARLIEST_ON = date(2026, 5, 20)
"""Ten full working days after 30 April 2026, when a house starts."""
TOPICS = (
    "change", "deadline", "permission", "notice", "holder", "retention", "cease", "erasure", "return", "incident",
)  # fmt: skip
STARTS_AT = datetime(2026, 4, 30, 7, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """One record as an outside consumer reads it; a tombstone has no data."""

    type: str
    key: str
    data: Json


@dataclass
class Street:
    """What a test sees of a house, from outside."""

    house: House
    clock: VirtualClock
    receiver: WebhookReceiver
    producer: AIOKafkaProducer
    http: aiohttp.ClientSession
    said: list[Said] = field(default_factory=list)
    grew: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def follow(self) -> None:
        """Read what the services say until cancelled."""
        async with AIOKafkaConsumer(
            *TOPICS, bootstrap_servers=self.house.bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            async for record in consumer:
                headers = {name: raw.decode() for name, raw in record.headers}
                data = from_json(record.value) if record.value else {}
                async with self.grew:
                    self.said.append(Said(headers.get("ce_type", "tombstone"), record.key.decode(), data))
                    self.grew.notify_all()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until what was said so far satisfies `holds`."""
        async with asyncio.timeout(WITHIN_S), self.grew:
            await self.grew.wait_for(holds)

    def of(self, event_type: str, **fields: object) -> list[Json]:
        """The data of the events of a type with these fields, in the order in which they were read."""
        same = fields.items()
        return [each.data for each in self.said if each.type == event_type and same <= each.data.items()]

    def last(self, client_id: str, subprocessor_id: str) -> str | None:
        """What the platform reads last of a client and a sub-processor; None: no record, or a tombstone."""
        records = [each for each in self.said if each.key == f"{client_id}/{subprocessor_id}"]
        return str(records[-1].data["standing"]) if records and records[-1].data else None

    async def reads(self, client_id: str, subprocessor_id: str, standing: str | None) -> None:
        """Wait until the platform reads this."""
        await self.until(lambda: self.last(client_id, subprocessor_id) == standing)

    async def publish(self, event_type: str, key: str, data: Json, event_id: str | None = None) -> None:
        """One CloudEvent in binary mode, from a plain producer."""
        headers = {
            "ce_specversion": "1.0",
            "ce_id": event_id or str(uuid4()),
            "ce_source": "https://platform.example/tests",
            "ce_type": event_type,
            "content-type": "application/json",
        }
        await self.producer.send_and_wait(
            event_type.partition(".")[0],
            to_json(data),
            key=key.encode(),
            headers=[(name, text.encode()) for name, text in headers.items()],
        )

    async def sign(self, client_id: str) -> None:
        """A client signs, and may use the whole list."""
        await self.publish("client.signed", client_id, self.signature(client_id))
        listed = len(self.house.book.latest.sub_processors)
        await self.until(lambda: len(self.of("permission.set", client_id=client_id)) >= listed)

    def signature(self, client_id: str) -> Json:
        """The data of a client's signature."""
        agreement = self.house.book.latest
        contact = {"name": "DPO", "email": f"dpo@{client_id}.example", "postal_address": "1 rue X", "language": "fr"}
        return {
            "client_id": client_id,
            "name": client_id.title(),
            "agreement_id": agreement.id,
            "agreement_version": agreement.version,
            "signed_on": "2026-02-02",
            "contact": contact,
        }

    async def terminate(self, *client_ids: str) -> None:
        """These clients leave today, so that they concern no other test."""
        today = deadlines.local_date(self.house.book.latest, self.clock.now())
        for client_id in client_ids:
            data = {"client_id": client_id, "terminated_on": today.isoformat()}
            await self.publish("contract.terminated", client_id, data)
            await self.until(partial(self.of, "deadline.client_ended", client_id=client_id))

    async def register(self, client_id: str) -> str:
        """The client's webhooks come to the receiver; return the endpoint's id."""
        body = {"url": self.receiver.url(f"/{client_id}")}
        made = await self.post(f"{client_id}/super_administrator", "notifier", f"/clients/{client_id}/endpoints", body)
        self.receiver.trust(f"/{client_id}", str(made["secret"]))
        endpoint = made["endpoint"]
        assert isinstance(endpoint, dict)
        return str(endpoint["endpoint_id"])

    async def announce(self, subprocessor_id: str, **changed: object) -> str:
        """Publish a lawful sub-processor; return the id of its change, once it is announced."""
        before = len(self.of("change.announced", subprocessor_id=subprocessor_id))
        await self.publish("subprocessor.added", subprocessor_id, facts(subprocessor_id, **changed))
        await self.until(lambda: len(self.of("change.announced", subprocessor_id=subprocessor_id)) > before)
        return str(self.of("change.announced", subprocessor_id=subprocessor_id)[-1]["change_id"])

    async def received(self, change_id: str, *client_ids: str) -> None:
        """Wait until the windows of these clients are open."""
        for client_id in client_ids:
            await self.until(partial(self.of, "change.window_opened", change_id=change_id, client_id=client_id))

    def day_of(self, change_id: str) -> date:
        """The day on which a change takes effect."""
        (announced,) = self.of("change.announced", change_id=change_id)
        return date.fromisoformat(str(announced["effective_on"]))

    def reach(self, on: date) -> None:
        """Time jumps to the beginning of a day."""
        self.clock.jump_to(deadlines.start_of_day(self.house.book.latest, on))

    async def object_to(self, change_id: str, client_id: str, ground: str = "legal_obligation") -> None:
        """The client objects through the API."""
        path = f"/changes/{change_id}/objections"
        await self.post(f"{client_id}/super_administrator", "subprocessor_registry", path, {"ground": ground})

    async def post(self, who: str, service: str, path: str, body: Json) -> dict[str, object]:
        """POST as `<client>/<role>` or a role of staff; anything but success fails the test."""
        headers = self.authorized(who) | {"Idempotency-Key": str(uuid4())}
        async with self.http.post(self.house.url(service) + path, json=body, headers=headers) as answer:
            content: dict[str, object] = await answer.json(content_type=None)
            assert answer.ok, content
            return content

    async def get(self, who: str, service: str, path: str, **query: str) -> dict[str, object]:
        """GET an object as somebody; anything but success fails the test."""
        content: dict[str, object] = await self.fetch(who, service, path, **query)
        return content

    async def fetch(self, who: str, service: str, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """GET as somebody; anything but success fails the test."""
        url = self.house.url(service) + path
        async with self.http.get(url, params=query, headers=self.authorized(who)) as answer:
            content = await answer.json(content_type=None)
            assert answer.ok, content
            return content

    def authorized(self, who: str) -> dict[str, str]:
        """The header that says who one is: `<client>/<role>` or a role of staff."""
        client_id, _, role = who.rpartition("/")
        token = mint(
            self.house.token_key,
            subject=who,
            role=Role(role),
            client_id=client_id or None,
            ttl=timedelta(hours=1),
            now=datetime.now(UTC),
        )
        return {"Authorization": f"Bearer {token}"}


def facts(subprocessor_id: str, **changed: object) -> dict[str, object]:
    """A lawful sub-processor in the United States, but for what is changed."""
    return {
        "subprocessor_id": subprocessor_id,
        "name": subprocessor_id.title(),
        "actions": ["Translation"],
        "location": "US",
        "transfer": {"mechanism": "scc", "document": "SCC (2021/914), signed 2026-04-20"},
        "written_agreement": {"reference": "DPA-17", "signed_on": "2026-04-20"},
    } | changed
