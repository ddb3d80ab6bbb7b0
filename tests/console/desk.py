"""The console that a test speaks to: events as if from the bus, and its readers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.desk import Hearer

from console.app import Console
from contracts.change import ChangeNoticeOrdered, NoticeKind
from contracts.client import ClientSigned, Contact
from contracts.incident import IncidentNoticeOrdered
from contracts.incident import NoticeKind as IncidentNotice
from contracts.notice import Channel, NoticeReceived
from contracts.subprocessor import SubprocessorRemoved

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def signed(client_id: str) -> ClientSigned:
    """A client signs the shipped agreement."""
    return ClientSigned(
        client_id=client_id,
        name=client_id.title(),
        agreement_id="quicktalk",
        agreement_version="1",
        signed_on=date(2026, 2, 2),
        contact=Contact(name="Ada Secret", email=f"ada@{client_id}.example"),
    )


def ordered(*client_ids: str, order_id: str = "order-1") -> ChangeNoticeOrdered:
    """These clients must be told of a change."""
    return ChangeNoticeOrdered(
        order_id=order_id,
        change_id="change-1",
        kind=NoticeKind.CHANGE_ANNOUNCED,
        client_ids=client_ids,
        deadline_at=AT,
        escalate_at=AT,
        clause="4.3",
        facts={"name": "Translator"},
    )


def received(client_id: str, notice_id: str) -> NoticeReceived:
    """A client has a notice."""
    return NoticeReceived(
        notice_id=notice_id,
        client_id=client_id,
        about="change-1",
        kind="change_announced",
        channel=Channel.EMAIL,
        received_at=AT,
        proof="answered 204",
    )


def told(incident_id: str, *client_ids: str) -> IncidentNoticeOrdered:
    """These clients must be told of an incident: it is theirs from now on."""
    return IncidentNoticeOrdered(
        order_id=f"o-{incident_id}-{client_ids[0]}",
        about=incident_id,
        kind=IncidentNotice.BREACH_NOTICE,
        client_ids=client_ids,
        deadline_at=AT,
        escalate_at=AT,
        clause="6",
        facts={"what": "it happened"},
    )


def removed(subprocessor_id: str = "translator") -> SubprocessorRemoved:
    """A fact that concerns all."""
    return SubprocessorRemoved(subprocessor_id=subprocessor_id)


@dataclass(kw_only=True)
class Desk(Hearer):
    """The service that hears what a test says, and answers whoever has a token."""

    app: Console

    async def record(self, client_id: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON of any shape
        """A page of a client's record."""
        answer = await self.get("auditor", f"/clients/{client_id}/record", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def types(self, client_id: str, **query: str | int) -> list[str]:
        """What a client's record holds, in order."""
        return [each["type"] for each in (await self.record(client_id, **query))["items"]]

    async def export(self, client_id: str, who: str = "auditor") -> list[bytes]:
        """The lines of an export."""
        answer = await self.get(who, f"/clients/{client_id}/record/export")
        assert answer.status_code == 200, answer.text
        return answer.content.splitlines(keepends=True)

    @property
    def public_key(self) -> bytes:
        """What verifies."""
        return self.app.signer.public_pem.encode()
