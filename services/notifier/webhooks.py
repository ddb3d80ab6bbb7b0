"""One webhook, made and sent: signed, guarded, bounded, and never following where an answer points."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from importlib.metadata import version
from time import perf_counter
from types import TracebackType
from typing import Final, Self

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict, istr
from pydantic import BaseModel, ConfigDict, Field
from yarl import URL

from notifier.addresses import AddressRefused, check_url
from notifier.attempts import ANSWER_CHARACTERS, AttemptOutcome, printable
from notifier.connections import GuardedConnector
from notifier.failures import is_stale, reason_of
from notifier.retries import retry_after_s
from notifier.signatures import sign

ANSWER_BYTES: Final = 4 * ANSWER_CHARACTERS  # UTF-8 takes up to four each
ANSWER_WITHIN_S: Final = 2.0
_GONE: Final = 410

# Names that compare by identity in aiohttp's header dictionaries, and are made once.
_ID: Final = istr("webhook-id")
_TIMESTAMP: Final = istr("webhook-timestamp")
_SIGNATURE: Final = istr("webhook-signature")
_TRACEPARENT: Final = istr("traceparent")
_ALWAYS: Final = {
    "User-Agent": f"Dutiful/{version('dutiful')}",
    "Content-Type": "application/json",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}


class WebhookSettings(BaseModel):
    """How webhooks are sent, and where to."""

    model_config = ConfigDict(frozen=True)

    allow_loopback: bool = Field(default=False, description="admit endpoints on this machine, also without TLS")
    allow_http: bool = Field(default=False, description="admit endpoints without TLS")
    answer_within: timedelta = Field(timedelta(seconds=20), gt=timedelta(0), description="bound of one attempt")
    connect_within: timedelta = Field(timedelta(seconds=5), gt=timedelta(0), description="bound of one TCP connect")
    connections: int = Field(600, gt=0, description="connections open at once; a wait for one counts as the endpoint's")


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One webhook to send; `timestamp` is the moment of this attempt in Unix seconds, `message_id` outlives attempts.

    `secrets` are all that are in force; `traceparent` is W3C Trace Context, and baggage never leaves the house.
    """

    url: str
    secrets: tuple[str, ...]
    message_id: str
    timestamp: int
    body: bytes
    traceparent: str | None = None


class WebhookSender:
    """Sends webhooks over one pool of connections, from `open` to `close`."""

    def __init__(self, settings: WebhookSettings, *, resolver: AbstractResolver | None = None) -> None:
        self._settings = settings
        self._resolver = resolver
        self._session: ClientSession | None = None

    async def open(self) -> None:
        """Open the pool; nothing is connected to before the first webhook."""
        settings = self._settings
        connector = GuardedConnector(
            allow_loopback=settings.allow_loopback, connections=settings.connections, resolver=self._resolver
        )
        self._session = ClientSession(
            connector=connector,
            timeout=ClientTimeout(
                total=settings.answer_within.total_seconds(), sock_connect=settings.connect_within.total_seconds()
            ),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,  # we show the beginning of an answer; unpacking it would be an attack on ourselves
            headers=_ALWAYS,
            read_bufsize=ANSWER_BYTES,
        )

    async def close(self) -> None:
        """Close every connection; attempts under way fail."""
        if self._session:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def send(self, request: WebhookRequest) -> AttemptOutcome:
        """Make one attempt; whatever the receiver or the network does is an outcome, not an exception."""
        if self._session is None:
            raise RuntimeError("the sender is not open")
        started = perf_counter()
        try:
            url = _endpoint(request.url, self._settings.allow_loopback, self._settings.allow_http)
            headers = _headers(request)
            try:
                response = await self._session.post(url, data=request.body, headers=headers, allow_redirects=False)
            except (ClientError, OSError) as error:
                if not is_stale(error):
                    raise
                # The receiver closed a kept connection as we wrote on it. Sending again at once is safe, because
                # receivers know a webhook by its id (RFC 9110, 9.2.2).
                response = await self._session.post(url, data=request.body, headers=headers, allow_redirects=False)
            content = response.content
            if content.is_eof() and content.total_bytes <= ANSWER_BYTES:
                answer = content.read_nowait()  # all of it came with the headers, as nearly always
            else:
                answer = await _read_answer(response)
        except AddressRefused as refused:
            return _fail(started, refused, "refused address", permanent=True)
        except (ClientError, OSError, TimeoutError) as error:
            return _fail(started, error, reason_of(error))
        return _judge(response, answer, started, request.timestamp)


@lru_cache(maxsize=16_384)
def _endpoint(url: str, allow_loopback: bool, allow_http: bool) -> URL:  # noqa: FBT001 - cached by position
    return check_url(url, allow_loopback=allow_loopback, allow_http=allow_http)


def _headers(request: WebhookRequest) -> CIMultiDict[str]:
    headers = CIMultiDict(
        (
            (_ID, request.message_id),
            (_TIMESTAMP, str(request.timestamp)),
            (_SIGNATURE, sign(request.secrets, request.message_id, request.timestamp, request.body)),
        )
    )
    if request.traceparent:
        headers[_TRACEPARENT] = request.traceparent
    return headers


async def _read_answer(response: ClientResponse) -> bytes:
    """The beginning of the body; the connection is kept when that was all, and closed when more would come."""
    content, answer = response.content, bytearray()
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while len(answer) < ANSWER_BYTES and (chunk := await content.read(ANSWER_BYTES - len(answer))):
                answer += chunk
    except (ClientError, OSError, TimeoutError):
        response.close()  # the status stands: a body that breaks off or never ends takes nothing from it
    if not content.at_eof():
        response.close()
    return bytes(answer)


def _fail(started: float, error: Exception, reason: str, *, permanent: bool = False) -> AttemptOutcome:
    latency_ms = (perf_counter() - started) * 1000
    return AttemptOutcome(
        ok=False, status=None, latency_ms=latency_ms, answer=printable(str(error)), reason=reason, permanent=permanent
    )


def _judge(response: ClientResponse, answer: bytes, started: float, sent_at_s: int) -> AttemptOutcome:
    status = response.status
    text = printable(answer.decode(errors="backslashreplace")) if answer else ""
    latency_ms = (perf_counter() - started) * 1000
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success (RFC 9110, 15.3)
        return AttemptOutcome(True, status, latency_ms, text)
    return AttemptOutcome(
        ok=False,
        status=status,
        latency_ms=latency_ms,
        answer=text,
        reason="redirect" if 300 <= status < 400 else f"status {status}",  # noqa: PLR2004 - RFC 9110, 15.4
        retry_after_s=retry_after_s(response.headers, sent_at_s),
        permanent=status == _GONE,
    )
