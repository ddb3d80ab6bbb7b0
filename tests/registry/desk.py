"""A registry that a test speaks to: by events as if from the bus, and through its API with anybody's token."""

from dataclasses import dataclass
from datetime import date

from tests.desk import Json, Speaker

from agreement import deadlines
from agreement.book import Book
from chassis.message import Cause
from contracts.change import NoticeKind
from contracts.client import ClientSigned, Contact
from contracts.deadline import DeadlineDayReached
from contracts.event import Event
from contracts.notice import Channel, NoticeReceived
from contracts.subprocessor import SubprocessorAdded, SubprocessorRemoved, Transfer, WrittenAgreement


@dataclass(kw_only=True)
class Desk(Speaker):
    """A registry that hears what a test says, and answers whoever has a token."""

    book: Book

    async def hear(self, event: Event) -> Cause:
        """The registry handles `event` as if it had come from the bus."""
        return await self.submit(event)

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
