"""The broker and the database go away, in order or by SIGKILL, and come back while the stream goes on."""

import asyncio
from typing import Protocol

from tests.faults.life import Fault, Life
from tests.faults.publishing import Manner


class Server(Protocol):
    """What can be stopped, killed and started again with its data."""

    async def start(self) -> None:
        """Start, and recover what there is."""

    async def stop(self) -> None:
        """Stop in order."""

    async def kill(self) -> None:
        """SIGKILL."""


class Away(Fault):
    """A server is away `times` times, every other time by SIGKILL, for some seconds each."""

    manner = Manner(over_s=2.0)

    def __init__(self, name: str, times: int) -> None:
        self.name = name
        self._times = times

    async def during(self, life: Life, act: int) -> None:
        """Away amid one of the first acts that are left, until it was so often enough."""
        if act < 1 or life.faults >= self._times:
            return
        server: Server = life.stage.world.kafka if self.name == "kafka" else life.stage.world.postgres
        await asyncio.sleep(life.dice.uniform(0.1, 1.5))
        await (server.kill() if life.faults % 2 else server.stop())
        await asyncio.sleep(life.dice.uniform(0.5, 6.0))
        await server.start()
        life.faults += 1
        await life.caught_up()
