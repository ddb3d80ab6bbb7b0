"""An API on a port, within the running event loop; signals belong to the process, not to one of its servers."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from chassis.wire import BoundedProtocol

_STOP_WITHIN_S: Final = 3  # then requests that still run are cancelled
_LET_GO_AFTER_S: Final = 2.0  # and then their connections are dropped
_BACKLOG: Final = 2048


class _Uvicorn(uvicorn.Server):
    """A uvicorn that says when it listens and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """A running API."""

    def __init__(self, server: _Uvicorn, url: str, serving: asyncio.Task[None]) -> None:
        self.url = url
        self._server = server
        self._serving = serving

    async def stop(self) -> None:
        """Finish the requests under way within five seconds, then drop them; a second call changes nothing."""
        self._server.should_exit = True
        await asyncio.wait([self._serving], timeout=_STOP_WITHIN_S + _LET_GO_AFTER_S)
        self._server.force_exit = True
        await self._serving


async def serve(api: FastAPI, host: str, port: int) -> Server:
    """Serve `api`; it listens when this returns. Port 0 takes a free one; OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    # An answer is written in two pieces: without this, asyncio has the second wait for the first one's ACK, 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        api,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )
    server = _Uvicorn(config)
    serving = asyncio.create_task(server.serve([listener]), name=f"{api.title} API")
    listening = asyncio.create_task(server.listens.wait())
    await asyncio.wait([serving, listening], return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    if serving.done():
        await serving
        raise RuntimeError(f"{api.title}: the server stopped before it listened")
    return Server(server, _url(host, listener.getsockname()[1]), serving)


def _url(host: str, port: int) -> str:
    """An address that a person can open: one that stands for all of the machine's is said as loopback."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - said, not bound to
    return f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"
