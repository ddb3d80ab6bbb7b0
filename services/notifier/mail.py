"""One email, made and sent: plain text and HTML, from us, generated, with an id that outlives attempts."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from time import perf_counter
from typing import Final, Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from notifier.attempts import AttemptOutcome, printable
from notifier.failures import reason_of
from notifier.texts import one_line

_ADDRESS: Final = re.compile(r"[^@\s\"(),:;<>\[\]\\\x00-\x20\x7f]+@[^@\s\"(),:;<>\[\]\\\x00-\x20\x7f]+")
_FOR_GOOD: Final = 500  # from here on SMTP codes are permanent (RFC 5321, 4.2.1)
_OK: Final = 250


class MailSettings(BaseModel):
    """The submission server and who we are; a password without TLS is the operator's own choice."""

    model_config = ConfigDict(frozen=True)

    host: str = Field(description="SMTP server")
    port: int = Field(587, gt=0, le=65535)
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="how the connection is protected")
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field(pattern=_ADDRESS.pattern, description="address that notices come from")
    sender_name: str = Field("", description="name beside it")
    reply_to: str | None = Field(None, description="address that answers go to, where it is another one")
    connections: int = Field(4, gt=0, description="connections open at once")
    answer_within: timedelta = Field(timedelta(seconds=30), gt=timedelta(0), description="bound of one attempt")


@dataclass(frozen=True, slots=True)
class Mail:
    """One email to send; `message_id`, an id at a domain without angle brackets, is the same for every attempt.

    Names, subject and bodies may be anything; `language` is a tag of ours.
    """

    to: str
    to_name: str
    subject: str
    text: str
    html: str
    message_id: str
    written_at: datetime
    language: str = "en"


class MailSender:
    """Sends email over a few kept connections; they are opened when needed and closed by `close`."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._free = asyncio.Semaphore(settings.connections)
        self._kept: deque[SMTP] = deque()

    async def close(self) -> None:
        """Close the kept connections."""
        while self._kept:
            self._kept.pop().close()

    async def send(self, mail: Mail) -> AttemptOutcome:
        """Make one attempt; whatever the server or the network does is an outcome, not an exception."""
        if not _ADDRESS.fullmatch(mail.to):
            return AttemptOutcome(ok=False, status=None, latency_ms=0.0, reason="malformed address", permanent=True)
        started = perf_counter()
        async with self._free:
            try:
                async with asyncio.timeout(self._settings.answer_within.total_seconds()):
                    answer = await self._hand_over(mail.to, compose(mail, self._settings))
            except (SMTPException, OSError, TimeoutError) as error:
                return _fail(error, _ms_since(started))
        return AttemptOutcome(ok=True, status=_OK, latency_ms=_ms_since(started), answer=printable(answer))

    async def _hand_over(self, to: str, message: EmailMessage) -> str:
        while self._kept:
            try:
                return await self._over(self._kept.pop(), to, message)
            except SMTPServerDisconnected:
                continue  # the server had closed a kept connection, which says nothing about this mail
        connection = _connection(self._settings)
        await connection.connect()
        return await self._over(connection, to, message)

    async def _over(self, connection: SMTP, to: str, message: EmailMessage) -> str:
        """Send over this connection, and keep it unless it broke."""
        try:
            _, answer = await connection.send_message(message, sender=self._settings.sender, recipients=[to])
        except (SMTPResponseException, SMTPRecipientsRefused, SMTPNotSupported):
            self._kept.append(connection)  # refused in good order
            raise
        except BaseException:
            connection.close()
            raise
        self._kept.append(connection)
        return answer


def compose(mail: Mail, settings: MailSettings) -> EmailMessage:
    """The message with its headers (RFC 5322); no value can begin another header.

    It says that a program wrote it (RFC 3834), so that no absence note answers; it names no list, because a notice is
    addressed to a party and can't be unsubscribed from.
    """
    message = EmailMessage()
    message["From"] = _address(settings.sender_name, settings.sender)
    message["To"] = _address(mail.to_name, mail.to)
    if settings.reply_to:
        message["Reply-To"] = _address("", settings.reply_to)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = f"<{mail.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message["Content-Language"] = mail.language  # said before, it would move into the plain part alone
    return message


def _address(name: str, address: str) -> Address:
    local_part, _, domain = address.rpartition("@")
    return Address(one_line(name), local_part, domain)


def _connection(settings: MailSettings) -> SMTP:
    return SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        username=settings.username,
        password=settings.password.get_secret_value() if settings.password else None,
        local_hostname=settings.sender.rpartition("@")[2],  # looking up our own name could block for seconds
        timeout=settings.answer_within.total_seconds(),
    )


def _fail(error: Exception, latency_ms: float) -> AttemptOutcome:
    """What concerns the recipient or the message is permanent from 500 on; our login or sender is for us to repair."""
    refusal = error.recipients[0] if isinstance(error, SMTPRecipientsRefused) else error
    if not isinstance(refusal, SMTPResponseException):
        return AttemptOutcome(
            ok=False,
            status=None,
            latency_ms=latency_ms,
            answer=printable(str(error)),
            reason=reason_of(error),
            permanent=isinstance(error, SMTPNotSupported),  # the address isn't ASCII and the server takes no other
        )
    concerns_mail = isinstance(refusal, SMTPRecipientRefused | SMTPDataError)
    return AttemptOutcome(
        ok=False,
        status=refusal.code,
        latency_ms=latency_ms,
        answer=printable(refusal.message),
        reason=f"status {refusal.code}",
        permanent=concerns_mail and refusal.code >= _FOR_GOOD,
    )


def _ms_since(started: float) -> float:
    return (perf_counter() - started) * 1000
