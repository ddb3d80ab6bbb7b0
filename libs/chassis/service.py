"""A service: what it hears, what it answers, what it does beside that, and its life from start to stop."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from fastapi import FastAPI

from chassis import undertakings
from chassis.access import Access
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import Pool, open_pool
from chassis.errors import HANDLING, Unable, while_down
from chassis.health import add_health
from chassis.http import Server, serve
from chassis.metrics import Metrics
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.processor import Processor
from chassis.rates import Bounds
from chassis.relay import Relay
from chassis.requests import Traced
from chassis.router import Router
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from chassis.trail_api import add_trail
from chassis.transaction import Transaction
from chassis.undertakings import Undertakings
from chassis.upkeep import Upkeep

if TYPE_CHECKING:
    from chassis.otlp_metrics import MetricsSender

log = structlog.get_logger()
_LET_GO_S = 5.0


class Crashed(Unable):
    """A service ended by an error of ours; the text is one sentence with its name, and the message that it handled."""


class App(Protocol):
    """What a service's `app.py` is: its routes, its API, and what it does beside handling messages."""

    name: str
    migrations: Path
    router: Router

    async def begin(self, tx: Transaction) -> None:
        """What must be there before anything is heard; runs at every start, in one transaction."""
        ...

    def api(self, runtime: "Runtime") -> FastAPI:
        """The service's HTTP API."""
        ...

    def workers(self, runtime: "Runtime") -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """What runs for ever beside the handlers; cancelled at stop."""
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a running service offers to its API and its workers."""

    settings: Settings
    clock: Clock
    pool: Pool
    processor: Processor
    metrics: Metrics
    telemetry: Telemetry
    access: Access


async def prepare(app: App, settings: Settings) -> list[str]:
    """Bring the service's schema up to this version; return the migrations applied."""
    return await migrate(settings.dsn, app.name, shipped(CHASSIS_TABLES, app.migrations))


class Service:
    """Runs one app. `start()`, then `crashed` completes with an error if we were wrong; `stop()` is bounded."""

    def __init__(self, app: App, settings: Settings, clock: Clock) -> None:
        self.app = app
        self.settings = settings
        self.clock = clock
        self.crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.metrics = Metrics(app.name)
        self.telemetry = Telemetry(app.name, settings.otlp_endpoint)
        self.relay = Relay(app.name, settings, clock, self.metrics, self.telemetry)
        self._tasks: list[asyncio.Task[None]] = []
        self._consumer: Consumer | None = None
        self._upkeep: Upkeep | None = None
        self._server: Server | None = None
        self._sender: MetricsSender | None = None
        self.runtime: Runtime | None = None

    @property
    def url(self) -> str:
        """Where the API listens."""
        return self._server.url if self._server else ""

    async def start(self) -> None:
        """Open the database, the API, the relay and the consumer, in this order; waits for what is away."""
        async for attempt in while_down("open the database"):
            with attempt:
                pool = await open_pool(self.settings.dsn, self.app.name, self.settings.connections)
        asked = self.settings.undertakings_required
        processor = Processor(
            self.app.name,
            self.app,
            pool,
            self.clock,
            self.relay,
            self.metrics,
            self.telemetry,
            also=undertakings.router if asked else None,
        )
        bound = Undertakings(pool, self.clock) if asked else None
        access = Access(issuer=self.settings.oidc_issuer, key=self.settings.token_key, undertakings=bound)
        self.runtime = Runtime(self.settings, self.clock, pool, processor, self.metrics, self.telemetry, access)
        async for attempt in while_down("begin"):
            with attempt:
                async with processor.transaction() as tx:
                    await self.app.begin(tx)
        self._consumer = Consumer(self.app.name, processor.router.topics, self.settings, processor, self._crash)
        self._upkeep = Upkeep(self.runtime, self.relay, self._consumer)
        api = self.app.api(self.runtime)
        api.state.bounds = Bounds(self.settings.api_body, self.settings.api_rate, self.settings.api_burst)
        api.add_middleware(Traced, telemetry=self.telemetry)
        add_health(api, self._upkeep.is_ready, self.metrics)
        add_trail(api, self.app.name, pool)
        self._server = await serve(api, self.settings.host, self.settings.port)
        for work in (self.relay.run, *self._upkeep.workers, *self.app.workers(self.runtime)):
            self._spawn(work)
        self._sender = self._open_sender()
        if self._sender is not None:
            self._spawn(self._sender.run)
        await self._consumer.start()
        log.info("started", service=self.app.name, url=self.url)

    async def stop(self) -> None:
        """Finish or give back what is in hand within the bound, then let go of everything."""
        if self._consumer is not None:
            await self._consumer.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:  # a connection to a silent database is let go of with the pool
            await asyncio.wait(self._tasks, timeout=_LET_GO_S)
        if self._server is not None:
            await self._server.stop()
        if self._upkeep is not None:
            self._upkeep.stop()
        if self.runtime is not None:
            await _close(self.runtime.pool)
        await asyncio.to_thread(self.telemetry.shutdown)
        if self._sender is not None:
            await asyncio.to_thread(self._sender.last)
        log.info("stopped", service=self.app.name)

    def _open_sender(self) -> "MetricsSender | None":
        if self.telemetry.endpoint is None:
            return None
        from chassis.otlp_metrics import MetricsSender

        every_s = self.settings.otlp_metrics_every.total_seconds()
        return MetricsSender(self.app.name, self.telemetry.endpoint, self.metrics, every_s)

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def watched() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is ours: the process must not limp on
                self._crash(error)

        self._tasks.append(asyncio.create_task(watched(), name=f"{self.app.name} {work.__qualname__}"))

    async def ended(self) -> None:
        """Wait until the service crashes, and raise Crashed then."""
        try:
            await asyncio.shield(self.crashed)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            where = "".join(f" {note}" for note in _notes(error))
            raise Crashed(
                f"{self.app.name} crashed: {type(error).__name__}{where}; its log, on stderr, says more"
            ) from error

    def _crash(self, error: BaseException) -> None:
        """First the end, then the log: a log that can't be written keeps nobody waiting."""
        if not self.crashed.done():
            self.crashed.set_exception(error)
        try:
            log.critical("crash", service=self.app.name, at="; ".join(_notes(error)) or None, exc_info=error)
        except Exception as broken:  # noqa: BLE001 - the crash goes on; who calls must not go on in its place
            error.add_note(f"the log of it failed: {type(broken).__name__}")


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(3):
            await pool.close()
    except TimeoutError:
        pool.terminate()


def _notes(error: BaseException) -> list[str]:
    return [note for note in getattr(error, "__notes__", ()) if note.startswith(HANDLING)]
