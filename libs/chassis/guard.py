"""What stands around every request: bounds on its size and its time, headers that browsers heed, an answer always."""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.rates import Bounds
from chassis.refusals import answer

_ANSWERED_WITHIN_S: Final = 8.0
_LATE: Final = "the request did not come whole in time"
_SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""A page that needs more allows itself more; what is not said otherwise is a client's record and kept nowhere."""


class Guard:
    """The outermost part of an API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and see to it that it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bounds: Bounds = scope["app"].state.bounds
        exchange = _Exchange(receive, send, bounds.body)
        try:
            _check_length(scope, bounds.body)
            await exchange.within_time(self._app, scope)
        except Exception as error:
            if exchange.started:
                raise
            await answer(Request(scope), error)(scope, receive, exchange.send)


class _Exchange:
    """One request and its answer, within bounds."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._most = most
        self._receive = receive
        self._send = send
        self._taken = 0
        self._hearing = False
        self._given_up = False
        self.started = False

    async def within_time(self, app: ASGIApp, scope: Scope) -> None:
        """Have the app begin its answer in time; TimeoutError where nothing answers it, 408 for a slow caller."""
        answering = asyncio.ensure_future(app(scope, self.receive, self._send_of_app))
        answering.add_done_callback(_forget)
        try:
            await asyncio.wait([answering], timeout=_ANSWERED_WITHIN_S)
            if not answering.done() and not self.started:
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, _LATE) if self._hearing else TimeoutError
            await answering
        finally:
            # Not waited for: giving a connection back to a silent database takes as long as its silence.
            self._given_up = True
            answering.cancel()

    async def receive(self) -> Message:
        """The next piece of the request, up to the most that one may have."""
        self._hearing = True
        message = await self._receive()
        self._hearing = False
        self._taken += len(message.get("body", b""))
        if self._taken > self._most:
            raise _too_large(self._most)
        return message

    async def send(self, message: Message) -> None:
        """The next piece of the answer, with the headers that are safe."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in _SAFE.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def _send_of_app(self, message: Message) -> None:
        if not self._given_up:
            await self.send(message)


def _forget(answering: "asyncio.Future[None]") -> None:
    """What was given up may still fail, and nobody is left to tell."""
    if not answering.cancelled():
        answering.exception()


def _check_length(scope: Scope, most: int) -> None:
    """Refuse before a byte is read what says itself that it is too large."""
    length = Headers(scope=scope).get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise _too_large(most)


def _too_large(most: int) -> HTTPException:
    """The one kind that FastAPI lets pass while it reads a body."""
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may have {most:,} bytes")
