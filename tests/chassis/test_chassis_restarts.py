"""The relay while its servers die and come back: it waits, goes on, loses nothing and keeps every key's order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from tests.chassis.bus import Bus, Heard
from tests.chassis.eventually import eventually
from tests.chassis.office import NAME, Office

from chassis.clock import SystemClock
from chassis.errors import while_down
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.outbox import Outgoing, encode_headers
from chassis.settings import Settings
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.servers

_KEYS = [f"key-{number}" for number in range(10)]
_WITHIN_S = 60.0  # a broker that was killed is back after some seconds; its clients notice after some more


class _Speaker:
    """Says the next number under every key, one transaction after the other; tries again while the database is away."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._enough = asyncio.Event()
        self.said = 0

    async def talk(self) -> None:
        while not self._enough.is_set():
            async for attempt in while_down("say"):
                with attempt:
                    await self._office.say([_row(self.said + 1, key) for key in _KEYS])
            self.said += 1

    async def say_more(self) -> None:
        """Return when it has said fifty more."""
        goal = self.said + 50

        async def _is_reached() -> bool:
            return self.said >= goal

        await eventually(_is_reached, within_s=_WITHIN_S)

    def hush(self) -> None:
        self._enough.set()


@asynccontextmanager
async def _in_mid_stream(bus: Bus, dsn: str) -> AsyncIterator[_Speaker]:
    """A process says number after number; after the block all of them must be heard, each key's in order."""
    office = Office(Settings(kafka=bus.bootstrap, database_url=SecretStr(dsn), topic_prefix=bus.prefix), SystemClock())
    await office.open()
    speaker = _Speaker(office)
    talking = asyncio.create_task(speaker.talk())
    try:
        await speaker.say_more()
        yield speaker
        await speaker.say_more()
        speaker.hush()
        await talking
        await _assert_all_heard_in_order(bus, speaker.said)
    finally:
        talking.cancel()
        await office.close()


def _row(number: int, key: str) -> Outgoing:
    return Outgoing("answer", key, encode_headers({"ce_id": str(number)}), b"{}")


def _numbers(heard: Sequence[Heard], key: str) -> list[int]:
    return [int(each.id) for each in heard if each.key == key]


async def _assert_all_heard_in_order(bus: Bus, said: int) -> None:
    heard = await bus.hear(
        "answer", lambda heard: all(said in _numbers(heard, key) for key in _KEYS), within_s=_WITHIN_S
    )
    for key in _KEYS:
        # What was published twice counts at its first appearance: that is when a subscriber acts on it.
        assert list(dict.fromkeys(_numbers(heard, key))) == list(range(1, said + 1))


@pytest.mark.slow
async def test_the_broker_is_killed(own_kafka: EmbeddedKafka, schema: str) -> None:
    """A SIGKILL of the broker in mid-stream, and its restart, lose nothing and reorder nothing within a key."""
    bus = Bus(own_kafka.bootstrap, "")
    await bus.make("answer", partitions=3)
    async with _in_mid_stream(bus, schema) as speaker:
        await own_kafka.kill()
        await speaker.say_more()
        await own_kafka.start()


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_the_database_goes_away(own_postgres: EmbeddedPostgres, bus: Bus, how: str) -> None:
    """A crash or a restart of the database in mid-stream loses nothing committed and reorders nothing within a key."""
    await bus.make("answer", partitions=3)
    await migrate(own_postgres.dsn(), NAME, shipped(CHASSIS_TABLES))
    async with _in_mid_stream(bus, own_postgres.dsn()):
        await (own_postgres.kill() if how == "kill" else own_postgres.stop())
        await own_postgres.start()
