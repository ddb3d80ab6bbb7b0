"""What an SRE watches: one Prometheus registry per service, names with units, few labels."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Literal

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

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LATENESS = (0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600, 86400)


class Metrics:
    """The metrics of one service; every series carries its name in `service`."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._service = service
        self._handled = self._counter("dutiful_events_handled", "Events handled", "type")
        self._skipped = self._counter("dutiful_events_skipped", "Tombstones, types that no contract knows", "reason")
        self._dead = self._counter("dutiful_dead_letters", "Messages set aside", "reason")
        self._duration = self._histogram("dutiful_handler_duration_seconds", "One handler call", _SECONDS, "type")
        self._lateness = self._histogram("dutiful_agenda_lateness_seconds", "Due to published, the oldest", _LATENESS)
        self._fired = self._counter("dutiful_agenda_fired", "Dated events that came due")
        self._lag = self._gauge("dutiful_consumer_lag_records", "Published and not yet fetched here", "topic")
        self._depth = self._gauge("dutiful_outbox_rows", "Rows that wait to be published (counted to 100,000)")
        self._age = self._gauge("dutiful_outbox_oldest_age_seconds", "Age of the oldest row that waits")
        self._agenda = self._gauge("dutiful_agenda_rows", "Dated events that wait (estimated over 100,000)")
        self._ready = self._gauge("dutiful_ready", "1 while the database, the broker and the relay answer")
        self._left = self._gauge("dutiful_deadline_seconds_left", "To the soonest open deadline of a kind", "kind")
        self._attempts = self._counter("dutiful_delivery_attempts", "Attempts to deliver", "channel", "result")
        self._escalated = self._counter("dutiful_notices_escalated", "Notices that went on to a channel", "channel")
        self._failed = self._counter("dutiful_notices_failed", "Notices whose deadline came without a receipt")
        self._unreceived = self._gauge("dutiful_notices_unreceived", "Notices without receipt before their deadline")
        self._orders = self._gauge("dutiful_orders_open", "Orders to holders without an answer", "kind")
        self._overdue = self._gauge("dutiful_orders_overdue", "Open orders whose answer was due before now", "kind")
        self._orders_escalated = self._counter("dutiful_orders_escalated", "Orders that people must see to", "kind")
        self._orders_failed = self._counter("dutiful_orders_failed", "Answers that an order can't be done", "kind")
        self._holds = self._gauge("dutiful_holds", "Holds that stand")
        self._flags = self._counter("dutiful_flags", "Flags raised: what should not be")

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
        """A look at what waits."""
        self._depth.labels(self._service).set(outbox_depth)
        self._age.labels(self._service).set(outbox_age_s)
        self._agenda.labels(self._service).set(agenda_size)
        for topic, records in lag.items():
            self._lag.labels(self._service, topic).set(records)

    def ready(self, ready: bool) -> None:  # noqa: FBT001 - it is what it says
        """What readiness answered last."""
        self._ready.labels(self._service).set(ready)

    def deadline_left(self, kind: str, seconds: float) -> None:
        """A look at what must happen by a date and hasn't: the soonest of a kind; infinity where nothing is open."""
        self._left.labels(self._service, kind).set(seconds)

    def attempted(self, channel: str, result: str, count: int = 1) -> None:
        """Attempts to deliver ended like this."""
        self._attempts.labels(self._service, channel, result).inc(count)

    def notice_escalated(self, channel: str) -> None:
        """A notice had no receipt in time, and goes on to this channel."""
        self._escalated.labels(self._service, channel).inc()

    def notice_failed(self) -> None:
        """A notice had no receipt by its deadline."""
        self._failed.labels(self._service).inc()

    def notices_unreceived(self, count: int) -> None:
        """A look at the notices that wait for their receipt."""
        self._unreceived.labels(self._service).set(count)

    def orders_waiting(self, kind: str, *, open_: int, overdue: int) -> None:
        """A look at the orders of a kind that wait for their holders' answers."""
        self._orders.labels(self._service, kind).set(open_)
        self._overdue.labels(self._service, kind).set(overdue)

    def order_escalated(self, kind: str) -> None:
        """A holder was reminded of an order in vain."""
        self._orders_escalated.labels(self._service, kind).inc()

    def order_failed(self, kind: str) -> None:
        """A holder said that it can't carry an order out."""
        self._orders_failed.labels(self._service, kind).inc()

    def holds_standing(self, count: int) -> None:
        """A look at the holds."""
        self._holds.labels(self._service).set(count)

    def flag_raised(self) -> None:
        """Something was found that should not be."""
        self._flags.labels(self._service).inc()

    def response(self) -> Response:
        """What a scrape gets."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, ("service", *labels), registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, ("service", *labels), registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, text, ("service", *labels), buckets=buckets, registry=self.registry)
