"""HTTP/1.1 as uvicorn speaks it, with bounds where it has none: on the head of a request, and on the time it takes.

Without them a caller that never ends its headers holds a connection, and memory, for ever.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.problems import MEDIA_TYPE

MOST_HEAD_BYTES: Final = 32 * 1024
"""Of the request line and the headers together: a token has 8 KiB at most."""
HEAD_WITHIN_S: Final = 10.0
"""From a connection, or the first byte of a next request on it, to the end of the headers."""


class _HeadTooLarge(Exception):
    """The head is whole, and larger than it may be: the parser goes no further."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection of a caller."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._head = 0
        self._in_head = True
        self._said = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody is there, who must ask soon."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as the head is within its bounds."""
        if self._in_head:
            self._head += len(data)
            if self._patience is None:
                self._wait()
        super().data_received(data)
        if self._in_head and self._head > MOST_HEAD_BYTES:
            self._refuse_head()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._said = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of its first line."""
        self._said += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        self._said += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole; one that came in one piece with what follows it was not counted before."""
        self._in_head = False
        self._wait_no_more()
        if self._said > MOST_HEAD_BYTES:
            raise _HeadTooLarge
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next head may come."""
        super().on_message_complete()
        self._head, self._in_head = 0, True

    def send_400_response(self, msg: str) -> None:
        """What the parser gave up on is answered: a head by its size, anything else as no request."""
        if self._said > MOST_HEAD_BYTES:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a request's head may have {MOST_HEAD_BYTES:,} bytes")

    def _wait(self) -> None:
        self._patience = self.loop.call_later(HEAD_WITHIN_S, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if self._head:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request did not come whole in time")
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer as every problem is answered (RFC 9457), and hang up."""
        self._wait_no_more()
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # another answer is under way
            return
        body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}).encode()
        head = (
            f"HTTP/1.1 {status} {status.phrase}",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            "connection: close",
        )
        self.transport.write("\r\n".join([*head, "", ""]).encode() + body)
        self.transport.close()
