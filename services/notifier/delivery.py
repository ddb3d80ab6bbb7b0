"""Delivers what is due: claimed in batches, sent with no transaction held, recorded in batches.

A process owns shards of the notices, so claiming writes nothing and nobody else sends the same. What was sent and not
yet recorded when a process dies is sent again, under the same id. Slots are given back by what answers slowly, so that
a hanging endpoint costs the others nothing.
"""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial

import asyncpg
import structlog

from agreement.book import Book, Signed
from agreement.schema import Agreement
from chassis.database import connect
from chassis.errors import while_down
from chassis.service import Runtime
from chassis.shards import Shards
from chassis.transaction import Transaction
from notifier import claims, content
from notifier.attempts import AttemptOutcome
from notifier.claims import Wanted
from notifier.closing import Secrets
from notifier.jobs import Job
from notifier.lanes import Lanes
from notifier.mail import MailSender
from notifier.metrics import NoticeMetrics
from notifier.orders import Entered, OrdersAtHand
from notifier.outcomes import Attempted, record
from notifier.retries import RetryPolicy, next_attempt
from notifier.settings import NotifierSettings
from notifier.store import SHARDS
from notifier.texts import WordingLacks
from notifier.timeouts import Timeouts
from notifier.webhooks import WebhookSender

log = structlog.get_logger()
CHANNEL = "dutiful_delivery_notifier"
_LOOK_S = 5.0
_RECORD = 1000
_ORDERS = 1000
_SLOW_S = 0.25


