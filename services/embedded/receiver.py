"""A client's webhook endpoint on loopback: it records, verifies, and answers as well or as badly as it is told."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from embedded.arrivals import Arrivals

HOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """How a path answers: after `hang_s` seconds, with this status, and to `location` where that is a redirect."""

    status: int = 200
    hang_s: float = 0.0
    location: str | None = None


@dataclass(frozen=True)
class ReceivedRequest:
    """One request; names of headers in any case; `verified` is None where its path has no secret."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    verified: bool | None


class WebhookReceiver:
    """Answers 204 on every path until told otherwise."""

    def __init__(self, *, port: int = 0) -> None:
        self._port = port
        self._runner: web.ServerRunner | None = None
        self._arrivals = Arrivals[ReceivedRequest]()
        self._secrets: dict[str, tuple[str, ...]] = {}
        self._answers: dict[str, list[Answer]] = {}

    @property
    def requests(self) -> Sequence[ReceivedRequest]:
        """All requests, in order of arrival."""
        return self._arrivals.items

    def url(self, path: str = "/") -> str:
        """The address of a path, from the start on."""
        return f"http://{HOST}:{self._port}{path}"

    async def start(self) -> None:
        """Listen; a port of 0 becomes a free one, which is kept."""
        # The low-level server has no routes, so any method on any path arrives.
        self._runner = web.ServerRunner(web.Server(self._receive), shutdown_timeout=0.1)  # none at all means for ever
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Drop every connection, hanging ones too; what was received stays readable."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def trust(self, path: str, *secrets: str) -> None:
        """Verify the requests of this path (Standard Webhooks); several secrets while one is rotated."""
        self._secrets[path] = secrets

    def answer(self, path: str, *answers: Answer) -> None:
        """Give these answers one after the other; the last one stays."""
        self._answers[path] = list(answers)

    async def wait_for(
        self, until: int | Callable[[Sequence[ReceivedRequest]], bool], within: float = 10.0
    ) -> Sequence[ReceivedRequest]:
        """All requests, once `until` are there or `until(all)` holds; TimeoutError after `within` seconds."""
        return await self._arrivals.wait_for(until, within)

    def clear(self) -> None:
        """Forget requests, secrets and answers."""
        self._arrivals.clear()
        self._secrets.clear()
        self._answers.clear()

    async def _receive(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        verified = _verified(self._secrets.get(request.path), body, request.headers)
        answer = self._next_answer(request.path)
        await self._arrivals.add(ReceivedRequest(request.path, request.headers, body, datetime.now(UTC), verified))
        await asyncio.sleep(answer.hang_s)
        return web.Response(status=answer.status, headers={"Location": answer.location} if answer.location else None)

    def _next_answer(self, path: str) -> Answer:
        answers = self._answers.get(path) or [Answer(status=204)]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def _verified(secrets: Sequence[str] | None, body: bytes, headers: Mapping[str, str]) -> bool | None:
    if not secrets:
        return None
    return any(_signed_with(secret, body, headers) for secret in secrets)


def _signed_with(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: a signature that is no base64
        return False
    return True
