"""What an SRE watches: what is open and overdue by kind, measures that are held, who is bound (§3.2, §5, §7, §10)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from agreement.book import Book
from agreement.deadlines import local_date
from assurance.measures import Status
from chassis.database import Pool
from chassis.looking import look_for_ever
from chassis.service import Runtime
from contracts.assurance import Matter

_LOOK_S: Final = 30.0
UNITS: Final = {
    "dutiful_assurance_open": "{matter}",
    "dutiful_assurance_overdue": "{matter}",
    "dutiful_measures_held": "{version}",
    "dutiful_undertakings": "{person}",
}


class Counted(Collector):
    """At each scrape, what was counted last."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.matters: Mapping[str, tuple[int, int]] = {}
        self.held = 0
        self.bound = 0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics; no client is named."""
        open_ = GaugeMetricFamily("dutiful_assurance_open", "Matters that are not over", labels=("service", "kind"))
        overdue = GaugeMetricFamily(
            "dutiful_assurance_overdue", "Matters that are not over and past their last day", labels=("service", "kind")
        )
        for kind in Matter:
            counted = self.matters.get(kind, (0, 0))
            open_.add_metric((self._service, kind), counted[0])
            overdue.add_metric((self._service, kind), counted[1])
        held = GaugeMetricFamily("dutiful_measures_held", "Versions that wait for somebody", labels=("service",))
        held.add_metric((self._service,), self.held)
        bound = GaugeMetricFamily("dutiful_undertakings", "People who are bound today", labels=("service",))
        bound.add_metric((self._service,), self.bound)
        return open_, overdue, held, bound

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering it asks for no look."""
        return ()


class Watch:
    """Counts now and then, for ever."""

    def __init__(self, book: Book, runtime: Runtime) -> None:
        self._book = book
        self._runtime = runtime
        self.counted = Counted("assurance")
        runtime.metrics.register(self.counted, UNITS)

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at what is open", self.look, _LOOK_S)

    async def look(self) -> None:
        """Count."""
        pool = self._runtime.pool
        self.counted.matters = await _matters(pool)
        self.counted.held = await pool.fetchval("SELECT count(*) FROM measures WHERE status = $1", Status.HELD)
        self.counted.bound = await _bound(pool, local_date(self._book.latest, self._runtime.clock.now()))


async def _matters(pool: Pool) -> dict[str, tuple[int, int]]:
    rows = await pool.fetch(
        """
        SELECT kind, count(*) AS open, count(*) FILTER (WHERE overdue) AS overdue
          FROM matter WHERE NOT is_over GROUP BY kind
        """
    )
    return {row["kind"]: (row["open"], row["overdue"]) for row in rows}


async def _bound(pool: Pool, today: date) -> int:
    count: int = await pool.fetchval(
        """
        SELECT count(*)
          FROM (SELECT DISTINCT ON (person) given_on, ends_on FROM undertaking ORDER BY person, seq DESC) AS last
         WHERE given_on <= $1 AND (ends_on IS NULL OR ends_on >= $1)
        """,
        today,
    )
    return count
