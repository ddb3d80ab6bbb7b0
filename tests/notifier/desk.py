"""A notifier that a test speaks to: by events as if from the bus, and through its API with anybody's token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
from pydantic_core import from_json

from chassis.access import mint
from chassis.clock import VirtualClock
from chassis.message import Cause
from chassis.rights import Role
from chassis.service import Runtime
from contracts.change import ChangeNoticeOrdered, NoticeKind
from contracts.client import ClientSigned, Contact
from contracts.escalation import EscalationDue
from contracts.event import Event
from notifier.app import Notifier

STARTS_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FACTS: dict[str, str | tuple[str, ...]] = {
    "change_kind": "addition",
    "subprocessor_id": "voix",
    "subprocessor": "Voix",
    "actions": ("speech to text",),
    "location": "DE",
    "effective_on": "2027-01-04",
    "objection_within": "ten working days",
}
Json = dict[str, object]


@dataclass
class Desk:
    """A notifier that hears what a test says, and answers whoever has a token."""

    app: Notifier
    runtime: Runtime
    clock: VirtualClock
    key: Path
    http: httpx.AsyncClient
    numbers: "count[int]"

    async def hear(self, event: Event) -> None:
        """The notifier handles `event` as if it had come from the bus."""
        cause = Cause(source="tests", id=f"event-{next(self.numbers)}", flow_id="tests")
        await self.runtime.processor.submit(event, cause)

    async def sign(self, *client_ids: str, postal_address: str | None = "1 Main Street\nDublin") -> None:
        """These clients sign the agreement."""
        for client_id in client_ids:
            contact = Contact(name="Privacy desk", email=f"privacy@{client_id}.test", postal_address=postal_address)
            await self.sign_as(client_id, client_id.title(), contact)

    async def sign_as(self, client_id: str, name: str, contact: Contact) -> None:
        """A client signs under this name, with this contact."""
        agreement = self.app.book.latest
        await self.hear(
            ClientSigned(
                client_id=client_id,
                name=name,
                agreement_id=agreement.id,
                agreement_version=agreement.version,
                signed_on=date(2026, 2, 2),
                contact=contact,
            )
        )

    async def order(self, *client_ids: str, order_id: str = "order-1", change_id: str = "change-1") -> None:
        """These clients must be told of a new sub-processor within ten days."""
        now = self.clock.now()
        await self.hear(
            ChangeNoticeOrdered(
                change_id=change_id,
                order_id=order_id,
                kind=NoticeKind.CHANGE_ANNOUNCED,
                client_ids=client_ids,
                deadline_at=now + timedelta(days=10),
                escalate_at=now + timedelta(days=3),
                clause="4.3",
                facts=FACTS,
            )
        )

    async def escalate(self, order_id: str = "order-1") -> None:
        """It is time to see who has no receipt: the others get letters."""
        await self.hear(EscalationDue(order_id=order_id, final=False))

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """What is due is sent meanwhile."""
        (run,) = self.app.workers(self.runtime)
        task = asyncio.ensure_future(run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def said(self, event_type: type[Event]) -> list[Json]:
        """The events of a type that wait to be published, oldest first."""
        rows = await self.runtime.pool.fetch("SELECT headers, value FROM outbox ORDER BY seq")
        return [from_json(row["value"]) for row in rows if from_json(row["headers"])["ce_type"] == event_type.TYPE]

    async def items(self, who: str, path: str, **query: str | int) -> list[Json]:
        """The items of a page."""
        answer = await self.get(who, path, **query)
        assert answer.status_code == 200, answer.text
        items: list[Json] = answer.json()["items"]
        return items

    def headers(self, who: str) -> dict[str, str]:
        """A token: `operator`, `dpo`, `auditor`, or `<client>/<role>`, or `<client>` for its super administrator."""
        client_id, _, role = ("", "", who) if who in set(Role) else who.partition("/")
        token = mint(
            self.key,
            subject=f"{who}@example",
            role=Role(role or Role.SUPER_ADMINISTRATOR),
            client_id=client_id or None,
            ttl=timedelta(hours=1),
            now=datetime.now(UTC),
        )
        return {"Authorization": f"Bearer {token}"}

    async def get(self, who: str, path: str, **query: str | int) -> httpx.Response:
        """GET as somebody."""
        return await self.http.get(path, params=query or None, headers=self.headers(who))

    async def send(
        self, who: str, method: str, path: str, body: Json | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """Any request as somebody, under a fresh key or this one."""
        headers = self.headers(who) | {"Idempotency-Key": key or f"key-{next(self.numbers)}"}
        return await self.http.request(method, path, json=body, headers=headers)

    async def post(self, who: str, path: str, body: Json | None = None, *, key: str | None = None) -> httpx.Response:
        """POST as somebody, under a fresh key or this one."""
        return await self.send(who, "POST", path, body or {}, key=key)
