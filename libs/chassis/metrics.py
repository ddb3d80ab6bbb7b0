"""What an SRE watches: one Prometheus registry per service, names with units, few labels."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Literal

from fastapi import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LATENESS = (0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600, 86400)
_SET_ASIDE: Final = ("unreadable", "rejected")
_ENDINGS: Final = {"_seconds": "s", "_seconds_left": "s", "_bytes": "By"}
_PROCESS: Final = {
    "process_open_fds": "{descriptor}",
    "process_max_fds": "{descriptor}",
}


class Metrics:
    """The metrics of one service; every series carries its name in `service`, but for those of the process."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.units: dict[str, str] = dict(_PROCESS)
        """By name, in UCUM: what is counted is in braces."""
        ProcessCollector(registry=self.registry)
        self._service = service
        self._handled = self.counter(
            "dutiful_events_handled",
            "{event}",
            "Events that had their effect, now or before; from the bus or said through the API",
            "type",
        )
        self._skipped = self.counter(
            "dutiful_events_skipped",
            "{record}",
            "Records that say nothing Dutiful knows: `tombstone`, or `unknown`, a type that no contract has",
            "reason",
        )
        self._dead = self.counter(
            "dutiful_dead_letters", "{message}", "Messages set aside: `unreadable` or `rejected`", "reason"
        )
        self._duration = self.histogram(
            "dutiful_handler_duration_seconds",
            "s",
            "One call of a handler, which may handle many events",
            _SECONDS,
            "type",
        )
        self._lateness = self.histogram(
            "dutiful_agenda_lateness_seconds",
            "s",
            "How late the oldest of each look at the agenda was, since it was due and there",
            _LATENESS,
        )
        self._fired = self.counter("dutiful_agenda_fired", "{event}", "Dated events that came due")
        self._lag = self.gauge(
            "dutiful_consumer_lag_records", "{record}", "Published and not yet fetched by this process", "topic"
        )
        self._read: set[str] = set()
        self._depth = self.gauge("dutiful_outbox_rows", "{row}", "Rows that wait to be published (counted to 100,000)")
        self._age = self.gauge("dutiful_outbox_oldest_age_seconds", "s", "Age of the oldest row that waits")
        self._agenda = self.gauge("dutiful_agenda_rows", "{row}", "Dated events that wait (estimated over 100,000)")
        self._ready = self.gauge(
            "dutiful_ready", "1", "1 while the database, the broker and the relay answer, else 0; asked every 5 s"
        )
        self._left = self.gauge(
            "dutiful_deadline_seconds_left",
            "s",
            "To the soonest open deadline of a kind, below 0 when it is over, +Inf where nothing is open",
            "kind",
        )
        self._to_come = self.gauge(
            "dutiful_deadline_to_come_seconds_left",
            "s",
            "To the soonest open deadline of a kind that is not over yet, +Inf where there is none",
            "kind",
        )
        for reason in _SET_ASIDE:  # a rise from nothing is none that Prometheus sees, a rise from 0 is
            self._dead.labels(service, reason)
        self._fired.labels(service)
        self._lateness.labels(service)

    def handled(self, event_type: str, count: int = 1) -> None:
        """Events had their effect, or had had it before."""
        self._handled.labels(self._service, event_type).inc(count)

    def skipped(self, reason: Literal["tombstone", "unknown"]) -> None:
        """One record said nothing that Dutiful knows; what another of its services hears is not counted."""
        self._skipped.labels(self._service, reason).inc()

    def dead_lettered(self, reason: Literal["unreadable", "rejected"] = "rejected") -> None:
        """One message was set aside: it could not be read, or its handler or the database refused it."""
        self._dead.labels(self._service, reason).inc()

    @contextmanager
    def handling(self, event_type: str) -> Iterator[None]:
        """Time one handler call, whether it ends well or not."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._duration.labels(self._service, event_type).observe(time.perf_counter() - began)

    def fired(self, count: int, lateness: timedelta) -> None:
        """Dated events were due; the oldest of them was this late."""
        self._fired.labels(self._service).inc(count)
        self._lateness.labels(self._service).observe(max(lateness.total_seconds(), 0))

    def observed(self, *, outbox_depth: int, outbox_age_s: float, agenda_size: int, lag: Mapping[str, int]) -> None:
        """A look at what waits; nothing does on topics that this process no longer reads."""
        self._depth.labels(self._service).set(outbox_depth)
        self._age.labels(self._service).set(outbox_age_s)
        self._agenda.labels(self._service).set(agenda_size)
        self._read |= lag.keys()
        for topic in self._read:
            self._lag.labels(self._service, topic).set(lag.get(topic, 0))

    def ready(self, ready: bool) -> None:  # noqa: FBT001 - it is what it says
        """What readiness answered last."""
        self._ready.labels(self._service).set(ready)

    def deadline_left(self, kind: str, soonest_s: float, to_come_s: float) -> None:
        """A look at what must happen by a date and hasn't: the soonest of a kind; infinity where nothing is open."""
        self._left.labels(self._service, kind).set(soonest_s)
        self._to_come.labels(self._service, kind).set(to_come_s)

    def unit_of(self, name: str) -> str:
        """The unit of a metric, or the one that its name ends with; a plain number where that is none."""
        by_name = next((unit for ending, unit in _ENDINGS.items() if name.endswith(ending)), "1")
        return self.units.get(name, by_name)

    def response(self) -> Response:
        """What a scrape gets."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    def counter(self, name: str, unit: str, text: str, *labels: str) -> Counter:
        """A new counter; a scrape shows it as `name_total`."""
        self.units[name] = unit
        return Counter(name, text, ("service", *labels), registry=self.registry)

    def gauge(self, name: str, unit: str, text: str, *labels: str) -> Gauge:
        """A new gauge."""
        self.units[name] = unit
        return Gauge(name, text, ("service", *labels), registry=self.registry)

    def histogram(self, name: str, unit: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        """A new histogram."""
        self.units[name] = unit
        return Histogram(name, text, ("service", *labels), buckets=buckets, registry=self.registry)

    def register(self, collector: Collector, units: Mapping[str, str]) -> None:
        """Take in metrics that are reckoned at each scrape, with their units."""
        self.units |= units
        self.registry.register(collector)
