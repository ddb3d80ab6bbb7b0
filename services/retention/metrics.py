"""What an SRE watches of orders, holds and flags: who has not answered, what holds up, what should not be (§8.3)."""

from chassis.metrics import Metrics
from contracts.retention import OrderKind

_SERVICE = "retention"


class OrderMetrics:
    """Retention's own metrics, beside those of every service."""

    def __init__(self, metrics: Metrics) -> None:
        self._open = metrics.gauge(
            "dutiful_orders_open",
            "{order}",
            "Orders to holders without an answer; each process counts all, every 30 s",
            "kind",
        )
        self._overdue = metrics.gauge(
            "dutiful_orders_overdue", "{order}", "Orders to holders without an answer that were due before now", "kind"
        )
        self._escalated = metrics.counter(
            "dutiful_orders_escalated",
            "{order}",
            "Overdue orders that holders were reminded of in vain: people must act",
            "kind",
        )
        self._failed = metrics.counter(
            "dutiful_orders_failed",
            "{answer}",
            "Answers that an order can't be carried out as things are: people must act",
            "kind",
        )
        self._holds = metrics.gauge(
            "dutiful_holds", "{hold}", "Holds that stand today; each process counts all, every 30 s"
        )
        self._flags = metrics.counter(
            "dutiful_flags",
            "{flag}",
            "What should not be: processing after the end of a contract, data that are never stored",
        )
        self._flags.labels(_SERVICE)  # a rise from nothing is none that Prometheus sees, a rise from 0 is
        for kind in OrderKind:
            self._failed.labels(_SERVICE, kind)
            self._escalated.labels(_SERVICE, kind)

    def waiting(self, kind: OrderKind, *, open_: int, overdue: int) -> None:
        """A look at the orders of a kind that wait for their holders' answers."""
        self._open.labels(_SERVICE, kind).set(open_)
        self._overdue.labels(_SERVICE, kind).set(overdue)

    def escalated(self, kind: OrderKind) -> None:
        """A holder was reminded of an order in vain."""
        self._escalated.labels(_SERVICE, kind).inc()

    def failed(self, kind: OrderKind) -> None:
        """A holder said that it can't carry an order out."""
        self._failed.labels(_SERVICE, kind).inc()

    def holds_standing(self, count: int) -> None:
        """A look at the holds."""
        self._holds.labels(_SERVICE).set(count)

    def flagged(self) -> None:
        """Something was found that should not be."""
        self._flags.labels(_SERVICE).inc()
