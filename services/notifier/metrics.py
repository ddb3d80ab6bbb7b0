"""What an SRE watches of notices: attempts, who was escalated, who can't be reached, who has no receipt yet (§15)."""

from itertools import product
from typing import Final

from chassis.metrics import Metrics
from contracts.notice import Channel

_SERVICE: Final = "notifier"
_SENT: Final = (Channel.WEBHOOK, Channel.EMAIL, "alert")
"""What attempts are made by; `alert` is a mail to people on call."""


class NoticeMetrics:
    """The notifier's own metrics, beside those of every service."""

    def __init__(self, metrics: Metrics) -> None:
        self._attempts = metrics.counter(
            "dutiful_delivery_attempts",
            "{attempt}",
            "Attempts to deliver, `ok` or `failed`; the `first` of a delivery, or one made `again`",
            "channel",
            "result",
            "attempt",
        )
        self._escalated = metrics.counter(
            "dutiful_notices_escalated",
            "{notice}",
            "Notices without receipt in time, by the channel that was tried next",
            "channel",
        )
        self._failed = metrics.counter(
            "dutiful_notices_failed", "{notice}", "Notices without receipt by their deadline: people must act"
        )
        self._unreceived = metrics.gauge(
            "dutiful_notices_unreceived",
            "{notice}",
            "Notices without receipt whose deadline is to come; each process counts all, every 30 s",
        )
        self._unsent = metrics.gauge(
            "dutiful_alerts_unsent",
            "{email}",
            "Emails to people on call that wait for the mail server, or for somebody to be on call",
        )
        self._failed.labels(_SERVICE)  # a rise from nothing is none that Prometheus sees, a rise from 0 is
        for channel in Channel:
            self._escalated.labels(_SERVICE, channel)
        for labels in product(_SENT, ("ok", "failed"), ("first", "again")):
            self._attempts.labels(_SERVICE, *labels)  # what share fails is no number before the first one has failed

    def attempted(self, channel: str, *, ok: bool, nth: int) -> None:
        """The n-th attempt to deliver something ended like this."""
        self._attempts.labels(_SERVICE, channel, "ok" if ok else "failed", "first" if nth == 1 else "again").inc()

    def escalated(self, channel: str) -> None:
        """A notice had no receipt in time, and goes on to this channel."""
        self._escalated.labels(_SERVICE, channel).inc()

    def failed(self) -> None:
        """A notice had no receipt by its deadline."""
        self._failed.labels(_SERVICE).inc()

    def looked(self, *, unreceived: int, unsent: int) -> None:
        """A look: notices that wait for their receipt, alerts that wait for a mail server or for somebody on call."""
        self._unreceived.labels(_SERVICE).set(unreceived)
        self._unsent.labels(_SERVICE).set(unsent)
