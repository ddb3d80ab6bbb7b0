"""A notifier that a test speaks to: by events as if from the bus, and through its API with anybody's token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pydantic_core import from_json
from tests.desk import Json, Speaker

from chassis.metrics import Metrics
from contracts.change import ChangeNoticeOrdered, NoticeKind
from contracts.client import ClientSigned, Contact
from contracts.escalation import EscalationDue
from contracts.event import Event
from notifier.app import Notifier

FACTS: dict[str, str | tuple[str, ...]] = {
    "change_kind": "addition",
    "subprocessor_id": "voix",
    "subprocessor": "Voix",
    "actions": ("speech to text",),
    "location": "DE",
    "effective_on": "2027-01-04",
    "objection_within": "ten working days",
}


@dataclass(kw_only=True)
class Desk(Speaker):
    """A notifier that hears what a test says, and answers whoever has a token."""

    app: Notifier

    async def hear(self, event: Event) -> None:
        """The notifier handles `event` as if it had come from the bus."""
        await self.submit(event)

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

    async def escalate(self, order_id: str = "order-1", *, final: bool = False) -> None:
        """It is time to see who has no receipt: the others get letters, or at the deadline have failed."""
        await self.hear(EscalationDue(order_id=order_id, final=final))

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """What is due is sent meanwhile, as by a process of its own."""
        process = replace(self.runtime, metrics=Metrics(self.app.name))
        tasks = [asyncio.ensure_future(run()) for run in self.app.workers(process)]
        yield
        for task in tasks:
            task.cancel()
        for task in tasks:
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
