"""One webhook, made and sent: signed, guarded, bounded, and never following where an answer points."""

import asyncio
from datetime import timedelta
from functools import lru_cache
from importlib.metadata import version
from time import perf_counter
from types import TracebackType
from typing import Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from notifier.addresses import AddressRefused, check_url
from notifier.attempts import AttemptOutcome, printable
from notifier.connections import Connections, Origin, Resolver
from notifier.exchange import Answer, Connection, Disconnected, Malformed
from notifier.failures import reason_of
from notifier.retries import retry_after_s
from notifier.signatures import sign
from notifier.timeouts import Timeouts

_GONE: Final = 410
_ALWAYS: Final = (
    f"User-Agent: Dutiful/{version('dutiful')}\r\n"
    "Content-Type: application/json\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: identity\r\n"
)


class WebhookSettings(BaseModel):
    """How webhooks are sent, and where to."""

    model_config = ConfigDict(frozen=True)

    allow_loopback: bool = Field(default=False, description="admit endpoints on this machine, also without TLS")
    allow_http: bool = Field(default=False, description="admit endpoints without TLS")
    answer_within: timedelta = Field(timedelta(seconds=20), gt=timedelta(0), description="bound of one attempt")
    connect_within: timedelta = Field(timedelta(seconds=5), gt=timedelta(0), description="bound of one TCP connect")
    connections: int = Field(600, gt=0, description="free connections kept open for the next webhook")


class WebhookRequest(NamedTuple):
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

    def __init__(self, settings: WebhookSettings, *, resolver: Resolver | None = None) -> None:
        self._settings = settings
        self._resolver = resolver
        self._within_s = settings.answer_within.total_seconds()
        self._connections: Connections | None = None
        self._bounds: Timeouts[Connection]

    async def open(self) -> None:
        """Open the pool; nothing is connected to before the first webhook."""
        self._connections = Connections(
            allow_loopback=self._settings.allow_loopback,
            connect_within_s=self._settings.connect_within.total_seconds(),
            kept=self._settings.connections,
            resolver=self._resolver,
        )
        self._bounds = Timeouts(self._within_s, Connection.time_out)

    async def close(self) -> None:
        """Close every connection that is free; an attempt under way ends with whoever made it."""
        if self._connections:
            self._connections.close()
            self._bounds.close()
            self._connections = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def send(self, request: WebhookRequest) -> AttemptOutcome:
        """Make one attempt; whatever the receiver or the network does is an outcome, not an exception."""
        if self._connections is None:
            raise RuntimeError("the sender is not open")
        started = perf_counter()
        try:
            target = _target(request.url, self._settings.allow_loopback, self._settings.allow_http)
            answer = await self._post(self._connections, target.origin, _message(target, request))
        except AddressRefused as refused:
            return _fail(started, refused, "refused address", permanent=True)
        except (OSError, TimeoutError, Malformed) as error:
            return _fail(started, error, reason_of(error))
        return _judge(answer, started, request.timestamp)

    async def _post(self, connections: Connections, origin: Origin, message: bytes) -> Answer:
        """The answer, by a kept connection or a new one.

        A receiver may close a connection as we write on it. Sending again at once, on a new one, is safe, because
        receivers know a webhook by its id (RFC 9110, 9.2.2).
        """
        until = asyncio.get_running_loop().time() + self._within_s
        kept = connections.take(origin)
        try:
            if kept is not None:
                return await self._post_on(connections, origin, kept, message)
            return await self._post_anew(connections, origin, message, until)
        except Disconnected as lost:
            if not lost.silent:
                raise
            return await self._post_anew(connections, origin, message, until)

    async def _post_anew(self, connections: Connections, origin: Origin, message: bytes, until: float) -> Answer:
        async with asyncio.timeout_at(until):
            connection = await connections.open(origin)
            return await self._post_on(connections, origin, connection, message)

    async def _post_on(
        self, connections: Connections, origin: Origin, connection: Connection, message: bytes
    ) -> Answer:
        self._bounds.start(connection)
        try:
            return await connection.post(message)
        finally:
            self._bounds.stop(connection)
            connections.give_back(origin, connection)


class _Target(NamedTuple):
    origin: Origin
    head: bytes
    """The request up to the headers that differ from one webhook to the next."""


@lru_cache(maxsize=16_384)
def _target(url: str, allow_loopback: bool, allow_http: bool) -> _Target:  # noqa: FBT001 - cached by position
    checked = check_url(url, allow_loopback=allow_loopback, allow_http=allow_http)
    origin = Origin(checked.raw_host or "", checked.port or 0, checked.scheme == "https")
    head = f"POST {checked.raw_path_qs} HTTP/1.1\r\nHost: {checked.host_port_subcomponent}\r\n{_ALWAYS}"
    return _Target(origin, head.encode())


def _message(target: _Target, request: WebhookRequest) -> bytes:
    """The request as it goes over the wire."""
    body = request.body
    trace = f"traceparent: {request.traceparent}\r\n" if request.traceparent else ""
    signature = sign(request.secrets, request.message_id, request.timestamp, body)
    return b"%swebhook-id: %s\r\nwebhook-timestamp: %d\r\nwebhook-signature: %s\r\n%sContent-Length: %d\r\n\r\n%s" % (
        target.head,
        request.message_id.encode(),
        request.timestamp,
        signature.encode(),
        trace.encode(),
        len(body),
        body,
    )


def _fail(started: float, error: Exception, reason: str, *, permanent: bool = False) -> AttemptOutcome:
    latency_ms = (perf_counter() - started) * 1000
    return AttemptOutcome(
        ok=False, status=None, latency_ms=latency_ms, answer=printable(str(error)), reason=reason, permanent=permanent
    )


def _judge(answer: Answer, started: float, sent_at_s: int) -> AttemptOutcome:
    status = answer.status
    text = printable(answer.body.decode(errors="backslashreplace")) if answer.body else ""
    latency_ms = (perf_counter() - started) * 1000
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success (RFC 9110, 15.3)
        return AttemptOutcome(True, status, latency_ms, text)
    return AttemptOutcome(
        ok=False,
        status=status,
        latency_ms=latency_ms,
        answer=text,
        reason="redirect" if 300 <= status < 400 else f"status {status}",  # noqa: PLR2004 - RFC 9110, 15.4
        retry_after_s=retry_after_s(answer.headers, sent_at_s),
        permanent=status == _GONE,
    )
