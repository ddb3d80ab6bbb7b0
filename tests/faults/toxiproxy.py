"""toxiproxy between the services and their servers: what it is told, and where it listens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from tests.faults.nursery import ROOT

from embedded.kafka_broker import free_port

PROGRAM: Final = ROOT / ".tools" / "bin" / "toxiproxy"
HOST: Final = "127.0.0.1"
_CHUNK: Final = 64 * 1024


class Toxiproxy:
    """A running toxiproxy; `toxic` makes the way to one server bad for as long as its block lasts."""

    def __init__(self, ways: Mapping[str, tuple[int, str]]) -> None:
        """`ways`: by name, on which port it listens and where it leads."""
        self._ways = ways
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, log: Path) -> None:
        """Start, and open every way."""
        with log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                str(PROGRAM), "-host", HOST, "-port", str(self._port), stdout=out, stderr=out
            )
        proxies = [
            {"name": name, "listen": f"{HOST}:{port}", "upstream": upstream, "enabled": True}
            for name, (port, upstream) in self._ways.items()
        ]
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    return await self._ask("POST", "/populate", proxies)
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()

    @asynccontextmanager
    async def toxic(self, way: str, kind: str, stream: str, attributes: Mapping[str, int]) -> AsyncIterator[None]:
        """A toxic on a way; `stream` is `upstream` (to the server) or `downstream`."""
        toxic = {"name": "toxic", "type": kind, "stream": stream, "attributes": attributes}
        await self._ask("POST", f"/proxies/{way}/toxics", toxic)
        try:
            yield
        finally:
            await self._ask("DELETE", f"/proxies/{way}/toxics/toxic")

    async def _ask(self, method: str, path: str, body: object = None) -> None:
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.request(method, f"http://{HOST}:{self._port}{path}", json=body),
        ):
            return


@asynccontextmanager
async def reaching_by_tcp(socket: Path) -> AsyncIterator[int]:
    """A port that leads to a server on a Unix socket, which toxiproxy can't reach."""
    under_way: set[asyncio.Task[None]] = set()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        try:
            to_reader, to_writer = await asyncio.open_unix_connection(str(socket))
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pour(reader, to_writer), _pour(to_reader, writer))

    server = await asyncio.start_server(lead, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All that comes, until either side ends; a reset is an end as well."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
