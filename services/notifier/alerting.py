"""Tells people on call what is due to be told them, by email, again and again until the mail server has taken it.

One process at a time does it. What was sent and not yet recorded when it dies is sent again, under the same id.
"""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import asyncpg
import structlog

from agreement.book import Book
from chassis.database import connect
from chassis.errors import while_down
from chassis.service import Runtime
from chassis.shards import Shards
from chassis.transaction import Transaction
from notifier import alerts
from notifier.alerts import Alert, Ordered
from notifier.attempts import AttemptOutcome
from notifier.content import alert_mail
from notifier.mail import MailSender
from notifier.metrics import NoticeMetrics
from notifier.on_call import Person
from notifier.retries import RetryPolicy, next_attempt
from notifier.settings import NotifierSettings
from notifier.texts import WordingLacks

log = structlog.get_logger()
_LOOK_S: Final = 5.0
_AT_ONCE: Final = 100
_RETRY: Final = RetryPolicy(first_delay_within=timedelta(seconds=5), max_delay_within=timedelta(minutes=10))
_AFTER_REFUSAL: Final = timedelta(hours=1)
"""A server that refuses an address for good may be told better by then; who is on call is too few to give one up."""


async def order(tx: Transaction, ordered: Ordered, whom: Sequence[Person]) -> None:
    """Have these people told; where there is nobody, that is logged, and stands among what is not sent."""
    await alerts.enter(tx, ordered, whom)
    if not whom:
        tx.after_commit.append(partial(log.error, "an alert reaches nobody", kind=ordered.kind, why=alerts.NOBODY))


class Alerter:
    """Sends alerts for ever; `run()` until it is cancelled."""

    def __init__(self, book: Book, settings: NotifierSettings, runtime: Runtime, metrics: NoticeMetrics) -> None:
        self._book = book
        self._runtime = runtime
        self._metrics = metrics
        self._mails = MailSender(settings.mail) if settings.mail else None
        self._wake = asyncio.Event()

    def call(self, tx: Transaction) -> None:
        """Something is due once `tx` has committed."""
        tx.after_commit.append(self._wake.set)

    async def run(self) -> None:
        """Look for what is due, send it, record it, until cancelled."""
        try:
            async for attempt in while_down("alert people"):
                with attempt:
                    await self._session()
        finally:
            if self._mails:
                await self._mails.close()

    async def _session(self) -> None:
        runtime = self._runtime
        connection = await connect(runtime.settings.database_url.get_secret_value(), "notifier")
        try:
            connection.add_termination_listener(lambda *_: self._wake.set())
            shards = Shards(connection, "notifier", "alert", 1)
            while True:
                self._wake.clear()
                await shards.balance()
                due_at = await self._send_due(connection) if shards.owned else None
                await runtime.clock.wait(self._wake, due_at, at_most_s=_LOOK_S)
        finally:
            connection.terminate()

    async def _send_due(self, connection: "asyncpg.Connection[asyncpg.Record]") -> datetime | None:
        """Send all that is due; return when something is again."""
        clock = self._runtime.clock
        while found := await alerts.due(connection, clock.now(), _AT_ONCE):
            for alert in found:
                outcome = await self._send(alert)
                now = clock.now()
                reason = None if outcome.ok else outcome.reason or "not sent"
                await alerts.record(connection, alert.alert_id, now, reason, _next_at(alert, outcome, now))
                self._metrics.attempted("alert", ok=outcome.ok, nth=alert.attempts + 1)
        return await alerts.next_due(connection)

    async def _send(self, alert: Alert) -> AttemptOutcome:
        if self._mails is None:
            return AttemptOutcome(ok=False, status=None, latency_ms=0, reason="no mail server is set")
        try:
            mail = alert_mail(self._book.latest, alert)
        except WordingLacks as error:
            return AttemptOutcome(ok=False, status=None, latency_ms=0, reason=str(error), permanent=True)
        return await self._mails.send(mail)


def _next_at(alert: Alert, outcome: AttemptOutcome, now: datetime) -> datetime | None:
    if outcome.ok:
        return None
    refused_at = now + _AFTER_REFUSAL
    if outcome.permanent:
        return refused_at
    return next_attempt(_RETRY, alert.attempts + 1, now, refused_at, outcome.retry_after_s, random.random())
