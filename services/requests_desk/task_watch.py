"""What an SRE watches of the help with requests: tasks that holders have not answered, and what people must mend."""

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.looking import look_for_ever
from chassis.service import Runtime
from contracts.dsar import Act
from contracts.request import RequestTaskFailed, RequestTaskOverdue

_LOOK_S: Final = 30.0


class Unanswered(Collector):
    """What the last look found, by what is to be done."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.open: Mapping[str, int] = {}
        self.escalated: Mapping[str, int] = {}

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics."""
        for name, about, found in (
            ("dutiful_tasks_open", "Tasks for one person without an answer", self.open),
            ("dutiful_tasks_escalated", "Tasks without an answer that people must act on", self.escalated),
        ):
            family = GaugeMetricFamily(name, about, labels=("service", "act"))
            for act in Act:
                family.add_metric((self._service, act), found.get(act, 0))
            yield family

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering it asks for no look."""
        return ()


class TaskWatch:
    """Counts what this process says of tasks; `run()` looks at what waits now and then, for ever."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.unanswered = Unanswered("requests")
        metrics = runtime.metrics
        metrics.register(self.unanswered, {"dutiful_tasks_open": "{task}", "dutiful_tasks_escalated": "{task}"})
        failed = metrics.counter("dutiful_tasks_failed", "{task}", "Tasks that a holder said it can't do", "act")
        overdue = metrics.counter(
            "dutiful_tasks_overdue", "{reminder}", "Reminders of tasks that were not answered", "act"
        )
        for act in Act:  # a rise from nothing is none that Prometheus sees, a rise from 0 is
            failed.labels("requests", act)
            overdue.labels("requests", act)
        runtime.processor.hear_here(RequestTaskFailed, lambda said: failed.labels("requests", said.act).inc())
        runtime.processor.hear_here(RequestTaskOverdue, lambda said: overdue.labels("requests", said.act).inc())

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the tasks", self.look, _LOOK_S)

    async def look(self) -> None:
        """See what waits; every process counts all of it."""
        rows = await self._runtime.pool.fetch(
            """
            SELECT act, count(*) AS open, count(escalated_at) AS escalated
              FROM task
             WHERE state IN ('open', 'failed')
             GROUP BY act
            """
        )
        self.unanswered.open = {row["act"]: row["open"] for row in rows}
        self.unanswered.escalated = {row["act"]: row["escalated"] for row in rows}
