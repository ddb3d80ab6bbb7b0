"""The relay publishes the outbox, in order per key, woken at commit; it moves what is due on the agenda there first.

Order through crashes: one process at a time owns a shard of keys; one Kafka batch per partition is under way at a time
and is acknowledged whole before the next; rows are deleted after that. Whatever goes wrong, the session starts again
from the rows that are left, under the same event ids.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from pydantic_core import from_json

from chassis import agenda, outbox, trail
from chassis.clock import Clock
from chassis.database import Connection, connect
from chassis.errors import while_down
from chassis.metrics import Metrics
from chassis.outbox import SHARDS, Stored
from chassis.settings import Settings
from chassis.shards import Shards
from chassis.telemetry import Telemetry
from chassis.transaction import Transaction

log = structlog.get_logger()
_ROWS = 2000
_LOOK_S = 5.0
_AGAIN_S = 0.1


class Relay:
    """Takes a service's outbox to Kafka. `run()` until it is cancelled; `wake_for(tx)` after each commit."""

    def __init__(self, name: str, settings: Settings, clock: Clock, metrics: Metrics, telemetry: Telemetry) -> None:
        self._name = name
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._telemetry = telemetry
        self._wake = asyncio.Event()
        self._owned: frozenset[int] = frozenset()
        self._next_due: datetime | None = None
        self._seen_at: datetime | None = None
        """When all that was due had been moved: what was due before and is found later was heard of late."""
        self.connected = False

    async def call(self, connection: Connection, tx: Transaction) -> None:
        """Within the transaction: call the process whose shards `tx` writes to, where that is not this one."""
        if len(self._owned) < SHARDS and any(row.shard not in self._owned for row in tx.outgoing):
            await connection.execute("SELECT pg_notify($1, '')", self._channel)

    def wake_for(self, tx: Transaction) -> None:
        """After the commit of `tx`: publish what it said; be there when its first dated event is due."""
        due_at = min((entry.due_at for entry in tx.dated), default=None)
        sooner = due_at is not None and (self._next_due is None or due_at < self._next_due)
        if due_at is not None:
            self._expect(due_at)
        if sooner or tx.outgoing:
            self._wake.set()

    async def run(self) -> None:
        """Publish for ever; wait while the world is down."""
        async for attempt in while_down("publish"):
            with attempt:
                await self._session()

    @property
    def _channel(self) -> str:
        return f"dutiful_outbox_{self._name}"

    async def _session(self) -> None:
        connection = await connect(self._settings.dsn, self._name)
        producer = AIOKafkaProducer(
            **self._settings.client(),
            client_id=f"dutiful-{self._name}",
            acks="all",
            enable_idempotence=True,
            max_batch_size=512 * 1024,
            max_request_size=4 * 1024 * 1024,
            request_timeout_ms=10_000,
        )
        try:
            # What this connection deletes is deleted again if a crash of the database loses it.
            await connection.execute("SET synchronous_commit = off")
            await connection.add_listener(self._channel, lambda *_: self._wake.set())
            connection.add_termination_listener(lambda *_: self._wake.set())
            await producer.start()
            await self._publish_all(connection, Publisher(producer, self._settings.topic_prefix, self._telemetry))
        finally:
            self.connected = False
            self._owned = frozenset()
            await _close(connection, producer)

    async def _publish_all(self, connection: "asyncpg.Connection[asyncpg.Record]", publisher: "Publisher") -> None:
        shards = Shards(connection, self._name, "outbox", SHARDS)
        loop = asyncio.get_running_loop()
        look_at = loop.time()
        while True:
            self._wake.clear()
            if loop.time() >= look_at:
                await shards.balance()
                self._owned = shards.owned
                await self._look_ahead(connection)
                self.connected = True
                look_at = loop.time() + _LOOK_S
            busy = await self._move_due(connection)
            rows = await outbox.read(connection, list(self._owned), _ROWS)
            published = await publisher.publish(rows) if rows else {}
            if published:
                await self._forget(connection, published)
            if not busy and len(published) == len(rows) < _ROWS:  # and what is committed meanwhile wakes
                await self._clock.wait(self._wake, self._next_due, at_most_s=look_at - loop.time())

    async def _forget(
        self, connection: "asyncpg.Connection[asyncpg.Record]", published: "Mapping[int, str | None]"
    ) -> None:
        """What Kafka has leaves the outbox; what caused it goes into the trail, where one is kept."""
        said = [each for _, each in sorted(published.items()) if each is not None]
        if said and self._settings.trail_kept_within:
            await trail.conclude(connection, list(published), said, self._clock.now())
        else:
            await outbox.delete(connection, list(published))

    async def _move_due(self, connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
        now, seen_at = self._clock.now(), self._seen_at
        if self._next_due is None or self._next_due > now:
            return False
        moved = await agenda.move_due(connection, now, _ROWS)
        await self._look_ahead(connection)
        if moved.oldest_due_at is not None:
            self._metrics.fired(moved.count, now - max(moved.oldest_due_at, seen_at or moved.oldest_due_at))
            if len(self._owned) < SHARDS:  # some of it may be another process's to publish
                await connection.execute("SELECT pg_notify($1, '')", self._channel)
        return moved.count > 0

    async def _look_ahead(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._next_due = None  # from here on, what a commit dates meanwhile counts beside what is found
        now = self._clock.now()
        found = await agenda.next_due(connection)
        if found is not None:
            self._expect(found)
        if found is None or found > now:
            self._seen_at = now

    def _expect(self, due_at: datetime) -> None:
        self._next_due = due_at if self._next_due is None else min(due_at, self._next_due)


class Publisher:
    """Sends rows as one Kafka batch per partition, so that a batch is published whole or not at all."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str, telemetry: Telemetry) -> None:
        self._producer = producer
        self._prefix = prefix
        self._telemetry = telemetry

    async def publish(self, rows: Sequence[Stored]) -> dict[int, str | None]:
        """Publish `rows`; return those that Kafka has, by seq, and what caused each.

        What didn't fit its batch is left for the next.
        """
        partitions = {topic: await self._partitions(self._prefix + topic) for topic in {row.topic for row in rows}}
        batches: dict[tuple[str, int], list[Stored]] = {}
        for row in rows:
            where = self._prefix + row.topic, partition_of(row.key, partitions[row.topic])
            batches.setdefault(where, []).append(row)
        with self._telemetry.sending(rows, self._prefix):
            sent = await asyncio.gather(*[self._send(*where, batch) for where, batch in batches.items()])
        return {seq: step for each in sent for seq, step in each.items()}

    async def _send(self, topic: str, partition: int, rows: Sequence[Stored]) -> dict[int, str | None]:
        batch = self._producer.create_batch()
        taken: dict[int, str | None] = {}
        for row in rows:
            said = from_json(row.headers)
            headers = [(name, text.encode()) for name, text in said.items()]
            if batch.append(timestamp=None, key=row.key.encode(), value=row.value, headers=headers) is None:
                break
            taken[row.seq] = trail.line_of(row.topic, row.key, said)
        await (await self._producer.send_batch(batch, topic, partition=partition))
        return taken

    async def _partitions(self, topic: str) -> int:
        known = self._producer.client.cluster.partitions_for_topic(topic)
        return len(known or await self._producer.partitions_for(topic))


@lru_cache(maxsize=65536)
def partition_of(key: str, partitions: int) -> int:
    """The partition that Kafka's own clients choose for this key."""
    hashed: int = murmur2(key.encode())
    return (hashed & 0x7FFFFFFF) % partitions


async def _close(connection: "asyncpg.Connection[asyncpg.Record]", producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(3):
            await producer.stop()
            await connection.close()
    except Exception as error:  # noqa: BLE001 - it is being thrown away; the next session opens its own
        log.debug("closing", error=type(error).__name__)
        connection.terminate()
        # What it still holds is in the outbox too, and must not come out behind what the next session publishes.
        await _end(producer._sender.sender_task)  # noqa: SLF001 - aiokafka has no way to stop without a flush
        await producer.client.close()


async def _end(sender: "asyncio.Task[None] | None") -> None:
    """Cancel it until it ends: while it handles an error it can miss that."""
    while sender is not None and not sender.done():
        sender.cancel()
        await asyncio.wait([sender], timeout=_AGAIN_S)
