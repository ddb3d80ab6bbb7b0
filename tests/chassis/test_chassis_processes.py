"""A service's processes: they crash where we are wrong, share a group, and stop within their bound."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from tests.chassis.bus import Bus
from tests.chassis.clerk import Asked, Clerk, question
from tests.chassis.conftest import Effects, RunClerk
from tests.chassis.eventually import BOUND_S, WITHIN_S, eventually

from chassis.offsets import Records
from chassis.processor import Processor
from chassis.reading import Reading
from chassis.service import Crashed, Service
from chassis.settings import Settings

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("query", ["SELECT $1::int", "SELECT unknown_column"])
async def test_our_own_mistake(
    bus: Bus, clerk: Clerk, clerk_settings: Settings, run_clerk: RunClerk, heard: Effects, query: str
) -> None:
    """A mistake of ours crashes the process; nothing is lost: after a restart the message has its effect, once."""

    async def blunder(_: Asked) -> None:
        connection = await asyncpg.connect(clerk_settings.database_url.get_secret_value())
        try:
            await connection.fetchval(query)
        finally:
            await connection.close()

    clerk.before = blunder
    await bus.publish("question", question("one"), question("end"))
    service = await run_clerk()
    async with asyncio.timeout(WITHIN_S):
        with pytest.raises((asyncpg.InterfaceError, asyncpg.PostgresError)):
            await service.crashed
    await service.stop()
    assert await heard() == []
    clerk.before = None
    await run_clerk()
    await bus.hear("answer", 2)
    assert await heard() == ["one", "end"]


async def test_a_mistake_while_reading(
    bus: Bus, run_clerk: RunClerk, heard: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours before the message is even read crashes too: no offset moves past it."""

    def blunder(_: Processor, __: Records) -> Sequence[Reading]:
        raise KeyError("ours")

    await bus.publish("question", question("one"))
    with monkeypatch.context() as patched:
        patched.setattr(Processor, "read", blunder)
        service = await run_clerk()
        async with asyncio.timeout(WITHIN_S):
            with pytest.raises(KeyError):
                await service.crashed
    await bus.publish("question", question("end"))
    await service.stop()
    await run_clerk()
    await bus.hear("answer", 2)
    assert await heard() == ["one", "end"]


class _BrokenLog:
    """A log that can't be written: its disk is full."""

    def info(self, *_: object, **__: object) -> None:
        """Starts are not logged either; that harms nobody here."""

    def critical(self, *_: object, **__: object) -> None:
        """What is said at a crash."""
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("reading", [True, False], ids=["reading", "handling"])
async def test_a_crash_needs_no_log(
    bus: Bus,
    clerk: Clerk,
    run_clerk: RunClerk,
    heard: Effects,
    monkeypatch: pytest.MonkeyPatch,
    reading: bool,  # noqa: FBT001
) -> None:
    """A process whose log can't be written crashes all the same: it neither hangs nor goes on past the message."""

    def blunder(_: Processor, __: Records) -> Sequence[Reading]:
        raise KeyError("ours")

    async def fail(_: Asked) -> None:
        raise KeyError("ours")

    await bus.publish("question", question("one"))
    with monkeypatch.context() as patched:
        patched.setattr("chassis.service.log", _BrokenLog())
        if reading:
            patched.setattr(Processor, "read", blunder)
        else:
            clerk.before = fail
        service = await run_clerk()
        async with asyncio.timeout(WITHIN_S):
            with pytest.raises(Crashed, match="crashed: KeyError"):
                await service.ended()
    await bus.publish("question", question("end"))
    await service.stop()
    clerk.before = None
    await run_clerk()
    await bus.hear("answer", 2)
    assert await heard() == ["one", "end"]


async def test_while_the_world_is_down(bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects) -> None:
    """What fails because the world is down is tried again until it works: one effect, no dead letter."""
    failures = iter([ConnectionRefusedError(), TimeoutError(), asyncpg.DeadlockDetectedError()])

    async def hinder(_: Asked) -> None:
        for failure in failures:
            raise failure

    clerk.before = hinder
    await bus.publish("question", question("one"), question("end"))
    await run_clerk()
    await bus.hear("answer", 2)
    assert await heard() == ["one", "end"]


@pytest.mark.parametrize("partitions", [4])
async def test_processes_share_a_group(bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
    """While a second process joins and the first leaves in mid-stream, every message has its effect once, in order."""
    askers = [f"asker-{number}" for number in range(8)]
    enough = asyncio.Event()

    async def ask() -> int:
        count = 0
        while not enough.is_set():
            await bus.publish("question", *[question(f"{asker} {count}", asker=asker) for asker in askers])
            count += 1
        return count

    asking = asyncio.create_task(ask())
    one = await run_clerk()
    await eventually(lambda: _handles(one))
    two = await run_clerk()
    await eventually(lambda: _handles(two))
    await one.stop()
    enough.set()
    count = await asking
    await bus.hear("answer", lambda answers: len({answer.id for answer in answers}) == count * len(askers))
    texts = await heard()
    for asker in askers:
        assert [text for text in texts if text.startswith(f"{asker} ")] == [f"{asker} {n}" for n in range(count)]


async def test_what_is_in_hand_is_finished(bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects) -> None:
    """A stop waits for the handler at work; its effect and its answer are there, and nobody does it again."""
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def work(_: Asked) -> None:
        at_work.set()
        await go_on.wait()

    clerk.before = work
    await bus.publish("question", question("one"))
    service = await run_clerk()
    await at_work.wait()
    stopping = asyncio.create_task(service.stop())
    go_on.set()
    await stopping
    assert await heard() == ["one"]
    await run_clerk()
    await bus.publish("question", question("end"))
    # The stop may come between Kafka's ack and the row's deletion: the first answer is then said twice, under one id.
    await bus.hear("answer", lambda answers: len({each.id for each in answers}) == 2)
    assert await heard() == ["one", "end"]


async def test_what_takes_too_long_is_given_back(bus: Bus, clerk: Clerk, run_clerk: RunClerk, heard: Effects) -> None:
    """A handler that doesn't end within the bound is cut off; another process does its work, once."""
    at_work = asyncio.Event()

    async def never(_: Asked) -> None:
        at_work.set()
        await asyncio.Event().wait()

    clerk.before = never
    await bus.publish("question", *[question(str(number)) for number in range(1200)])
    service = await run_clerk()
    await at_work.wait()
    async with asyncio.timeout(BOUND_S):
        await service.stop()
    assert await heard() == []
    clerk.before = None
    await run_clerk()
    await bus.hear("answer", lambda answers: len({each.id for each in answers}) == 1200)
    assert await heard() == [str(number) for number in range(1200)]


async def _handles(service: Service) -> bool:
    """Whether this process has had a message to handle."""
    handled = service.metrics.registry.get_sample_value
    name = "dutiful_events_handled_total"
    return bool(handled(name, {"service": service.app.name, "type": Asked.TYPE}))
