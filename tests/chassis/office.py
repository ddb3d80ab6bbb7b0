"""One process of the service `clerk` without consumer and API: it says things, and its relay publishes them."""

import asyncio
from collections.abc import Sequence

from tests.chassis.eventually import eventually

from chassis.clock import Clock
from chassis.database import Pool, open_pool
from chassis.message import Cause
from chassis.metrics import Metrics
from chassis.outbox import Outgoing
from chassis.processor import Processor
from chassis.relay import Relay
from chassis.router import Router
from chassis.settings import Settings
from chassis.telemetry import Telemetry

NAME = "clerk"
CAUSE = Cause(source="tests", id="1", flow_id="flow-1")


class _Deaf:
    """An app that hears nothing."""

    router = Router()


class Office:
    """Open from `open` to `close`; `relaying` is the task of the relay."""

    def __init__(self, settings: Settings, clock: Clock, name: str = NAME) -> None:
        self._settings = settings
        self._clock = clock
        self._name = name
        self.metrics = Metrics(name)
        self.relay = Relay(name, settings, clock, self.metrics, Telemetry(name, None))
        self.pool: Pool | None = None
        self.relaying: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the database and start the relay; return when it is at work."""
        self.pool = await open_pool(self._settings.database_url.get_secret_value(), self._name, 4)
        self.relaying = asyncio.create_task(self.relay.run())
        await self.connected()

    async def connected(self) -> None:
        """Return when the relay has its shards; raises what it ended with."""

        async def _is_connected() -> bool:
            if self.relaying is not None and self.relaying.done():
                self.relaying.result()
            return self.relay.connected

        await eventually(_is_connected)

    async def close(self) -> None:
        """Stop the relay and leave the database."""
        await self.halt()
        if self.pool is not None:
            await self.pool.close()

    async def halt(self) -> None:
        """Stop the relay alone, wherever it is."""
        if self.relaying is not None:
            self.relaying.cancel()
            await asyncio.gather(self.relaying, return_exceptions=True)

    @property
    def processor(self) -> Processor:
        """What opens transactions."""
        assert self.pool is not None
        telemetry = Telemetry(self._name, None)
        return Processor(self._name, _Deaf(), self.pool, self._clock, self.relay, self.metrics, telemetry)

    async def say(self, rows: Sequence[Outgoing]) -> None:
        """Say something in one transaction, as a handler does."""
        async with self.processor.transaction(CAUSE) as tx:
            for row in rows:
                tx.relay(row)
