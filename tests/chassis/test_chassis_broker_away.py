"""A service while its broker is away: it says so, waits, goes on, and stops within its bound."""

import asyncio

import httpx
import pytest
from tests.chassis.bus import Bus
from tests.chassis.clerk import Answered, Clerk, question
from tests.chassis.conftest import Effects, RunClerk
from tests.chassis.eventually import BOUND_S, eventually
from tests.chassis.office import Office

from chassis.clock import SystemClock
from chassis.message import Cause
from chassis.outbox import Outgoing, encode_headers
from chassis.service import Service
from chassis.settings import Settings
from embedded.kafka import EmbeddedKafka

pytestmark = [pytest.mark.servers, pytest.mark.slow]

_WITHIN_S = 90.0  # a broker that was killed is back after some seconds; its clients notice after some more


@pytest.fixture
async def bus(own_kafka: EmbeddedKafka) -> Bus:
    """A client of a broker that may be killed, in place of the shared one."""
    return Bus(own_kafka.bootstrap, "")


async def _readiness(service: Service) -> dict[str, bool]:
    async with httpx.AsyncClient(base_url=service.url, timeout=30) as http:
        parts: dict[str, bool] = (await http.get("/health/ready")).json()
        return parts


async def _say(service: Service, text: str) -> None:
    assert service.runtime is not None
    async with service.runtime.processor.transaction(Cause("tests", text, text)) as tx:
        tx.emit(Answered(asker="anna", text=text))


async def _tries_to_send() -> bool:
    """Whether some producer here has a batch that it tries to get to the broker."""
    return any("Sender._send_produce_req" in repr(task.get_coro()) for task in asyncio.all_tasks())


async def _is_silent() -> bool:
    return not await _tries_to_send()


async def test_the_service_waits_and_goes_on(
    own_kafka: EmbeddedKafka, bus: Bus, run_clerk: RunClerk, heard: Effects
) -> None:
    """Not ready while the broker is down; what was said and asked meanwhile and later goes through, once."""
    service = await run_clerk()
    await bus.publish("question", question("one"))
    await bus.hear("answer", 1)
    assert await _readiness(service) == {"database": True, "broker": True, "relay": True}
    await own_kafka.kill()

    async def notices() -> bool:
        return not (await _readiness(service))["broker"]

    await eventually(notices)
    await _say(service, "meanwhile")
    await own_kafka.start()
    await bus.publish("question", question("two"), question("one"))
    await bus.hear("answer", lambda answers: len({answer.id for answer in answers}) == 3, within_s=_WITHIN_S)
    assert await heard() == ["one", "two"]
    assert (await _readiness(service))["broker"]


async def test_the_service_stops_within_its_bound(
    own_kafka: EmbeddedKafka, bus: Bus, clerk: Clerk, clerk_settings: Settings, run_clerk: RunClerk
) -> None:
    """A stop doesn't wait for the broker to come back; what was said is published by the next process, in order."""
    service = await run_clerk()
    await bus.publish("question", question("one"))
    await bus.hear("answer", 1)
    await own_kafka.kill()
    for number in range(3):
        await _say(service, str(number))
    await eventually(_tries_to_send)
    async with asyncio.timeout(BOUND_S):
        await service.stop()
    await eventually(_is_silent)  # or its batch would come out behind its successor's
    await own_kafka.start()
    successor = Office(clerk_settings, SystemClock(), clerk.name)
    await successor.open()
    try:
        await successor.say([Outgoing("answer", "anna", encode_headers({"ce_id": "end"}), b'"text":"end"}')])
        answers = await bus.hear("answer", lambda answers: len({each.id for each in answers}) == 5, within_s=_WITHIN_S)
    finally:
        await successor.close()
    told = [(answer.value or b"").decode().partition('"text":"')[2] for answer in answers]
    assert list(dict.fromkeys(told)) == ['one"}', '0"}', '1"}', '2"}', 'end"}']
