"""Publishes acts as platforms do: in order per key, some of it twice, and what is wrong among it where wanted."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from tests.faults.outside import PUBLISHED
from tests.faults.stream import Said

Record = tuple[str, bytes, bytes | None, list[tuple[str, bytes]]]
AT_ONCE: Final = 8
POISON: Final = (b"{", b"[]", b'{"client_id": 7}', b"\xff\xfe")


@dataclass
class Manner:
    """How an act is published: shuffled over keys; each so many times; so many of a hundred twice or again much later.

    `poison_percent` of all that is published can't be read.
    """

    over_s: float = 0.0
    shuffled: bool = False
    twice_percent: int = 10
    late_percent: int = 0
    times: int = 1
    poison_percent: float = 0


@dataclass
class Publisher:
    """Publishes to one system; what the broker did not acknowledge is published again, so that it may come twice."""

    bootstrap: str
    prefix: str
    manner: Manner
    dice: random.Random
    published: list[Said] = field(default_factory=list)
    recent: list[Said] = field(default_factory=list)
    """What may still come again: services remember an id for 30 days (`Settings.inbox_kept_within`)."""
    sent: int = 0
    poisoned: int = 0
    repeated: int = 0

    async def publish(self, act: Sequence[Said], over_s: float) -> None:
        """Publish an act, spread over so many seconds; returns once the broker has all of it."""
        records = list(self._records(act))
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True, linger_ms=2) as producer:
            for some in _at_once(records):
                await asyncio.gather(*[self._send(producer, record) for record in some])
                await asyncio.sleep(over_s * len(some) / len(records))
        self.published += act
        self.recent += act

    def _records(self, act: Sequence[Said]) -> Iterable[Record]:
        for said in _shuffled(act, self.dice) if self.manner.shuffled else act:
            for record in self._of(said):
                self.sent += 1
                yield record
            while self.sent * self.manner.poison_percent >= (self.poisoned + 1) * 100:
                self.sent += 1
                yield self._poison(said)

    def _of(self, said: Said) -> Iterable[Record]:
        """It, and it again, and an old one again, as the dice want it."""
        manner, dice = self.manner, self.dice
        yield self._record(said)
        for _ in range(manner.times - 1 + (dice.randrange(100) < manner.twice_percent)):
            yield self._repeat(said)
        if dice.randrange(100) < manner.late_percent and self.recent:
            yield self._repeat(dice.choice(self.recent))

    def _record(self, said: Said) -> Record:
        headers = {"ce_specversion": "1.0", "ce_id": said.id, "ce_source": PUBLISHED, "ce_type": said.type}
        return (
            self.prefix + said.topic,
            said.key.encode(),
            said.value,
            [(name, text.encode()) for name, text in headers.items()],
        )

    def _repeat(self, said: Said) -> Record:
        self.repeated += 1
        return self._record(said)

    def _poison(self, said: Said) -> Record:
        """The same key and type, and nothing that can be made sense of."""
        self.poisoned += 1
        topic, key, _, headers = self._record(said)
        return (
            topic,
            key,
            self.dice.choice(POISON),
            [*headers[:1], ("ce_id", f"poison-{self.poisoned}".encode()), *headers[2:]],
        )

    async def _send(self, producer: AIOKafkaProducer, record: Record) -> None:
        topic, key, value, headers = record
        while True:
            try:
                await producer.send_and_wait(topic, value, key=key, headers=headers)
            except KafkaError:
                await asyncio.sleep(0.5)
            else:
                return


def _at_once(records: Sequence[Record]) -> Iterable[list[Record]]:
    """Runs of records in their order; what is under one key and says different things is never in one."""
    some: list[Record] = []
    under: dict[tuple[str, bytes], Record] = {}
    for record in records:
        topic, key, _, _ = record
        if under.get((topic, key), record) != record or len(some) == AT_ONCE:
            yield some
            some, under = [], {}
        some.append(record)
        under[topic, key] = record
    if some:
        yield some


def _shuffled(act: Sequence[Said], dice: random.Random) -> list[Said]:
    """In another order, but for what Kafka keeps in order: what has one topic and key."""
    lines: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for said in act:
        lines[said.topic, said.key].append(said)
    waiting = [line[::-1] for line in lines.values()]
    order: list[Said] = []
    while waiting:
        line = dice.choice(waiting)
        order.append(line.pop())
        if not line:
            waiting.remove(line)
    return order
