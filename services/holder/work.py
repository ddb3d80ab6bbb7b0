"""Carries orders out: claimed, done with no transaction held, recorded.

A process owns shards of the orders. A job that begins takes a fence: whoever had it before can write nothing more, so
that even a process that lost its locks without noticing does no harm.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import asyncpg
import structlog

from chassis.database import connect
from chassis.errors import is_down, while_down
from chassis.logs import about
from chassis.service import Runtime
from chassis.shards import Shards
from contracts.erasure import ErasureCheckOrdered, ErasureOrdered
from contracts.returning import ReturnConfirmed, ReturnOrdered
from holder import decisions, packages, store, storing, watching
from holder.erasing import Eraser
from holder.executors import ExecutorFailed
from holder.jobs import Answer, Job
from holder.ledger import Superseded
from holder.links import link
from holder.metrics import HolderMetrics
from holder.packaging import Packager
from holder.reaching import Reach
from holder.settings import HolderSettings
from holder.shelves import Shelf

log = structlog.get_logger()
_LOOK_S: Final = 5.0
_LONGEST_WAIT_S: Final = 60.0
_ASIDE: Final = frozenset({"watch", "packages"})
"""Tasks that are no orders, and take no slot."""


class Worker:
    """Works for ever; `run()` until it is cancelled. What is in hand then is gone on with at the next start."""

    def __init__(
        self, settings: HolderSettings, runtime: Runtime, reach: Reach, shelf: Shelf, metrics: HolderMetrics
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._reach = reach
        self._shelf = shelf
        self._metrics = metrics
        self._eraser = Eraser(runtime.pool, reach, runtime.clock, settings.confirmed_by)
        self._packager = Packager(runtime.pool, reach, shelf, settings.spool)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: set[str] = set()
        self._tries: dict[str, int] = {}
        self._wrong: BaseException | None = None
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Claim and carry out until cancelled."""
        async for attempt in while_down("work"):
            with attempt:
                await self._session()

    async def _session(self) -> None:
        runtime = self._runtime
        connection = await connect(runtime.settings.dsn, "holder")
        try:
            await connection.add_listener(store.CHANNEL, lambda *_: self._wake.set())
            connection.add_termination_listener(lambda *_: self._wake.set())
            await self._claim_all(connection)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            connection.terminate()

    async def _claim_all(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        shards = Shards(connection, "holder", "work", store.SHARDS)
        loop = asyncio.get_running_loop()
        look_at = loop.time()
        watch_at = self._runtime.clock.now()
        while True:
            self._wake.clear()
            if self._wrong is not None:
                raise self._wrong
            if loop.time() >= look_at:
                await shards.balance()
                look_at = loop.time() + _LOOK_S
            if 0 in shards.owned:
                if self._runtime.clock.now() >= watch_at:
                    watch_at = self._runtime.clock.now() + self._settings.watch_within
                    self._spawn("watch", self._aside("watch", self._watch))
                if await packages.to_remove(self._runtime.pool, self._runtime.clock.now()):
                    self._spawn("packages", self._aside("packages", self._remove_packages))
            await self._begin(connection, shards)
            await self._runtime.clock.wait(self._wake, watch_at, at_most_s=look_at - loop.time())

    async def _begin(self, connection: "asyncpg.Connection[asyncpg.Record]", shards: Shards) -> None:
        room = self._settings.slots - (len(self._tasks.keys() - _ASIDE) - len(self._waiting - _ASIDE))
        if room > 0:
            for job in await store.open_jobs(connection, shards.owned, self._tasks.keys(), room):
                self._spawn(job.key, self._carry_out(job))

    def _spawn(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        if key in self._tasks:
            work.close()
            return
        task = self._tasks[key] = asyncio.create_task(work, name=key)
        task.add_done_callback(lambda task: self._ended(key, task))

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._wrong = error
        self._wake.set()

    async def _carry_out(self, listed: Job) -> None:
        """Do one job; where the world is down, give the slot back and try later."""
        with about(listed.cause):
            try:
                job = await store.claim(self._runtime.pool, listed, self._runtime.clock.now())
                if job is not None:
                    await self._record(job, *await self._do(job))
                self._tries.pop(listed.key, None)
            except Superseded:
                log.info("taken on by another", job=listed.key)
            except Exception as error:
                if not is_down(error):
                    raise
                log.warning("waiting", job=listed.key, error=str(error))
                await self._wait(listed.key)

    async def _wait(self, key: str) -> None:
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        self._waiting.add(key)
        self._wake.set()
        try:
            await asyncio.sleep(min(2.0 ** (tries - 2), _LONGEST_WAIT_S))
        finally:
            self._waiting.discard(key)

    async def _do(self, job: Job) -> tuple[Answer, int | None]:
        """What came of it, and the size of the package that was made."""
        order = job.order
        try:
            match order:
                case ErasureOrdered():
                    return await self._eraser.erase(job, order), None
                case ErasureCheckOrdered():
                    return await self._eraser.check(order), None
                case ReturnOrdered():
                    return await self._package(job, order)
        except ExecutorFailed as error:
            return decisions.failure(order, str(error), self._runtime.clock.now()), None

    async def _package(self, job: Job, order: ReturnOrdered) -> tuple[Answer, int | None]:
        made = await self._packager.make(job, order)
        now = self._runtime.clock.now()
        confirmed = ReturnConfirmed(
            client_id=order.client_id,
            order_id=order.order_id,
            holder_id=order.holder_id,
            contents=await packages.contents(self._runtime.pool, order.order_id, order.categories),
            manifest_sha256=made.manifest_sha256,
            package_sha256=made.package_sha256,
            encryption=order.recipient.encryption if order.recipient else None,
            url=self._link(order),
            expires_at=order.available_until,
            started_at=job.started_at or now,
            finished_at=now,
            confirmed_by=self._settings.confirmed_by,
        )
        return confirmed, made.bytes

    def _link(self, order: ReturnOrdered) -> str:
        settings = self._settings
        url = settings.public_url or f"http://{settings.host}:{settings.port}"
        return link(url, settings.link_key.get_secret_value().encode(), order.order_id, order.available_until)

    async def _record(self, job: Job, answer: Answer, size: int | None) -> None:
        failed = "failed_at" in type(answer).model_fields
        async with self._runtime.processor.transaction(job.cause) as tx:
            said = answer.model_dump_json(exclude_none=True)
            if await store.close(tx, job, "failed" if failed else "done", said):
                tx.emit(answer)
                tx.after_commit.append(partial(self._metrics.answered, job.kind, answer))
                if size is not None:
                    await packages.ready(tx, job.order_id, size)

    async def _aside(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do what no order asks for; what can't be done now is tried again later."""
        try:
            await work()
            self._tries.pop(key, None)
        except Exception as error:
            if not is_down(error) and not isinstance(error, ExecutorFailed):
                raise
            log.warning("waiting", doing=key, error=str(error))
            await self._wait(key)

    async def _watch(self) -> None:
        """Look for processing after the end, and for what is never stored."""
        found = await watching.later_processing(self._runtime.pool, self._reach)
        stored = await storing.found(self._reach)
        async with self._runtime.processor.transaction() as tx:
            await watching.report(tx, self._reach.data_map.holder_id, found)
            await storing.report(tx, self._reach.data_map.holder_id, stored)

    async def _remove_packages(self) -> None:
        """Packages that nobody needs any more go."""
        now = self._runtime.clock.now()
        for order_id in await packages.to_remove(self._runtime.pool, now):
            await self._shelf.remove(order_id)
            await packages.removed(self._runtime.pool, order_id, now)
