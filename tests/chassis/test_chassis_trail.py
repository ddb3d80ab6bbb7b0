"""What is kept of causes: whatever a service said, once, for as long as it was told to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.chassis.bus import Bus
from tests.chassis.clerk import Clerk, question
from tests.chassis.conftest import RunClerk
from tests.chassis.eventually import eventually

from chassis import outbox, trail
from chassis.access import make_key, mint
from chassis.clock import VirtualClock
from chassis.database import Pool
from chassis.rights import Role
from chassis.service import Service
from chassis.settings import Settings
from chassis.trail import Part, Said, Step

pytestmark = pytest.mark.servers

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_HEADERS = {
    "ce_id": "said",
    "ce_type": "answer.given",
    "ce_flowid": 'flow "7"',
    "ce_causedby": "tests asked",
    "ce_subject": "anna",
}
Get = Callable[..., Awaitable[httpx.Response]]


def _pool(service: Service) -> Pool:
    assert service.runtime is not None
    return service.runtime.pool


def _line(key: str = "anna", flow_id: str = 'flow "7"') -> str:
    line = trail.line_of("answer", key, _HEADERS | {"ce_flowid": flow_id, "ce_subject": key})
    assert line is not None
    return line


def _said(key: str = "anna") -> Said:
    return Said.of(_line(key))


def test_what_nothing_caused_is_not_kept_and_a_dead_letter_is_whatever_is_in_it() -> None:
    """A tombstone has no cause; a message that can't be read may have tabs and lines where an id should be."""
    assert trail.line_of("answer", "anna", {}) is None
    line = trail.line_of("dead-letter.clerk", "clerk-question-0-1", {"ce_id": "a\tb\0c", "ce_source": "tests"})
    assert line is not None
    assert Said.of(line) == Said("clerk-question-0-1", "dead-letter", "a b c", "tests", "a b c", "clerk-question-0-1")
    assert Said.of(trail.line_of("dead-letter.clerk", "letter", {}) or "").cause_id == ""
    odd = trail.line_of("answer", "anna", _HEADERS | {"ce_causedby": "dutiful/clerk/api/staff/a\0b key"})
    assert odd is not None
    assert "\0" not in odd, "PostgreSQL would refuse it, and the relay stand still"


async def test_an_event_is_in_one_place(bus: Bus, run_clerk: RunClerk) -> None:
    """On the agenda, then with Kafka: the same step, with what caused it, and the inbox knows when that was handled."""
    clock = VirtualClock(_NOW)
    service = await run_clerk(clock)
    pool = _pool(service)
    await bus.publish("question", question("why?", reply_at=_NOW + timedelta(days=3), ce_flowid="flow-7"))
    await eventually(lambda: pool.fetchval("SELECT true FROM agenda"))
    (ahead,) = await trail.unpublished(pool, "flow-7")
    assert (ahead.said.cause_source, ahead.said.cause_id, ahead.stands) == ("tests", "why?", "to come")
    assert ahead.at == _NOW + timedelta(days=3)
    clock.jump_to(_NOW + timedelta(days=4))
    await eventually(lambda: pool.fetchval("SELECT true FROM trail"))
    (step,) = (await trail.published(pool, "flow-7", 0)).steps
    assert await trail.unpublished(pool, "flow-7") == []
    assert step == Step(ahead.said, "published", step.at)
    assert step.at >= _NOW + timedelta(days=4)
    assert list(await trail.heard(pool, [("tests", "why?"), ("tests", "never")])) == [("tests", "why?")]
    for known in ("why?", "flow-7", step.said.event_id):
        assert await trail.flows_of(pool, known) == ["flow-7"]
    assert await trail.flows_of(pool, "never") == []


