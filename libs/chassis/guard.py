"""What stands around every request: a bound on its size, headers that browsers heed, an answer when we are wrong."""

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.refusals import answer

MOST_BYTES: Final = 1024 * 1024
_TOO_LARGE: Final = f"a request may have {MOST_BYTES:,} bytes"
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
        taken, started = 0, False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)  # the one kind FastAPI lets pass
            return message

        async def safe(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            _check_length(scope)
            await self._app(scope, bounded, safe)
        except Exception as error:
            if started:
                raise
            await answer(Request(scope), error)(scope, receive, safe)


def _check_length(scope: Scope) -> None:
    """Refuse before a byte is read what says itself that it is too large."""
    length = Headers(scope=scope).get("content-length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
