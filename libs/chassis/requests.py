"""Requests to an API as the beginning of flows: a span for each, and the cause that what is said of it comes from."""

from contextlib import suppress
from hashlib import blake2b
from json import dumps
from typing import Final, cast
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.health import PROBED
from chassis.message import Cause, is_traceparent
from chassis.telemetry import Serving, Telemetry

_SERVING: Final = "dutiful.serving"


class Traced:
    """The outermost part of an API: whoever sends a `traceparent` finds what followed from the request in its trace."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on within its span; what only looks after the process has none."""
        if scope["type"] != "http" or scope["path"] in PROBED:
            await self._app(scope, receive, send)
            return
        with self._telemetry.serving(_begin(scope)) as serving:
            scope[_SERVING] = serving

            async def seen(message: Message) -> None:
                if message["type"] == "http.response.start":
                    serving.status = message["status"]
                await send(message)

            await self._app(scope, receive, seen)
            route = scope.get("route")
            serving.route = route.path if isinstance(route, APIRoute) else None


async def cause_of(request: Request, source: str, key: str) -> Cause:
    """The cause that a request is under its key: a flow of its own, in the trace of the request."""
    cause = Cause(source, key, flow_id="", request=await _fingerprint(request))
    cause = cause._replace(flow_id=cause.derive("flow"))
    serving = cast("Serving | None", request.scope.get(_SERVING))
    if serving is None:
        return cause
    serving.flow_id = cause.flow_id
    return cause._replace(traceparent=serving.traceparent, tracestate=serving.tracestate)


async def _fingerprint(request: Request) -> bytes:
    """The same for what says the same: where it goes, and its JSON in whatever order."""
    body = await request.body()
    with suppress(ValueError):  # no JSON is told of elsewhere
        body = dumps(from_json(body), sort_keys=True).encode()
    return blake2b(
        f"{request.method} {request.url.path}?{request.url.query}\0".encode() + body, digest_size=16
    ).digest()


def _begin(scope: Scope) -> Serving:
    headers = Headers(scope=scope)
    traceparent = headers.get("traceparent")
    continues = traceparent is not None and is_traceparent(traceparent)
    host, port = _server(headers.get("host", ""), scope)
    return Serving(
        method=scope["method"],
        scheme=scope["scheme"],
        path=scope["path"],
        host=host,
        port=port,
        traceparent=traceparent if continues else None,
        tracestate=headers.get("tracestate") if continues else None,
    )


def _server(host: str, scope: Scope) -> tuple[str, int]:
    """As the caller names us, or else where the request came in."""
    default = 443 if scope["scheme"] == "https" else 80
    try:
        named = urlsplit(f"//{host}")
        if named.hostname:
            return named.hostname, named.port or default
    except ValueError:
        pass
    address, port = scope.get("server") or ("", None)
    return address, port or default
