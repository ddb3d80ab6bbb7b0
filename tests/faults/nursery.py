"""Processes of services, forked from one that has imported everything: a start costs a tenth of what it costs anew.

Each is a process of its own all the same, with its own memory, clock and end. What Python's imports take is not in the
times that `make faults` prints; a cold start has it beside them.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


@dataclass
class Born:
    """A process: what `asyncio.subprocess.Process` is, of one that somebody else is the parent of."""

    pid: int
    returncode: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; one that has ended hears nothing."""
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Its exit code; minus the signal where a signal ended it."""
        await self.ended.wait()
        assert self.returncode is not None
        return self.returncode


class Nursery:
    """Starts processes from `open` to `close`; all of them end with it, however it ends."""

    def __init__(self) -> None:
        self._parent: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._born: dict[int, Born] = {}
        self._asked: list[asyncio.Future[Born]] = []

    async def open(self, log: Path) -> None:
        """Import everything; returns at once."""
        with log.open("ab") as out:
            self._parent = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.faults.cradle", cwd=ROOT,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=out,
            )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        """End it, and what still runs."""
        if self._parent is not None and self._reading is not None:
            self._parent.kill()
            await self._parent.wait()
            await self._reading

    async def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Born:
        """Start one `dutiful` command."""
        assert self._parent is not None
        assert self._parent.stdin is not None
        born: asyncio.Future[Born] = asyncio.get_running_loop().create_future()
        self._asked.append(born)
        order = {"command": list(command), "environment": dict(environment), "log": str(log)}
        self._parent.stdin.write(json.dumps(order).encode() + b"\n")
        return await born

    async def _read(self) -> None:
        """In the order of the orders comes who was born, and in between who has ended."""
        assert self._parent is not None
        assert self._parent.stdout is not None
        async for line in self._parent.stdout:
            said = json.loads(line)
            if "code" in said:
                gone = self._born.pop(said["pid"])
                gone.returncode = said["code"]
                gone.ended.set()
            else:
                born = self._born[said["pid"]] = Born(said["pid"])
                self._asked.pop(0).set_result(born)
        for left in self._born.values():
            left.returncode = -signal.SIGKILL
            left.ended.set()
