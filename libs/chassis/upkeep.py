"""What a service does beside its work: it says whether it is ready, looks at what waits, and forgets what is old."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from chassis import agenda, inbox, outbox, trail
from chassis.consumer import Consumer
from chassis.errors import is_down, while_down
from chassis.health import Probe
from chassis.looking import look_for_ever
from chassis.relay import Relay

if TYPE_CHECKING:
    from chassis.service import Runtime

_CLEAN_ROWS: Final = 2000
_REST_S: Final = 0.2
_CLEAN_S: Final = 60.0
_OBSERVE_S: Final = 5.0


class Upkeep:
    """Of one running service; `workers` run for ever, `stop()` asks nothing more of a silent server."""

    def __init__(self, runtime: "Runtime", relay: Relay, consumer: Consumer) -> None:
        self._runtime = runtime
        self._relay = relay
        self._consumer = consumer
        self._database, self._broker = Probe(self._database_answers), Probe(consumer.is_connected)

    @property
    def workers(self) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """What runs for ever; cancelled at stop."""
        return self._observe, self._tell_ready, self._clean

    def stop(self) -> None:
        """Wait for no server's answer any more."""
        self._database.stop()
        self._broker.stop()

    async def is_ready(self) -> dict[str, bool]:
        """Whether the database, the broker and the relay answer now."""
        database, broker = await asyncio.gather(self._database.answers(), self._broker.answers())
        return {"database": database, "broker": broker, "relay": self._relay.connected}

    async def _database_answers(self) -> bool:
        try:
            await self._runtime.pool.fetchval("SELECT 1")
        except Exception as error:
            if is_down(error):
                return False
            raise
        return True

    async def _observe(self) -> None:
        """Look at the outbox, the agenda and the lag now and then, for the metrics."""
        await look_for_ever("observe", self._look, _OBSERVE_S)

    async def _look(self) -> None:
        runtime = self._runtime
        async with runtime.pool.acquire() as connection:
            depth, oldest_at = await outbox.depth(connection)
            waiting = await agenda.size(connection)
        age = (runtime.clock.now() - oldest_at).total_seconds() if oldest_at else 0.0
        lag = self._consumer.lag()
        runtime.metrics.observed(outbox_depth=depth, outbox_age_s=age, agenda_size=waiting, lag=lag)

    async def _tell_ready(self) -> None:
        """Readiness for the metrics, asked for or not; apart from the looks, which wait for a silent database."""
        while True:
            try:
                ready = all((await self.is_ready()).values())
            except Exception as error:
                if not is_down(error):
                    raise
                ready = False
            self._runtime.metrics.ready(ready)
            await asyncio.sleep(_OBSERVE_S)

    async def _clean(self) -> None:
        """Forget inbox keys whose messages no topic keeps any more, and what was kept of causes, in small bites."""
        while True:
            async for attempt in while_down("clean"):
                with attempt:
                    forgotten = await self._forget()
            await asyncio.sleep(_REST_S if forgotten == _CLEAN_ROWS else _CLEAN_S)

    async def _forget(self) -> int:
        runtime = self._runtime
        async with runtime.pool.acquire() as connection:
            now, kept = runtime.clock.now(), runtime.settings
            forgotten = await inbox.forget(connection, now - kept.inbox_kept_within, _CLEAN_ROWS)
            return max(forgotten, await trail.forget(connection, now - kept.trail_kept_within, _CLEAN_ROWS))
