"""Who a process is to the broker: how long its silence is borne, and that it leaves in order though it has a name."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr
from tests.chassis.bus import Bus
from tests.chassis.clerk import Clerk, question
from tests.chassis.conftest import Effects
from tests.chassis.eventually import WITHIN_S

from chassis.clock import SystemClock
from chassis.consumer import membership
from chassis.errors import Unable
from chassis.service import Service
from chassis.settings import Settings

_LONG = timedelta(minutes=20)


@pytest.mark.parametrize(("within_s", "heartbeat_ms"), [(10, 3000), (30, 3000), (3, 1000)])
def test_word_comes_three_times_in_a_session(within_s: int, heartbeat_ms: int) -> None:
    """One that is lost, or two, end no session; and the broker hears of the session's length and the name."""
    settings = Settings(database_url=SecretStr("nowhere"), member="pod-7", session_within=timedelta(seconds=within_s))
    assert membership(settings) == {
        "group_instance_id": "pod-7",
        "session_timeout_ms": within_s * 1000,
        "heartbeat_interval_ms": heartbeat_ms,
    }


@pytest.mark.servers
async def test_who_has_a_name_leaves_in_order(bus: Bus, clerk: Clerk, clerk_settings: Settings, heard: Effects) -> None:
    """What it had goes to a process of another name at once, though its session would last for twenty minutes."""
    for nth, text in enumerate(("one", "end"), 1):
        await bus.publish("question", question(text))
        named = clerk_settings.model_copy(update={"member": f"pod-{nth}", "session_within": _LONG})
        service = Service(clerk, named, SystemClock())
        try:
            async with asyncio.timeout(WITHIN_S):
                await service.start()
            await bus.hear("answer", nth)
        finally:
            await service.stop()
    assert await heard() == ["one", "end"]


@pytest.mark.servers
async def test_a_session_that_the_broker_refuses(clerk: Clerk, clerk_settings: Settings) -> None:
    """The start ends with a sentence that names the setting: no waiting mends it."""
    short = clerk_settings.model_copy(update={"session_within": timedelta(milliseconds=300)})
    service = Service(clerk, short, SystemClock())
    try:
        async with asyncio.timeout(WITHIN_S):
            with pytest.raises(Unable, match="DUTIFUL_SESSION_WITHIN"):
                await service.start()
    finally:
        await service.stop()
