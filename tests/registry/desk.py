"""A registry that a test speaks to: by events as if from the bus, and through its API with anybody's token."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx

from agreement import deadlines
from agreement.book import Book
from chassis.access import mint
from chassis.clock import VirtualClock
from chassis.message import Cause
from chassis.rights import Role
from chassis.service import Runtime
from contracts.change import NoticeKind
from contracts.client import ClientSigned, Contact
from contracts.deadline import DeadlineDayReached
from contracts.event import Event
from contracts.notice import Channel, NoticeReceived
from contracts.subprocessor import SubprocessorAdded, SubprocessorRemoved, Transfer, WrittenAgreement

STARTS_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
Json = dict[str, object]


@dataclass
class Desk:
    """A registry that hears what a test says, and answers whoever has a token."""

    book: Book
    runtime: Runtime
    clock: VirtualClock
    key: Path
    http: httpx.AsyncClient
    heard: "count[int]"

    async def hear(self, event: Event) -> Cause:
        """The registry handles `event` as if it had come from the bus."""
        cause = Cause(source="tests", id=f"event-{next(self.heard)}", flow_id="tests")
        await self.runtime.processor.submit(event, cause)
        return cause

    async def sign(self, *client_ids: str) -> None:
        """These clients sign the agreement."""
        for client_id in client_ids:
            await self.hear(
                ClientSigned(
                    client_id=client_id,
                    name=client_id.title(),
                    agreement_id=self.book.latest.id,
                    agreement_version=self.book.latest.version,
                    signed_on=date(2026, 2, 2),
                    contact=Contact(name="Privacy desk", email=f"privacy@{client_id}.example"),
                )
            )

    async def announce(self, event: SubprocessorAdded | SubprocessorRemoved | None = None) -> str:
        """A sub-processor is published; return the id of the change."""
        return (await self.hear(event or addition())).derive("change")

    async def receive(self, change_id: str, *client_ids: str) -> None:
        """These clients have the notice: their windows are open."""
        for client_id in client_ids:
            await self.hear(
                NoticeReceived(
                    notice_id=f"notice-{client_id}",
                    client_id=client_id,
                    about=change_id,
                    kind=NoticeKind.CHANGE_ANNOUNCED,
                    channel=Channel.EMAIL,
                    received_at=self.clock.now(),
                    proof="read",
                )
            )

    async def reach_day(self, change_id: str, on: date) -> None:
        """The planned day of a change comes."""
        self.clock.jump_to(deadlines.start_of_day(self.book.latest, on))
        await self.hear(DeadlineDayReached(change_id=change_id))

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

    async def post(self, who: str, path: str, body: Json | None = None, *, key: str | None = None) -> httpx.Response:
        """POST as somebody, under a fresh key or this one."""
        headers = self.headers(who) | {"Idempotency-Key": key or f"key-{next(self.heard)}"}
        return await self.http.post(path, json=body or {}, headers=headers)


def addition(**changed: object) -> SubprocessorAdded:
    """A lawful new sub-processor in the EEA, but for what is changed."""
    facts: Json = {
        "subprocessor_id": "voix",
        "name": "Voix",
        "actions": ("speech to text",),
        "data_categories": ("call_recordings",),
        "location": "DE",
        "transfer": Transfer(mechanism="none"),
        "written_agreement": WrittenAgreement(reference="DPA-7", signed_on=date(2026, 1, 5)),
    }
    return SubprocessorAdded.model_validate(facts | changed)
