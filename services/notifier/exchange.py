"""One HTTP/1.1 connection that posts one request at a time and reads the beginning of its answer.

The wire format is read by llhttp (`httptools`), the parser of Node.js. Nothing is unpacked, followed or kept beyond a
bound; what doesn't end in time is left, and a connection that is not at a clean end is never used again.
"""

import asyncio
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from notifier.attempts import ANSWER_CHARACTERS

ANSWER_BYTES: Final = 4 * ANSWER_CHARACTERS  # UTF-8 takes up to four each
ANSWER_WITHIN_S: Final = 2.0
_HEADER_BYTES: Final = 64 * 1024
_FINAL: Final = 200  # below are interim answers, after which the real one comes (RFC 9110, 15.2)
_WANTED: Final = {b"retry-after": "Retry-After", b"date": "Date"}


class Disconnected(ConnectionError):
    """The other end closed the connection before an answer was there; `silent` when not a byte of one had come."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__("the connection was closed before the answer")
        self.silent = silent


class Malformed(ValueError):
    """What came is no HTTP."""


class Answer(NamedTuple):
    """A final status, `Retry-After` and `Date` where they came, and the beginning of the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """A connection to one origin; `post` is called when the last one has returned, while `is_free`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = HttpResponseParser(self)
        self._waiter: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport
        self._patience: asyncio.TimerHandle | None = None
        self._status = 0
        self._heard = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self.is_free = False
        self.free_since = 0.0

    async def post(self, request: bytes) -> Answer:
        """Write a whole request and return its answer; whoever calls bounds it by `time_out`.

        Raises `Disconnected`, `Malformed` and TimeoutError; after these, and when it is cancelled, it is closed.
        """
        self._waiter = self._loop.create_future()
        self._status, self._heard, self._headers, self.is_free = 0, 0, {}, False
        self._body.clear()
        self._transport.write(request)
        try:
            return await self._waiter
        finally:
            self._waiter = None
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
            if not self.is_free:
                self._transport.abort()

    def time_out(self) -> None:
        """The answer has taken too long: a status that is there stands, and all else is a TimeoutError."""
        if self._status >= _FINAL:
            self._answer()
        else:
            self._end_in_error(TimeoutError("no answer in time"))

    def close(self) -> None:
        """Close it at once."""
        self.is_free = False
        self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self._transport = transport  # type: ignore[assignment] # uvloop's is one in all but its bases
        self.is_free = True

    def data_received(self, data: bytes) -> None:
        """Read on; what comes when nothing was asked ends the connection."""
        if self._waiter is None or self._waiter.done():
            self.close()
            return
        self._heard += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._end_in_error(Malformed(str(error)))
            return
        if self._waiter.done():
            return
        if len(self._body) > ANSWER_BYTES:
            self._answer()
        elif self._status >= _FINAL and self._patience is None:  # the body is waited for, but not long
            self._patience = self._loop.call_later(ANSWER_WITHIN_S, self._answer)
        elif self._heard > _HEADER_BYTES:
            self._end_in_error(Malformed("the headers never end"))

    def connection_lost(self, error: Exception | None) -> None:
        """A body may end so, or break off: the status stands all the same."""
        self.is_free = False
        if self._status >= _FINAL:
            self._answer()
        else:
            self._end_in_error(error if error and self._heard else Disconnected(silent=not self._heard))

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A second answer to one request would be taken for the next one's."""
        if self._waiter is None or self._waiter.done():
            self.is_free = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what a retry may depend on."""
        if wanted := _WANTED.get(name.lower()):
            self._headers[wanted] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The status is known."""
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """Keep its beginning."""
        if len(self._body) <= ANSWER_BYTES:
            self._body += body

    def on_message_complete(self) -> None:
        """A final answer is whole, and the connection free again if both ends want that."""
        if self._status < _FINAL:
            self._headers = {}
            return
        self.is_free = self._parser.should_keep_alive()
        self._answer()

    def _answer(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(Answer(self._status, self._headers, bytes(self._body[:ANSWER_BYTES])))

    def _end_in_error(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