class Deliverer:
    """Sends webhooks and emails for ever; `run()` until it is cancelled."""

    def __init__(
        self, book: Book, settings: NotifierSettings, secrets: Secrets, runtime: Runtime, metrics: NoticeMetrics
    ) -> None:
        self._book = book
        self._settings = settings
        self._secrets = secrets
        self._runtime = runtime
        self._metrics = metrics
        self._webhooks = WebhookSender(settings.webhooks)
        self._mails = MailSender(settings.mail) if settings.mail else None
        self._lanes: Lanes[Job] = Lanes(settings.per_endpoint)
        self._held: set[str] = set()
        self._owned: frozenset[int] = frozenset()
        self._orders = OrdersAtHand(_ORDERS)
        self._group: asyncio.TaskGroup
        self._quick: Timeouts[str] = Timeouts(_SLOW_S, self._pass_by)
        self._under_way = 0
        self._all_held = False
        self._claims = 0
        self._stopping = False
        self._ended: list[Attempted] = []
        self._wake = asyncio.Event()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Claim, send and record until cancelled; what is under way then is given back, unrecorded."""
        try:
            async with self._webhooks, asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._record_all())
                try:
                    async for attempt in while_down("deliver"):
                        with attempt:
                            await self._session()
                finally:
                    self._stopping = True  # an attempt may still end, and starts no other then
        finally:
            if self._mails:
                await self._mails.close()

    @property
    def takes(self) -> bool:
        """Whether new deliveries may be handed over: all that is due is in hand here, and there is room for more."""
        return self._all_held and len(self._owned) == SHARDS and len(self._held) < self._settings.claimed

    def hand_over(self, tx: Transaction, entered: Entered) -> None:
        """At the commit of `tx`, take on what it entered, unless a claim may have come before."""
        tx.after_commit.append(partial(self._take_on, entered, self._claims))

    async def call(self, tx: Transaction) -> None:
        """At the commit of `tx`, whichever process delivers looks for what is due."""
        if len(self._owned) == SHARDS:
            tx.after_commit.append(self._wake.set)
        else:
            await tx.execute("SELECT pg_notify($1, '')", CHANNEL)

    async def _session(self) -> None:
        runtime = self._runtime
        connection = await connect(runtime.settings.dsn, "notifier")
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            connection.add_termination_listener(lambda *_: self._wake.set())
            await self._claim_all(connection)
        finally:
            self._owned = frozenset()
            connection.terminate()

    async def _claim_all(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        shards = Shards(connection, "notifier", "delivery", SHARDS)
        loop = asyncio.get_running_loop()
        look_at = loop.time()
        while True:
            self._wake.clear()
            if loop.time() >= look_at:
                await shards.balance()
                self._owned = shards.owned
                look_at = loop.time() + _LOOK_S
            due_at = await self._claim(connection)
            await self._runtime.clock.wait(self._wake, due_at, at_most_s=look_at - loop.time())

    async def _claim(self, connection: "asyncpg.Connection[asyncpg.Record]") -> datetime | None:
        """Take on what is due, as long as there is room; return when to look again at the latest."""
        now = self._runtime.clock.now()
        self._all_held = False
        while len(self._held) < self._settings.claimed:
            wanted = Wanted(self._owned, self._held, self._lanes.full, now, self._settings.claimed)
            jobs = await claims.claim(connection, wanted, self._orders, self._secrets)
            self._claims += 1
            self._hold(jobs)
            self._pump()
            if len(jobs) < self._settings.claimed:
                self._all_held = not wanted.full
                return await claims.next_due(connection, self._owned, now)
        return None

    def _take_on(self, entered: Entered, claims_before: int) -> None:
        """Take on what has just been entered, as if it had been claimed; what there is no room for is claimed later.

        So is what a claim may have seen: another connection may hear of a commit before its own does, and all may be
        sent, recorded and forgotten here by then. Who claims reads what is still to be sent.
        """
        self._orders.add(entered.order)
        full = set(self._lanes.full)
        takes = self.takes and self._claims == claims_before
        jobs = [job for job in entered.jobs if job.lane not in full] if takes else []
        if len(jobs) < len(entered.jobs):
            self._all_held = False
            self._wake.set()
        self._hold(jobs)
        self._pump()

    def _hold(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._held.add(job.delivery_id)
            self._lanes.put(job)

    def _pump(self) -> None:
        """Start what may start."""
        while (job := self._take()) is not None:
            self._group.create_task(self._deliver(job))

    def _take(self) -> Job | None:
        """The next job, with a slot, where there is one: slots are taken by what is under way and not slow."""
        if self._stopping or len(self._quick) >= self._settings.slots or self._under_way >= self._settings.under_way:
            return None
        job = self._lanes.take()
        if job is not None:
            self._quick.start(job.delivery_id)
            self._under_way += 1
        return job

    async def _deliver(self, first: Job) -> None:
        """Make an attempt, then the next that may start, until there is none."""
        job: Job | None = first
        while job is not None:
            await self._attempt(job)
            job = self._take()
            self._pump()

    async def _attempt(self, job: Job) -> None:
        at = self._runtime.clock.now()
        try:
            address, outcome = await self._send(job)
        finally:
            self._quick.stop(job.delivery_id)
            self._under_way -= 1
            self._lanes.done(job)
        self._ended.append(Attempted(job, address, at, outcome, self._next_at(job, outcome)))
        self._news.set()

    def _pass_by(self, _: str) -> None:
        """An attempt turns out slow: its slot goes to another."""
        self._pump()

    async def _send(self, job: Job) -> tuple[str, AttemptOutcome]:
        order = job.order
        if job.endpoint is not None:
            url, telemetry = job.endpoint.url, self._runtime.telemetry
            with telemetry.posting(order.traceparent, order.flow_id, url, job.delivery_id) as posting:
                outcome = await self._webhooks.send(content.webhook(job, job.endpoint, posting.traceparent))
                posting.status, posting.reason = outcome.status, outcome.reason
            return url, outcome
        if self._mails is None:
            return job.email, _never_sent("no mail server is set", permanent=False)
        try:
            mail = content.mail(self._agreement(job), job)
        except WordingLacks as error:
            return job.email, _never_sent(str(error), permanent=True)
        return job.email, await self._mails.send(mail)

    def _next_at(self, job: Job, outcome: AttemptOutcome) -> datetime | None:
        if outcome.ok or outcome.permanent:
            return None
        retry = self._agreement(job).notices.stages[job.stage].retry
        policy = _policy(retry.first_delay, retry.factor, retry.max_delay, retry.jitter)
        now = self._runtime.clock.now()
        return next_attempt(
            policy, job.attempts + 1, now, job.order.deadline_at, outcome.retry_after_s, random.random()
        )

    def _agreement(self, job: Job) -> Agreement:
        return self._book[Signed(job.agreement_id, job.agreement_version)]

    async def _record_all(self) -> None:
        """Record what has ended, as much at once as came while the last batch was recorded."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._ended:
                batch, self._ended = self._ended[:_RECORD], self._ended[_RECORD:]
                async for attempt in while_down("record attempts"):
                    with attempt:
                        async with self._runtime.processor.transaction() as tx:
                            await record(tx, self._book, batch)
                self._release(batch)

    def _release(self, batch: Sequence[Attempted]) -> None:
        for each in batch:
            self._metrics.attempted(each.job.channel, ok=each.outcome.ok, nth=each.job.attempts + 1)
            self._held.discard(each.job.delivery_id)
        if not (self._all_held and all(each.outcome.ok for each in batch)):  # there is more, or a retry to wait for
            self._wake.set()


def _never_sent(reason: str, *, permanent: bool) -> AttemptOutcome:
    return AttemptOutcome(ok=False, status=None, latency_ms=0, reason=reason, permanent=permanent)


@lru_cache
def _policy(first: timedelta, factor: float, longest: timedelta, jitter: float) -> RetryPolicy:
    return RetryPolicy(first_delay_within=first, factor=factor, max_delay_within=longest, jitter=jitter)
