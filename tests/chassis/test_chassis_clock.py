"""Time as a port: the virtual clock jumps, and everything that waits for a day sees that it has come."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.chassis.bus import Bus
from tests.chassis.clerk import question
from tests.chassis.conftest import Effects, RunClerk
from tests.chassis.eventually import WITHIN_S

from chassis import agenda, relay
from chassis.clock import SystemClock, VirtualClock
from chassis.service import Service

_MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_a_virtual_clock_flows() -> None:
    """It begins where it was set, in UTC, and runs on from there."""
    clock = VirtualClock(_MONDAY)
    first = clock.now()
    await clock.wait(asyncio.Event(), first + timedelta(milliseconds=1), at_most_s=WITHIN_S)
    assert _MONDAY <= first < clock.now() < _MONDAY + timedelta(seconds=WITHIN_S)
    assert first.tzinfo is UTC


def test_time_never_runs_backwards() -> None:
    """A jump to what is past changes nothing."""
    clock = VirtualClock(_MONDAY)
    clock.jump_to(_MONDAY + timedelta(days=10))
    clock.jump_to(_MONDAY + timedelta(days=5))
    assert clock.now() >= _MONDAY + timedelta(days=10)


async def test_a_jump_wakes_whoever_waits() -> None:
    """All waiters look again at once, whatever day they wait for: the jump may have changed more than the time."""
    clock = VirtualClock(_MONDAY)
    days = [_MONDAY + timedelta(days=7), _MONDAY + timedelta(days=9), None]
    waiting = [asyncio.create_task(clock.wait(asyncio.Event(), day, at_most_s=3600)) for day in days]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    clock.jump_to(_MONDAY + timedelta(days=8))
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(*waiting)
    assert clock.now() >= _MONDAY + timedelta(days=8)


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock(_MONDAY)], ids=["system", "virtual"])
async def test_waiting(clock: SystemClock | VirtualClock) -> None:
    """Waiting ends by the event, by the instant or by the bound, whichever is first; none of them is an error."""
    woken, never = asyncio.Event(), asyncio.Event()
    woken.set()
    far, past = clock.now() + timedelta(days=1), clock.now() - timedelta(days=1)
    async with asyncio.timeout(WITHIN_S):
        await clock.wait(woken, far, at_most_s=3600)
        await clock.wait(never, past, at_most_s=3600)
        await clock.wait(never, clock.now() + timedelta(milliseconds=5), at_most_s=3600)
        await clock.wait(never, far, at_most_s=0.005)
        await clock.wait(never, None, at_most_s=0.005)
    assert not never.is_set()


@pytest.mark.servers
async def test_dated_events_fire_on_a_jump(
    bus: Bus, run_clerk: RunClerk, heard: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was promised for a day goes out when the clock jumps there, in the order of the days, and nothing sooner."""
    monkeypatch.setattr(relay, "_LOOK_S", 3600.0)
    clock = VirtualClock(_MONDAY)
    service = await run_clerk(clock)
    days = {"late": 9, "soon": 1, "last": 30, "next": 8}
    asked = [question(text, asker=text, reply_at=_MONDAY + timedelta(days=day)) for text, day in days.items()]
    await bus.publish("question", *asked, question("now", asker="now"))
    await bus.hear("answer", 1)
    assert await _waiting(service) == 4
    clock.jump_to(_MONDAY + timedelta(days=10))
    answers = await bus.hear("answer", 4)
    assert [answer.key for answer in answers] == ["now", "soon", "next", "late"]
    assert [datetime.fromisoformat(answer.headers["ce_time"]) for answer in answers[1:]] == [
        _MONDAY + timedelta(days=day) for day in (1, 8, 9)
    ]
    assert len(await heard()) == 5
    assert await _waiting(service) == 1


@pytest.mark.servers
async def test_a_moved_promise(bus: Bus, run_clerk: RunClerk, heard: Effects) -> None:
    """The same promise made again for another day is kept on that day alone."""
    clock = VirtualClock(_MONDAY)
    service = await run_clerk(clock)
    await bus.publish("question", question("first", reply_at=_MONDAY + timedelta(days=1)))
    await bus.publish(
        "question", question("second", reply_at=_MONDAY + timedelta(days=5)), question("end", asker="bert")
    )
    await bus.hear("answer", 1)
    clock.jump_to(_MONDAY + timedelta(days=2))
    await bus.publish("question", question("after the first day", asker="bert"))
    await bus.hear("answer", 2)
    clock.jump_to(_MONDAY + timedelta(days=6))
    answers = await bus.hear("answer", 3)
    assert [answer.key for answer in answers] == ["bert", "bert", "anna"]
    assert answers[2].value == b'{"asker":"anna","text":"second"}'
    assert await heard() == ["first", "second", "end", "after the first day"]
    assert await _waiting(service) == 0


async def _waiting(service: Service) -> int:
    assert service.runtime is not None
    async with service.runtime.pool.acquire() as connection:
        return await agenda.size(connection)


def _late_s(service: Service) -> float | None:
    labels = {"service": service.app.name}
    return service.metrics.registry.get_sample_value("dutiful_agenda_lateness_seconds_sum", labels)


@pytest.mark.servers
async def test_what_is_heard_of_late_is_no_lateness_of_ours(bus: Bus, run_clerk: RunClerk) -> None:
    """A date that had passed when it was heard of is noticed at once; else each such fact would raise an alert."""
    service = await run_clerk()
    await bus.publish("question", question("first"))
    await bus.hear("answer", 1)
    await bus.publish("question", question("late", reply_at=datetime.now(UTC) - timedelta(days=3)))
    await bus.hear("answer", 2)
    late_s = _late_s(service)
    assert late_s is not None
    assert 0 < late_s < 3600


@pytest.mark.servers
async def test_what_came_due_while_nobody_ran_was_late(bus: Bus, run_clerk: RunClerk) -> None:
    """The first look after an outage tells how long it was."""
    first = await run_clerk(VirtualClock(_MONDAY))
    await bus.publish("question", question("why?", reply_at=_MONDAY + timedelta(days=1)), question("now", asker="bert"))
    await bus.hear("answer", 1)
    await first.stop()
    second = await run_clerk(VirtualClock(_MONDAY + timedelta(days=3)))
    await bus.hear("answer", 2)
    assert (_late_s(second) or 0) > timedelta(days=1.9).total_seconds()
