"""The world outside in the demo: a platform with its own Kafka client, and clients with receivers and tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

import aiohttp
from aiokafka import AIOKafkaProducer
from pydantic_core import to_json

from all_in_one import House
from chassis.access import Role, mint
from dutiful.demo.timeline import StoryFailed


class Platform:
    """Publishes with a plain Kafka client: a JSON value and five headers, as any language can."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._producer.stop()

    async def publish(self, event_type: str, key: str, data: Mapping[str, object]) -> None:
        """One CloudEvent in binary mode."""
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid4()),
            "ce_source": "https://platform.example/demo",
            "ce_type": event_type,
            "content-type": "application/json",
        }
        await self._producer.send_and_wait(
            event_type.partition(".")[0],
            to_json(data),
            key=key.encode(),
            headers=[(name, text.encode()) for name, text in headers.items()],
        )


@dataclass(frozen=True, slots=True)
class People:
    """Calls the APIs as a person would, with a token of that person's role."""

    house: House
    session: aiohttp.ClientSession

    async def post(
        self, role: Role, client_id: str | None, service: str, path: str, body: Mapping[str, object]
    ) -> dict[str, object]:
        """POST and return the answer; anything but success ends the story."""
        headers = {"Authorization": f"Bearer {self._token(role, client_id)}", "Idempotency-Key": str(uuid4())}
        url = self.house.url(service) + path
        async with self.session.post(url, json=body, headers=headers) as answer:
            content: dict[str, object] = await answer.json(content_type=None)
            if not answer.ok:
                raise StoryFailed(f"POST {path} answered {answer.status}: {content}")
            return content

    async def refusal(
        self, role: Role, client_id: str | None, service: str, path: str, body: Mapping[str, object]
    ) -> str:
        """POST what must be refused, and return why; anything but a conflict ends the story."""
        headers = {"Authorization": f"Bearer {self._token(role, client_id)}", "Idempotency-Key": str(uuid4())}
        async with self.session.post(self.house.url(service) + path, json=body, headers=headers) as answer:
            content: dict[str, object] = await answer.json(content_type=None)
            if answer.status != HTTPStatus.CONFLICT:
                raise StoryFailed(f"POST {path} should be refused, and answered {answer.status}: {content}")
            return str(content["detail"])

    async def get(self, role: Role, client_id: str | None, service: str, path: str) -> str:
        """GET and return the answer as text; anything but success ends the story."""
        headers = {"Authorization": f"Bearer {self._token(role, client_id)}"}
        async with self.session.get(self.house.url(service) + path, headers=headers) as answer:
            content = await answer.text()
            if not answer.ok:
                raise StoryFailed(f"GET {path} answered {answer.status}: {content}")
            return content

    async def fetch(self, url: str) -> bytes:
        """What a link leads to, without a token: who has the link may fetch it."""
        async with self.session.get(url) as answer:
            if not answer.ok:
                raise StoryFailed(f"the link {url} answered {answer.status}: {await answer.text()}")
            return await answer.read()

    def _token(self, role: Role, client_id: str | None) -> str:
        return mint(
            self.house.token_key,
            subject=f"{role.value}@{client_id or 'processor'}",
            role=role,
            client_id=client_id,
            ttl=timedelta(hours=1),
            now=datetime.now(UTC),
        )