async def test_what_waits_for_kafka_is_found(pool: Pool) -> None:
    """Also where an id has characters that JSON escapes."""
    async with pool.acquire() as connection:
        waits = outbox.Outgoing("answer", "anna", outbox.encode_headers(_HEADERS), b"{}")
        await outbox.insert(connection, [waits], _NOW)
        (row,) = await outbox.read(connection, range(outbox.SHARDS), 10)
        assert await trail.unpublished(pool, 'flow "7"') == [Step(_said(), "waiting", _NOW)]
        await trail.conclude(connection, [row.seq], [_line()], _NOW)
        assert await outbox.read(connection, range(outbox.SHARDS), 10) == []
    assert await trail.unpublished(pool, 'flow "7"') == []
    assert await trail.published(pool, 'flow "7"', 0) == Part([Step(_said(), "published", _NOW)], None)


async def test_old_causes_are_forgotten(pool: Pool) -> None:
    """In bites, the old ones alone."""
    later = _NOW + timedelta(days=1)
    async with pool.acquire() as connection:
        for key, at in (("a", _NOW), ("b", _NOW), ("c", later)):
            await trail.conclude(connection, [], [_line(key)], at)
        assert [await trail.forget(connection, _NOW + timedelta(hours=1), 1) for _ in range(3)] == [1, 1, 0]
    assert (await trail.published(pool, 'flow "7"', 0)).steps == [Step(_said("c"), "published", later)]


async def test_a_long_flow_comes_in_parts(pool: Pool) -> None:
    """Each once, in order, and what was published beside it is not shown."""
    async with pool.acquire() as connection:
        for nth in range(120):
            await trail.conclude(connection, [], [_line(f"k-{nth}"), _line(flow_id='another flow "7"')], _NOW)
    keys: list[str] = []
    after: int | None = 0
    while after is not None:
        part = await trail.published(pool, 'flow "7"', after)
        keys += [step.said.key for step in part.steps]
        after = part.block
    assert keys == [f"k-{nth}" for nth in range(120)]


@pytest.mark.parametrize("kept", [timedelta(0), timedelta(days=1)])
async def test_nothing_is_kept_where_nothing_shall_be(
    bus: Bus, clerk: Clerk, clerk_settings: Settings, kept: timedelta
) -> None:
    """With 0 no cause is kept, and what is said leaves the outbox as ever."""
    service = Service(clerk, clerk_settings.model_copy(update={"trail_kept_within": kept}), VirtualClock(_NOW))
    await service.start()
    pool = _pool(service)
    await bus.publish("question", question("why?"))
    await bus.hear("answer", 1)
    await eventually(lambda: pool.fetchval("SELECT NOT EXISTS (SELECT FROM outbox)"))
    assert await pool.fetchval("SELECT count(*) FROM trail") == (1 if kept else 0)
    await service.stop()


@pytest.fixture
async def ask(clerk: Clerk, clerk_settings: Settings, server_home: Path) -> AsyncIterator[Get]:
    """Asks a clerk's API as somebody."""
    key = server_home / "key.pem"
    make_key(key)
    service = Service(clerk, clerk_settings.model_copy(update={"token_key": key}), VirtualClock(_NOW))
    await service.start()

    async def _ask(role: Role, path: str, **query: str | int) -> httpx.Response:
        client = None if role.is_staff else "acme"
        token = mint(key, subject="ada", role=role, client_id=client, ttl=timedelta(hours=1), now=datetime.now(UTC))
        async with httpx.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {token}"}) as http:
            return await http.get(path, params=query)

    yield _ask
    await service.stop()


async def test_the_staff_alone_may_ask(bus: Bus, ask: Get) -> None:
    """§12: a flow may concern many clients, so none of them reads it."""
    await bus.publish("question", question("why?", ce_flowid="flow-7"))
    await bus.hear("answer", 1)

    async def is_kept() -> bool:
        answer = await ask(Role.AUDITOR, "/trail/steps", flow="flow-7")
        return [step["stands"] for step in answer.json()["steps"]] == ["published"]

    await eventually(is_kept)
    assert (await ask(Role.OPERATOR, "/trail/flows", id="why?")).json()["flows"] == ["flow-7"]
    for path, query in (("/trail/flows", {"id": "why?"}), ("/trail/steps", {"flow": "flow-7"})):
        assert (await ask(Role.SUPER_ADMINISTRATOR, path, **query)).status_code == 403
