"""Carries orders out: claimed, done with no transaction held, recorded.

A process owns shards of the orders. A job that begins takes a fence: whoever had it before can write nothing more, so
that even a process that lost its locks without noticing does no harm.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import structlog

from chassis.database import connect
from chassis.errors import is_down, while_down
from chassis.logs import about
from chassis.service import Runtime
from chassis.shards import Shards
from holder import packages, store
from holder.carrying import Carrier
from holder.executors import ExecutorFailed
from holder.jobs import Job
from holder.ledger import Superseded
from holder.lookout import Lookout
from holder.metrics import HolderMetrics
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
        self._carrier = Carrier(settings, runtime, reach, shelf, metrics)
        self._lookout = Lookout(runtime, reach, shelf)
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
                    self._spawn("watch", self._aside("watch", self._lookout.look))
                if await packages.to_remove(self._runtime.pool, self._runtime.clock.now()):
                    self._spawn("packages", self._aside("packages", self._lookout.clear))
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
                async with self._patience(listed.key):
                    job = await store.claim(self._runtime.pool, listed, self._runtime.clock.now())
                    if job is not None:
                        await self._carrier.carry_out(job)
            except Superseded:
                log.info("taken on by another", job=listed.key)

    async def _aside(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do what no order asks for; what people must mend is tried again later too, as nobody waits for an answer."""
        async with self._patience(key, ExecutorFailed):
            await work()

    @asynccontextmanager
    async def _patience(self, key: str, *mended: type[Exception]) -> AsyncIterator[None]:
        """What is done within may find the world down, or what people must mend: then it waits, longer each time."""
        try:
            yield
            self._tries.pop(key, None)
        except Exception as error:
            if not is_down(error) and not isinstance(error, mended):
                raise
            log.warning("waiting", doing=key, error=str(error))
            await self._wait(key)

    async def _wait(self, key: str) -> None:
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        self._waiting.add(key)
        self._wake.set()
        try:
            await asyncio.sleep(min(2.0 ** (tries - 2), _LONGEST_WAIT_S))
        finally:
            self._waiting.discard(key)
