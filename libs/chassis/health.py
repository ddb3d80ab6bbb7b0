"""Liveness, readiness and metrics of a service; they tell the truth."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from chassis.metrics import Metrics

PROBED: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""The paths of `add_health`: what asks for them asks again and again."""

_ANSWERS_WITHIN_S: Final = 1.0


class Probe:
    """A question to a server that may neither answer nor refuse: it is asked again only once it was answered."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[bool] | None = None

    async def answers(self) -> bool:
        """Whether the answer is yes, and is here within a second."""
        # Not cancelled when it is late: giving a connection back waits for the server too.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        await asyncio.wait([self._asking], timeout=_ANSWERS_WITHIN_S)
        return self._asking.done() and self._asking.result()

    def stop(self) -> None:
        """Wait for no answer any more."""
        if self._asking is not None:
            self._asking.cancel()


def add_health(api: FastAPI, is_ready: Callable[[], Awaitable[dict[str, bool]]], metrics: Metrics) -> None:
    """Add `/health/live`, `/health/ready` and `/metrics`; they need no token and show no record."""

    @api.get("/health/live", tags=["health"], summary="The process is alive")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @api.get("/health/ready", tags=["health"], summary="The database, the broker and the relay answer")
    async def ready() -> JSONResponse:
        parts = await is_ready()
        metrics.ready(all(parts.values()))
        return JSONResponse(parts, status_code=200 if all(parts.values()) else 503)

    @api.get("/metrics", tags=["health"], summary="Prometheus metrics")
    async def scrape() -> Response:
        return metrics.response()
