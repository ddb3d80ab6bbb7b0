"""The receiver's process, started and asked."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Self

import aiohttp
from pydantic import BaseModel, TypeAdapter

from benchmarks.rig.waiting import until

_ARRIVALS = TypeAdapter(dict[str, float])


class Count(BaseModel):
    """What came in since the last `forget`; moments are Unix seconds, `cpu_s` is over the receiver's whole life."""

    requests: int
    hanging: int
    ids: int
    first_at: float | None
    last_at: float | None
    cpu_s: float


@dataclass
class ReceiverProcess:
    """A receiver in a process of its own, from `start` to `stop`."""

    process: asyncio.subprocess.Process
    url: str
    session: aiohttp.ClientSession

    @classmethod
    async def start(cls) -> Self:
        """Start one and learn where it listens."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.rig.receiver", stdin=pipe, stdout=pipe
        )
        assert process.stdout
        port = int(await process.stdout.readline())
        return cls(process, f"http://127.0.0.1:{port}", aiohttp.ClientSession())

    async def stop(self) -> None:
        """Close its stdin, upon which it ends."""
        await self.session.close()
        assert self.process.stdin
        self.process.stdin.close()
        await self.process.wait()

    async def count(self) -> Count:
        """What came in since the last `forget`."""
        return Count.model_validate_json(await self._get("/count"))

    async def forget(self) -> Count:
        """What came in; count from nought from now on."""
        return Count.model_validate_json(await self._get("/forget"))

    async def arrivals(self) -> dict[str, float]:
        """When each sub-processor was first heard of, in Unix seconds."""
        return _ARRIVALS.validate_json(await self._get("/arrivals"))

    async def until(self, ids: int, *, within_s: float) -> Count:
        """Wait until so many different webhooks have come; TimeoutError if they don't."""

        async def all_came() -> bool:
            return (await self.count()).ids >= ids

        await until(all_came, within_s=within_s)
        return await self.count()

    async def _get(self, path: str) -> bytes:
        async with self.session.get(self.url + path) as response:
            return await response.read()
