"""A batch of records becomes one transaction; when one fails, each gets its own, and the bad one costs itself."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any, Protocol, TypeVar

import structlog

from chassis import inbox
from chassis.clock import Clock
from chassis.database import Pool
from chassis.dead_letters import Record, bury
from chassis.errors import HANDLING, fault_of, is_down, while_down
from chassis.locks import lock_id
from chassis.message import NOBODY, Cause, Message
from chassis.metrics import Metrics
from chassis.reading import Readable, Reading, Skipped, Unreadable, read_record
from chassis.relay import Relay
from chassis.router import Router
from chassis.telemetry import Telemetry
from chassis.transaction import Transaction
from contracts.event import Event

log = structlog.get_logger()
E = TypeVar("E", bound=Event)


class Listener(Protocol):
    """What handles messages: a service's app."""

    router: Router


class Processor:
    """Takes records to their handlers, exactly once in effect."""

    def __init__(
        self,
        name: str,
        app: Listener,
        pool: Pool,
        clock: Clock,
        relay: Relay,
        metrics: Metrics,
        telemetry: Telemetry,
        *,
        also: Router | None = None,
    ) -> None:
        """`also` is what the chassis itself hears, beside the app."""
        self._service = name
        self._app = app
        self.router = app.router if also is None else Router(app.router.routes | also.routes)
        self._pool = pool
        self._clock = clock
        self._relay = relay
        self._metrics = metrics
        self._telemetry = telemetry
        self._heard_here: dict[type[Event], Callable[[Any], None]] = {}

    def hear_here(self, event: type[E], hear: Callable[[E], None]) -> None:
        """Have this process told of each event of a type that it said, once that is committed."""
        self._heard_here[event] = hear

    def read(self, records: Sequence[Record]) -> list[Reading]:
        """Read records; what can't be read says why, and is dealt with in its turn."""
        return [read_record(record, self.router) for record in records]

    async def handle(self, readings: Sequence[Reading]) -> None:
        """Handle messages in their order; return when all of it is committed. Waits while the world is down."""
        try:
            await self._commit(readings)
        except Exception:  # noqa: BLE001 - whichever it is of, it comes again from that one alone
            for reading in readings:
                await self._commit_alone(reading)

    async def _commit_alone(self, reading: Reading) -> None:
        try:
            await self._commit([reading])
        except Exception as error:
            rejected = fault_of(error)
            if rejected is None:
                record = reading.record
                error.add_note(f"{HANDLING}{record.topic}/{record.partition}@{record.offset}")
                raise
            await self._commit([Unreadable(reading.record, rejected, "rejected")])

    async def _commit(self, readings: Sequence[Reading]) -> None:
        try:
            await self._commit_once(readings)
        except Exception as error:
            if not is_down(error):
                raise
            await self._commit_patiently(readings)

    async def _commit_patiently(self, readings: Sequence[Reading]) -> None:
        async for attempt in while_down("handle messages"):
            with attempt:
                await self._commit_once(readings)

    async def _commit_once(self, readings: Sequence[Reading]) -> None:
        readable = _distinct(readings)
        unreadable = [reading for reading in readings if isinstance(reading, Unreadable)]
        if readable or unreadable:
            async with self.transaction(keys=sorted(readable), locks=_locks_of(readable.values())) as tx:
                await self._handle([reading for key, reading in readable.items() if key in tx.new], tx)
                for reading in unreadable:
                    tx.relay(bury(reading.record, reading.rejected, self._service, tx.now))
        self._count(readings)

    async def submit(self, event: Event, cause: Cause) -> bool:
        """Handle an event that a person said through the API, once per cause; False if it was handled before.

        What would be a dead letter from the bus is Rejected here. Its span is that of the request (`requests.py`),
        whose context is in the cause.
        """
        try:
            return await self._submit(event, cause)
        except Exception as error:
            rejected = fault_of(error)
            if rejected is None:
                raise
            raise rejected from error

    async def _submit(self, event: Event, cause: Cause) -> bool:
        route = self.router.routes[event.TYPE]
        locks = [lock_id(name) for name in route.locks(event)]
        async with self.transaction(cause, [cause.inbox_key], locks) as tx:
            if tx.new:
                with self._metrics.handling(event.TYPE):
                    await route.handle(self._app, [Message(event, cause)], tx)
        self._metrics.handled(event.TYPE)
        return bool(tx.new)

    @asynccontextmanager
    async def transaction(
        self, cause: Cause | None = None, keys: Sequence[bytes] = (), locks: Iterable[int] = ()
    ) -> AsyncIterator[Transaction]:
        """A transaction whose words go out at its commit, when the relay is woken.

        It begins with its locks, in an order that is the same everywhere. `keys` go into the inbox then; `tx.new` are
        those of them that were not there.
        """
        async with self._pool.acquire() as connection:
            tx = Transaction(connection, self._service, self._clock.now(), cause or NOBODY, self._heard_here)
            try:
                tx.new = await inbox.begin(connection, keys, sorted(set(locks)), tx.now)
                if keys:
                    await inbox.match_request(connection, tx.cause, fresh=bool(tx.new))
                yield tx
                last = await tx.flush()
                await self._relay.call(connection, tx)
                await connection.execute(f"{last}COMMIT")
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise
        self._relay.wake_for(tx)
        for tell in tx.after_commit:
            tell()

    async def _handle(self, readings: Sequence[Readable], tx: Transaction) -> None:
        for _, run in groupby(readings, key=lambda reading: reading.envelope.type):
            same = list(run)
            with self._telemetry.processing(same) as messages, self._metrics.handling(same[0].envelope.type):
                await same[0].route.handle(self._app, messages, tx)

    def _count(self, readings: Sequence[Reading]) -> None:
        """For the metrics and the log: what became of each record."""
        handled = Counter(reading.envelope.type for reading in readings if isinstance(reading, Readable))
        for event_type, count in handled.items():
            self._metrics.handled(event_type, count)
        for reading in readings if handled.total() < len(readings) else ():
            match reading:
                case Skipped(reason="tombstone" | "unknown" as reason):
                    self._metrics.skipped(reason)
                case Unreadable(record=record, rejected=rejected, reason=reason):
                    self._metrics.dead_lettered(reason)
                    log.warning(
                        "dead letter",
                        topic=record.topic,
                        partition=record.partition,
                        offset=record.offset,
                        field=rejected.field,
                        reason=rejected.reason,
                    )


def _distinct(readings: Sequence[Reading]) -> dict[bytes, Readable]:
    """What can be handled, each message once, in their order, by what the inbox knows it by."""
    first: dict[bytes, Readable] = {}
    for reading in readings:
        if isinstance(reading, Readable):
            first.setdefault(reading.message.cause.inbox_key, reading)
    return first


def _locks_of(readable: Iterable[Readable]) -> list[int]:
    return [lock_id(name) for each in readable for name in each.route.locks(each.message.event)]
