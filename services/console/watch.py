"""What an SRE watches of the record: its chains, and heads that it contradicts."""

from collections.abc import Iterable
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.looking import look_for_ever
from chassis.service import Runtime

_LOOK_S: Final = 30.0
UNITS: Final = {
    "dutiful_record_chains": "{chain}",
    "dutiful_record_unsealed": "{chain}",
    "dutiful_record_contradicted": "{head}",
}


class Counted(Collector):
    """At each scrape, what was counted last."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.chains = 0
        self.unsealed = 0
        self.contradicted = 0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics; no client is named."""
        chains = GaugeMetricFamily("dutiful_record_chains", "Chains of the record of evidence", labels=("service",))
        chains.add_metric((self._service,), self.chains)
        unsealed = GaugeMetricFamily(
            "dutiful_record_unsealed", "Chains that have grown since their head was signed", labels=("service",)
        )
        unsealed.add_metric((self._service,), self.unsealed)
        contradicted = GaugeMetricFamily(
            "dutiful_record_contradicted", "Signed heads that the record does not hold", labels=("service",)
        )
        contradicted.add_metric((self._service,), self.contradicted)
        return chains, unsealed, contradicted

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering it asks for no look."""
        return ()


class Watch:
    """Counts now and then, for ever."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.counted = Counted("console")
        runtime.metrics.register(self.counted, UNITS)

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the record", self.look, _LOOK_S)

    async def look(self) -> None:
        """Count."""
        row = await self._runtime.pool.fetchrow(
            """
            SELECT (SELECT count(*) FROM chain) AS chains,
                   (SELECT count(*) FROM chain WHERE seq > sealed_seq) AS unsealed,
                   (SELECT count(*) FROM contradiction) AS contradicted
            """
        )
        if row is not None:
            self.counted.chains, self.counted.unsealed, self.counted.contradicted = row
