"""The breach service that a test speaks to: events as if from the bus, hours that pass, people, clients that hear."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic_core import from_json

from agreement.book import Book
from breach.app import Breach
from chassis import agenda
from chassis.access import mint
from chassis.clock import VirtualClock
from chassis.message import Cause, Message
from chassis.rights import Role
from chassis.service import Runtime
from contracts.breach import BreachAwarenessRecorded, BreachDetected, BreachScoped, BreachUpdated, Origin, Words
from contracts.bus import EVENTS
from contracts.client import ClientSigned, Contact
from contracts.event import Event
from contracts.incident import IncidentNoticeOrdered, NoticeKind
from contracts.notice import Channel, NoticeReceived
from contracts.permission import PermissionSet, Standing

STARTS_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INCIDENT = "inc-1"
Json = dict[str, object]
E = TypeVar("E", bound=Event)


@dataclass
class Desk:
    """The service that hears what a test says, and answers whoever has a token."""

    book: Book
    app: Breach
    runtime: Runtime
    clock: VirtualClock
    key: Path
    http: httpx.AsyncClient
    heard: "count[int]"
    said: list[Event] = field(default_factory=list)

    async def hear(self, event: Event, event_id: str | None = None) -> None:
        """The service handles `event` as if it had come from the bus, and then what it says to itself."""
        cause = Cause(source="tests", id=event_id or f"event-{next(self.heard)}", flow_id="tests")
        await self.runtime.processor.submit(event, cause)
        await self.settle()

    async def hear_at_once(self, events: Sequence[Event]) -> None:
        """All of these, of one type, in one transaction, as a batch from the bus is handled."""
        route = self.app.router.routes[events[0].TYPE]
        causes = [Cause(source="tests", id=f"event-{next(self.heard)}", flow_id="tests") for _ in events]
        async with self.runtime.processor.transaction() as tx:
            await route.handle(self.app, [Message(*each) for each in zip(events, causes, strict=True)], tx)
        await self.settle()

    async def settle(self) -> None:
        """Everything that is due is said, and what the service says to itself is heard."""
        while True:
            async with self.runtime.pool.acquire() as connection, connection.transaction():
                await agenda.move_due(connection, self.clock.now(), 1000)
                rows = await connection.fetch("DELETE FROM outbox RETURNING seq, headers, value")
            if not rows:
                return
            for row in sorted(rows, key=lambda row: row["seq"]):
                await self._take(from_json(row["headers"]), row["value"])

    async def _take(self, headers: dict[str, str], value: bytes) -> None:
        event = EVENTS[headers["ce_type"]].model_validate_json(value)
        self.said.append(event)
        if event.TYPE in self.app.router.routes:
            await self.runtime.processor.submit(event, Cause(headers["ce_source"], headers["ce_id"], "tests"))

    def of(self, kind: type[E], /, **fields: object) -> list[E]:
        """What was said of a kind with these fields."""
        same = fields.items()
        found = [each for each in self.said if isinstance(each, kind)]
        return [each for each in found if same <= {name: getattr(each, name) for name in fields}.items()]

    async def pass_hours(self, hours: float) -> None:
        """So many hours, with everything that is due on the way at its time."""
        at = self.clock.now() + hours * HOUR
        while True:
            async with self.runtime.pool.acquire() as connection:
                due_at = await agenda.next_due(connection)
            if due_at is None or due_at > at:
                break
            self.clock.jump_to(due_at)
            await self.settle()
        self.clock.jump_to(at)
        await self.settle()

    async def leap_hours(self, hours: float) -> None:
        """So many hours at once, as if the service, its database or Kafka had been down meanwhile."""
        self.clock.jump_to(self.clock.now() + hours * HOUR)
        await self.settle()

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

    def headers(self, who: str) -> dict[str, str]:
        """A token: `operator`, `dpo`, `auditor`, or `<client>/<role>`, or `<client>` for its super administrator."""
        client_id, _, role = ("", "", who) if who in set(Role) else who.partition("/")
        token = mint(
            self.key,
            subject=f"{who}@example",
            role=Role(role or Role.SUPER_ADMINISTRATOR),
            client_id=client_id or None,
            ttl=HOUR,
            now=datetime.now(UTC),
        )
        return {"Authorization": f"Bearer {token}"}

    async def get(self, who: str, path: str, **query: str | int) -> httpx.Response:
        """GET as somebody."""
        return await self.http.get(path, params=query or None, headers=self.headers(who))

    async def post(self, who: str, path: str, body: Json | None = None, *, key: str | None = None) -> httpx.Response:
        """POST as somebody, under a fresh key or this one."""
        headers = self.headers(who) | {"Idempotency-Key": key or f"key-{next(self.heard)}"}
        return await self.http.post(path, json=body or {}, headers=headers)

    async def incident(self, incident: str = INCIDENT) -> Any:  # noqa: ANN401 - JSON of any shape
        """The incident as staff read it."""
        answer = await self.get("operator", f"/incidents/{incident}")
        assert answer.status_code == 200, answer.text
        return answer.json()
