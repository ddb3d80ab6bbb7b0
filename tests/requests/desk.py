"""The service `requests` that a test speaks to: requests, instructions, answers, days that pass, people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from tests.desk import Hearer

from agreement.book import Book
from contracts.authority import AuthorityKind, AuthorityRequested, Ban
from contracts.client import ClientSigned, Contact
from contracts.dsar import DataSubjectRight, DsarReceived
from contracts.event import Event
from contracts.handling import HandlingAnswerDrafted, HandlingSendRequested
from contracts.instruction import (
    Instructed,
    InstructionChannel,
    InstructionDoubted,
    InstructionGiven,
    InstructionWithdrawn,
)
from contracts.notice import Channel, NoticeReceived
from contracts.request import NoticeKind, RequestNoticeOrdered
from requests_desk.app import Requests

VAULT_KEY: Final = "a-key-of-the-tests-and-of-nothing-else"
SECRET: Final = "Jane Roe of Main Street"
"""What nobody but the client and the handler may ever read."""
E_ = TypeVar("E_", bound=Event)
DAY: Final = timedelta(days=1)


@dataclass(kw_only=True)
class Desk(Hearer):
    """The service that hears what a test says, and answers whoever has a token."""

    book: Book
    app: Requests

    async def pass_days(self, days: float) -> None:
        """So many days, with everything that is due on the way at its time."""
        await self.pass_until(self.clock.now() + days * DAY)

    async def leap_days(self, days: float) -> None:
        """So many days at once, as if the service had been down meanwhile."""
        await self.leap_until(self.clock.now() + days * DAY)

    async def value(self, query: str, *args: object) -> Any:  # noqa: ANN401 - whatever is asked for
        """One value of the database."""
        return await self.runtime.pool.fetchval(query, *args)

    # The world.

    async def sign(self, client_id: str, name: str, email: str | None = None) -> None:
        """A client signs the agreement."""
        await self.hear(
            ClientSigned(
                client_id=client_id,
                name=name,
                agreement_id=self.book.latest.id,
                agreement_version=self.book.latest.version,
                signed_on=date(2026, 2, 2),
                contact=Contact(name="Privacy desk", email=email or f"privacy@{client_id}.example"),
            )
        )

    async def ask(self, request_id: str = "dsar-1", client_id: str | None = "acme", **more: Any) -> None:  # noqa: ANN401 - fields of any kind
        """A data subject asks."""
        said: dict[str, Any] = {
            "right": DataSubjectRight.ACCESS,
            "received_at": self.clock.now(),
            "text": f"I am {SECRET}: what do you hold of me?",
            "reply_to": "jane@private.example",
        } | more
        await self.hear(DsarReceived(request_id=request_id, client_id=client_id, **said))

    async def demand(
        self,
        request_id: str = "auth-1",
        ban: Ban | None = None,
        client_id: str = "acme",
        **more: Any,  # noqa: ANN401 - fields of any kind
    ) -> None:
        """An authority asks."""
        said: dict[str, Any] = {
            "authority": "Tribunal judiciaire",
            "kind": AuthorityKind.LAW_ENFORCEMENT,
            "legal_basis": "Art. 77-1-1 CPP",
            "received_at": self.clock.now(),
            "text": f"All calls of {SECRET}",
        } | more
        await self.hear(AuthorityRequested(request_id=request_id, client_id=client_id, ban=ban, **said))

    async def instruct(
        self,
        instruction_id: str = "inst-1",
        client_id: str = "acme",
        request_id: str | None = "dsar-1",
        **more: Any,  # noqa: ANN401 - fields of any kind
    ) -> None:
        """A client instructs, by email."""
        said: dict[str, Any] = {
            "channel": InstructionChannel.EMAIL,
            "given_by": "DPO of the client",
            "received_at": self.clock.now(),
            "text": f"Send {SECRET} what you hold.",
            "purpose": "to answer the request",
        } | more
        await self.hear(
            InstructionGiven(
                client_id=client_id, instruction_id=instruction_id, request_id=request_id, said=Instructed(**said)
            )
        )

    async def withdraw(self, instruction_id: str = "inst-1", client_id: str = "acme") -> None:
        """The client takes it back."""
        await self.hear(
            InstructionWithdrawn(
                client_id=client_id,
                instruction_id=instruction_id,
                withdrawn_by="DPO of the client",
                received_at=self.clock.now(),
            )
        )

    async def doubt(self, instruction_id: str = "inst-1", client_id: str = "acme") -> None:
        """In the processor's opinion it infringes the law."""
        await self.hear(
            InstructionDoubted(
                client_id=client_id, instruction_id=instruction_id, reason="It has no legal basis.", doubted_by="DPO"
            )
        )

    async def draft(self, answer_id: str = "answer-1", request_id: str = "dsar-1", **more: Any) -> None:  # noqa: ANN401 - fields of any kind
        """An operator writes an answer."""
        await self.hear(
            HandlingAnswerDrafted(
                request_id=request_id,
                answer_id=answer_id,
                text=f"Dear {SECRET}, here it is.",
                drafted_by="operator",
                **more,
            )
        )

    async def send_answer(
        self, instruction_id: str | None = "inst-1", answer_id: str = "answer-1", request_id: str = "dsar-1"
    ) -> None:
        """An operator wants an answer to leave."""
        await self.hear(
            HandlingSendRequested(
                request_id=request_id, answer_id=answer_id, instruction_id=instruction_id, requested_by="operator"
            )
        )

    async def receipt(self, about: str, kind: NoticeKind, client_id: str = "acme") -> None:
        """A client has a notice."""
        await self.hear(
            NoticeReceived(
                notice_id=f"notice-{about}",
                client_id=client_id,
                about=about,
                kind=kind,
                channel=Channel.EMAIL,
                received_at=self.clock.now(),
                proof="accepted",
            )
        )

    def told(self, kind: NoticeKind) -> list[tuple[str, str]]:
        """Who was ordered to be told of what, in that order."""
        return [(order.client_ids[0], order.about) for order in self.of(RequestNoticeOrdered, kind=kind)]


def instant(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
