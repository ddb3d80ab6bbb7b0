"""The time that is left, per client and clock, as a metric (BRE-1)."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from breach.course.decisions import Status
from chassis.clock import Clock
from chassis.database import Pool
from chassis.errors import while_down
from chassis.service import Runtime
from contracts.incident import IncidentReachedNobody

log = structlog.get_logger()
_LOOK_S: Final = 15.0
UNITS: Final = {
    "dutiful_breach_seconds_left": "s",
    "dutiful_breach_clocks": "{clock}",
    "dutiful_breach_suspected": "{incident}",
    "dutiful_breach_reaching_nobody": "{incident}",
}


class Ticking(NamedTuple):
    """A clock that runs; without a client it runs towards an authority."""

    incident_id: str
    clock: str
    client_id: str
    due_at: datetime


class TimeLeft(Collector):
    """At each scrape, the seconds that are left on each clock that was seen last; below nought it was missed."""

    def __init__(self, service: str, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self.clocks: Sequence[Ticking] = ()
        self.running = 0
        self.suspected = 0
        self.reaching_nobody = 0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics."""
        left = GaugeMetricFamily(
            "dutiful_breach_seconds_left",
            "Until a clock is over; the next due are shown",
            labels=("service", "incident", "clock", "client"),
        )
        now = self._clock.now()
        for each in self.clocks:
            labels = (self._service, each.incident_id, each.clock, each.client_id)
            left.add_metric(labels, (each.due_at - now).total_seconds())
        running = GaugeMetricFamily("dutiful_breach_clocks", "Clocks that run", labels=("service",))
        running.add_metric((self._service,), self.running)
        suspected = GaugeMetricFamily("dutiful_breach_suspected", "Incidents nobody decided on", labels=("service",))
        suspected.add_metric((self._service,), self.suspected)
        nobody = GaugeMetricFamily(
            "dutiful_breach_reaching_nobody", "Breaches of which no client is known to be affected", labels=("service",)
        )
        nobody.add_metric((self._service,), self.reaching_nobody)
        return left, running, suspected, nobody

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering it asks for no look."""
        return ()


class Watch:
    """Looks at the clocks that run now and then, for ever."""

    def __init__(self, runtime: Runtime, shown: int) -> None:
        self._pool: Pool = runtime.pool
        self._shown = shown
        self.left = TimeLeft("breach", runtime.clock)
        runtime.metrics.register(self.left, UNITS)
        runtime.processor.hear_here(IncidentReachedNobody, _warn)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            async for attempt in while_down("look at the clocks"):
                with attempt:
                    await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """See which clocks run."""
        rows = await self._pool.fetch(
            """
            SELECT incident_id, clock, client_id, due_at FROM clock WHERE stopped_at IS NULL ORDER BY due_at LIMIT $1
            """,
            self._shown,
        )
        self.left.clocks = [Ticking(*row) for row in rows]
        self.left.running = (
            len(rows)
            if len(rows) < self._shown
            else await self._pool.fetchval("SELECT count(*) FROM clock WHERE stopped_at IS NULL")
        )
        self.left.suspected = await self._pool.fetchval(
            "SELECT count(*) FROM incident WHERE status = $1", Status.SUSPECTED
        )
        self.left.reaching_nobody = await self._pool.fetchval(
            """
            SELECT count(*) FROM incident
             WHERE status = $1 AND NOT EXISTS (SELECT FROM affected WHERE affected.incident_id = incident.incident_id)
            """,
            Status.ESTABLISHED,
        )


def _warn(reached: IncidentReachedNobody) -> None:
    log.warning("a breach reaches nobody", incident=reached.incident_id, unresolved=len(reached.unresolved))
