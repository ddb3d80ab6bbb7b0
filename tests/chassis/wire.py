"""A wire to PostgreSQL's socket that can fall silent: nothing is refused, and nothing comes through."""

import asyncio
from contextlib import suppress
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"


class Wire:
    """Carries every connection made in the directory `here` to the server whose socket is in `there`."""

    def __init__(self, here: Path, there: Path) -> None:
        self.here = here
        self._there = there
        self._carrying: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Carry."""
        self.here.mkdir()
        self._open.set()
        self._server = await asyncio.start_unix_server(self._connect, self.here / _SOCKET)

    def fall_silent(self) -> None:
        """From now on bytes are kept, new connections' too."""
        self._open.clear()

    def speak(self) -> None:
        """Bytes go through again, the kept ones first."""
        self._open.set()

    async def stop(self) -> None:
        """Cut every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._there / _SOCKET)
        for source, target in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._carrying.add(task)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(65536):
                await self._open.wait()
                target.write(chunk)
                await target.drain()
        except OSError:
            pass
        finally:
            with suppress(OSError):
                target.close()
