"""The breach service that a test speaks to: events as if from the bus, hours that pass, people, clients that hear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.desk import STARTS_AT, Hearer, Json

from agreement.book import Book
from breach.app import Breach
from chassis.message import Cause, Message
from contracts.breach import BreachAwarenessRecorded, BreachDetected, BreachScoped, BreachUpdated, Origin, Words
from contracts.client import ClientSigned, Contact
from contracts.event import Event
from contracts.incident import IncidentNoticeOrdered, NoticeKind
from contracts.notice import Channel, NoticeReceived
from contracts.permission import PermissionSet, Standing

__all__ = ["HOUR", "INCIDENT", "STARTS_AT", "Desk", "Json"]

HOUR = timedelta(hours=1)
INCIDENT = "inc-1"


@dataclass(kw_only=True)
class Desk(Hearer):
    """The service that hears what a test says, and answers whoever has a token."""

    book: Book
    app: Breach

    async def hear_at_once(self, events: Sequence[Event]) -> None:
        """All of these, of one type, in one transaction, as a batch from the bus is handled."""
        route = self.app.router.routes[events[0].TYPE]
        causes = [Cause(source="tests", id=f"event-{next(self.numbers)}", flow_id="tests") for _ in events]
        async with self.runtime.processor.transaction() as tx:
            await route.handle(self.app, [Message(*each) for each in zip(events, causes, strict=True)], tx)
        await self.settle()

    async def pass_hours(self, hours: float) -> None:
        """So many hours, with everything that is due on the way at its time."""
        await self.pass_until(self.clock.now() + hours * HOUR)

    async def leap_hours(self, hours: float) -> None:
        """So many hours at once, as if the service, its database or Kafka had been down meanwhile."""
        await self.leap_until(self.clock.now() + hours * HOUR)

    # The world.

    async def sign(self, *client_ids: str, version: str | None = None, signed_on: date = date(2026, 2, 2)) -> None:
        """These clients sign the agreement."""
        for client_id in client_ids:
            await self.hear(
                ClientSigned(
                    client_id=client_id,
                    name=client_id.title(),
                    agreement_id=self.book.latest.id,
                    agreement_version=version or self.book.latest.version,
                    signed_on=signed_on,
                    contact=Contact(name="Privacy desk", email=f"privacy@{client_id}.example"),
                )
            )

    async def permit(self, client_id: str, *subprocessor_ids: str) -> None:
        """These sub-processors may process the client's data."""
        for subprocessor_id in subprocessor_ids:
            await self.hear(
                PermissionSet(
                    client_id=client_id,
                    subprocessor_id=subprocessor_id,
                    standing=Standing.PERMITTED,
                    reason="on the list",
                    clause="4.3",
                )
            )

    async def detect(self, *client_ids: str, incident: str = INCIDENT, **more: Any) -> None:  # noqa: ANN401 - fields of any kind
        """A detector saw something an hour ago."""
        said: dict[str, Any] = {"detected_at": self.clock.now() - HOUR, "origin": Origin.DETECTOR} | more
        await self.hear(
            BreachDetected(incident_id=incident, description="A strange export", client_ids=client_ids, **said)
        )

    async def aware(self, hours_ago: float = 0, incident: str = INCIDENT) -> datetime:
        """The DPO decides that it is a breach, known since then."""
        aware_at = self.clock.now() - hours_ago * HOUR
        await self.hear(
            BreachAwarenessRecorded(incident_id=incident, aware_at=aware_at, decided_by="DPO", reason="It was seen.")
        )
        return aware_at

    async def scope(self, *client_ids: str, incident: str = INCIDENT, **more: Any) -> None:  # noqa: ANN401 - fields of any kind
        """More clients are affected."""
        await self.hear(
            BreachScoped(
                incident_id=incident, client_ids=client_ids, decided_by="DPO", reason="Their rows too.", **more
            )
        )

    async def update(self, update_id: str = "u1", *, en: str = "It was one account.", **more: Any) -> None:  # noqa: ANN401 - fields of any kind
        """The next phase."""
        said: dict[str, Any] = {"as_of": self.clock.now()} | more
        await self.hear(
            BreachUpdated(incident_id=INCIDENT, update_id=update_id, text=Words(en=en), said_by="DPO", **said)
        )

    async def receive(self, *client_ids: str, incident: str = INCIDENT) -> None:
        """These clients have their notice now."""
        for client_id in client_ids:
            await self.hear(
                NoticeReceived(
                    notice_id=f"n-{client_id}",
                    client_id=client_id,
                    about=incident,
                    kind=NoticeKind.BREACH_NOTICE,
                    channel=Channel.WEBHOOK,
                    received_at=self.clock.now(),
                    proof="answered 204",
                )
            )

    def told(self, kind: NoticeKind = NoticeKind.BREACH_NOTICE, incident: str = INCIDENT) -> list[str]:
        """Which clients were ordered to be told, in that order."""
        orders = self.of(IncidentNoticeOrdered, kind=kind, about=incident)
        return [client_id for order in orders for client_id in order.client_ids]

    # People.

    async def incident(self, incident: str = INCIDENT) -> Any:  # noqa: ANN401 - JSON of any shape
        """The incident as staff read it."""
        answer = await self.get("operator", f"/incidents/{incident}")
        assert answer.status_code == 200, answer.text
        return answer.json()
