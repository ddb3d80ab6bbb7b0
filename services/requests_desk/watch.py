"""What an SRE watches of requests: how many wait for what, and what was refused. What is sealed is in none of it."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.looking import look_for_ever
from chassis.service import Runtime
from contracts.register import Standing
from contracts.request import RequestAnswerRefused, RequestEscalated, RequestKind
from requests_desk.records import Status

_LOOK_S: Final = 30.0
_WAITING: Final = (Status.SEARCHING, Status.OPEN)
UNITS: Final = {
    "dutiful_requests": "{request}",
    "dutiful_requests_untold": "{request}",
    "dutiful_instructions_suspended": "{instruction}",
}


class Waiting(Collector):
    """What the last look found."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.requests: Mapping[tuple[str, str], int] = {}
        self.untold = 0
        self.suspended = 0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics."""
        labels = ("service", "kind", "status")
        waiting = GaugeMetricFamily("dutiful_requests", "Requests that are not over", labels=labels)
        for kind, status in product(RequestKind, _WAITING):
            waiting.add_metric((self._service, kind, status), self.requests.get((kind, status), 0))
        untold = GaugeMetricFamily(
            "dutiful_requests_untold", "Requests whose client does not know yet", labels=("service",)
        )
        untold.add_metric((self._service,), self.untold)
        suspended = GaugeMetricFamily(
            "dutiful_instructions_suspended", "Instructions that wait for the client's word", labels=("service",)
        )
        suspended.add_metric((self._service,), self.suspended)
        return waiting, untold, suspended

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering it asks for no look."""
        return ()


class Watch:
    """Counts what this process says; `run()` looks at what waits now and then, for ever."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.waiting = Waiting("requests")
        metrics = runtime.metrics
        metrics.register(self.waiting, UNITS)
        refused = metrics.counter(
            "dutiful_answers_refused", "{answer}", "Answers that somebody tried to send uninstructed"
        ).labels("requests")
        escalated = metrics.counter(
            "dutiful_requests_escalated", "{request}", "Requests that people were called about"
        ).labels("requests")
        runtime.processor.hear_here(RequestAnswerRefused, lambda _: refused.inc())
        runtime.processor.hear_here(RequestEscalated, lambda _: escalated.inc())

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the requests", self.look, _LOOK_S)

    async def look(self) -> None:
        """See what waits."""
        pool = self._runtime.pool
        rows = await pool.fetch(
            "SELECT kind, status, count(*), count(*) FILTER (WHERE told_at IS NULL) AS untold FROM request "
            "WHERE status IN ($1, $2) GROUP BY kind, status",
            *_WAITING,
        )
        self.waiting.requests = {(row["kind"], row["status"]): row["count"] for row in rows}
        self.waiting.untold = sum(row["untold"] for row in rows)
        self.waiting.suspended = await pool.fetchval(
            "SELECT count(*) FROM instruction WHERE standing = $1", Standing.SUSPENDED
        )
