"""What an SRE watches of a holder: orders that wait, what became of them, what was erased and found."""

from typing import Final

from chassis.looking import look_for_ever
from chassis.service import Runtime
from contracts.erasure import ErasureConfirmed
from contracts.holder import Finding, HolderReported
from contracts.ordering import Method
from contracts.task import TaskConfirmed
from holder import packages, store
from holder.jobs import Answer, Kind

_LOOK_S: Final = 10.0


class HolderMetrics:
    """Counts what this process answered; `run()` looks at what waits now and then, for ever."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        metrics = runtime.metrics
        self._service = "holder"
        self._open = metrics.gauge("dutiful_holder_orders_open", "{order}", "Orders taken on and not answered", "kind")
        self._age = metrics.gauge(
            "dutiful_holder_order_oldest_age_seconds", "s", "Age of the oldest order taken on and not answered"
        )
        self._kept = metrics.gauge("dutiful_holder_packages", "{package}", "Return packages that lie ready")
        self._answers = metrics.counter("dutiful_holder_answers", "{order}", "Orders answered", "kind", "result")
        self._erased = metrics.counter(
            "dutiful_holder_erased", "{record}", "Records, object versions or keys erased", "method"
        )
        self._found = metrics.counter(
            "dutiful_holder_found", "{report}", "Reports of what should not be there", "finding"
        )
        for kind in Kind:
            for result in ("done", "failed"):
                self._answers.labels(self._service, kind, result)
        for method in Method:
            self._erased.labels(self._service, method)
        for finding in Finding:
            self._found.labels(self._service, finding)
        runtime.processor.hear_here(HolderReported, self._reported)

    def answered(self, kind: Kind, answer: Answer) -> None:
        """An order was carried out, or can't be; said once for each, however often it is answered again."""
        failed = "failed_at" in type(answer).model_fields
        self._answers.labels(self._service, kind, "failed" if failed else "done").inc()
        if isinstance(answer, ErasureConfirmed):
            self._erased.labels(self._service, answer.method).inc(answer.count)
        if isinstance(answer, TaskConfirmed) and answer.method is not None:
            self._erased.labels(self._service, answer.method).inc(sum(each.count for each in answer.touched))

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the orders", self.look, _LOOK_S)

    async def look(self) -> None:
        """Count the orders that wait and the packages that lie ready; every process counts all of them."""
        pool, now = self._runtime.pool, self._runtime.clock.now()
        waiting, oldest_at = await store.waiting(pool)
        for kind in Kind:
            self._open.labels(self._service, kind).set(waiting.get(kind, 0))
        self._age.labels(self._service).set((now - oldest_at).total_seconds() if oldest_at else 0)
        self._kept.labels(self._service).set(await packages.kept(pool))

    def _reported(self, reported: HolderReported) -> None:
        self._found.labels(self._service, reported.finding).inc()
