"""A mail server on loopback that keeps what it receives, in a directory too, and refuses whom it is told to refuse."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Final, Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from embedded.arrivals import Arrivals

HOST: Final = "127.0.0.1"

Refusal = Literal[450, 550]
_REFUSALS: Final[dict[Refusal, str]] = {
    450: "450 4.2.1 this mailbox does not answer now",
    550: "550 5.1.1 no such mailbox",
}


@dataclass(frozen=True)
class ReceivedMail:
    """One accepted message with the addresses of its envelope."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    received_at: datetime


class SmtpSink:
    """Accepts all mail, except to addresses given to `refuse`; a copy of each lies in `mailbox`, if there is one."""

    def __init__(self, *, port: int = 0, mailbox: Path | None = None) -> None:
        self._port = port
        self._mailbox = mailbox
        self._server: asyncio.Server | None = None
        self._arrivals = Arrivals[ReceivedMail]()
        self._refused: dict[str, Refusal] = {}

    @property
    def port(self) -> int:
        """The port it listens on, on 127.0.0.1, from the start on."""
        return self._port

    @property
    def mails(self) -> Sequence[ReceivedMail]:
        """All accepted mail, oldest first."""
        return self._arrivals.items

    async def start(self) -> None:
        """Listen; a port of 0 becomes a free one, which is kept."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(
                _Handler(self._arrivals, self._refused, self._mailbox),
                hostname="localhost",
                enable_SMTPUTF8=True,
                loop=loop,
            ),
            HOST,
            self._port,
        )
        self._port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening; what was received stays readable."""
        if self._server:
            self._server.close()
            self._server = None

    def refuse(self, address: str, code: Refusal | None = 550) -> None:
        """From now on answer this recipient with 450 (later perhaps) or 550 (never); None accepts it again."""
        if code is None:
            self._refused.pop(address, None)
        else:
            self._refused[address] = code

    async def wait_for(
        self, until: int | Callable[[Sequence[ReceivedMail]], bool], within: float = 10.0
    ) -> Sequence[ReceivedMail]:
        """All mail, once `until` are there or `until(all)` holds; TimeoutError after `within` seconds."""
        return await self._arrivals.wait_for(until, within)

    def clear(self) -> None:
        """Forget the mail and the refusals."""
        self._arrivals.clear()
        self._refused.clear()


class _Handler:
    """The hooks that aiosmtpd calls; their names and arguments are its own."""

    def __init__(self, arrivals: Arrivals[ReceivedMail], refused: dict[str, Refusal], mailbox: Path | None) -> None:
        self._arrivals = arrivals
        self._refused = refused
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if code := self._refused.get(address):
            return _REFUSALS[code]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        message = message_from_bytes(content, _class=EmailMessage, policy=SMTP_POLICY)
        recipients = tuple(envelope.rcpt_tos)
        received_at = datetime.now(UTC)
        if self._mailbox is not None:
            await asyncio.to_thread(_keep, self._mailbox, content, received_at)
        await self._arrivals.add(ReceivedMail(envelope.mail_from or "", recipients, message, received_at))
        return "250 2.0.0 kept"


def _keep(mailbox: Path, content: bytes, received_at: datetime) -> None:
    """A file by the time of arrival, whole or not at all, for its owner alone."""
    mailbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = mailbox / f"{received_at:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(2)}.eml"
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.rename(path)
