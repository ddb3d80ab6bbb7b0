"""The relay: what was committed is published at once, in order per key, through every crash."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from tests.chassis.bus import Bus, Heard
from tests.chassis.conftest import OpenOffice
from tests.chassis.eventually import eventually
from tests.chassis.office import Office

from chassis import agenda, outbox, relay
from chassis.agenda import Dated
from chassis.database import Connection
from chassis.outbox import Outgoing

pytestmark = pytest.mark.servers


def _row(number: int, key: str = "a", value: bytes | None = b"{}") -> Outgoing:
    return Outgoing("answer", key, outbox.encode_headers({"ce_id": str(number)}), value)


def _ids(heard: Sequence[Heard], key: str = "a") -> list[int]:
    return [int(each.id) for each in heard if each.key == key]


@pytest.fixture
async def answers(bus: Bus) -> Bus:
    """The bus with the topic that is said on."""
    await bus.make("answer", partitions=3)
    return bus


@pytest.fixture
def no_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by itself again: only being woken helps."""
    monkeypatch.setattr(relay, "_LOOK_S", 3600.0)


async def test_published_at_the_commit(answers: Bus, open_office: OpenOffice, no_polls: None) -> None:
    """A commit wakes the relay; what was said comes out whole and in order, and the outbox is empty."""
    office = await open_office()
    await office.say([_row(1), _row(2, value=b'{"said":true}')])
    await office.say([_row(3)])
    heard = await answers.hear("answer", 3)
    assert _ids(heard) == [1, 2, 3]
    assert (heard[1].value, heard[1].headers) == (b'{"said":true}', {"ce_id": "2"})
    await eventually(lambda: _is_empty(office))


async def test_nothing_without_a_commit(answers: Bus, open_office: OpenOffice) -> None:
    """What a transaction said that was rolled back is never heard."""
    office = await open_office()
    with pytest.raises(ZeroDivisionError):
        await _say_and_fail(office)
    await office.say([_row(2)])
    assert _ids(await answers.hear("answer", 1)) == [2]


async def test_a_tombstone(answers: Bus, open_office: OpenOffice) -> None:
    """A record without a value is published without a value."""
    await (await open_office()).say([_row(1, value=None)])
    assert [each.value for each in await answers.hear("answer", 1)] == [None]


async def test_keys_go_where_every_client_puts_them(answers: Bus, open_office: OpenOffice) -> None:
    """A key's records are on the partition that Kafka's own clients choose for it."""
    keys = [f"key-{number}" for number in range(40)]
    await answers.publish("answer", *[(key, b"", {"ce_id": "0"}) for key in keys])
    await (await open_office()).say([_row(1, key) for key in keys])
    places = {(each.key, each.partition) for each in await answers.hear("answer", 80)}
    assert len(places) == 40
    assert {partition for _, partition in places} == {0, 1, 2}


async def test_large_rows_wait_for_the_next_batch(answers: Bus, open_office: OpenOffice) -> None:
    """Rows that together are too large for one batch all go, in order."""
    large = bytes(400 * 1024)
    rows = [_row(number, value=large if number % 2 else b"{}") for number in range(12)]
    await (await open_office()).say([*rows, _row(12, value=bytes(900 * 1024))])
    assert _ids(await answers.hear("answer", 13)) == list(range(13))


async def test_what_another_process_publishes(answers: Bus, open_office: OpenOffice, no_polls: None) -> None:
    """A process that doesn't own a key's shard calls the one that does."""
    await open_office()
    second = await open_office()
    await second.say([_row(1)])
    assert _ids(await answers.hear("answer", 1)) == [1]


async def test_what_came_due_in_another_process(answers: Bus, open_office: OpenOffice, no_polls: None) -> None:
    """The process that finds an event due calls the one that publishes it."""
    await open_office()
    second = await open_office()
    async with second.processor.transaction() as tx:
        tx.dated.append(Dated("later", datetime.now(UTC) + timedelta(milliseconds=100), _row(1)))
    assert _ids(await answers.hear("answer", 1)) == [1]


async def test_dated_while_the_relay_looks(
    answers: Bus, open_office: OpenOffice, no_polls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that is dated while the relay looks for the next date is not forgotten."""
    office = await open_office()
    look = agenda.next_due

    async def look_slowly(connection: Connection) -> datetime | None:
        found = await look(connection)
        monkeypatch.setattr(agenda, "next_due", look)
        async with office.processor.transaction() as tx:
            tx.dated.append(Dated("soon", datetime.now(UTC), _row(2)))
        return found

    monkeypatch.setattr(agenda, "next_due", look_slowly)
    async with office.processor.transaction() as tx:
        tx.dated.append(Dated("now", datetime.now(UTC), _row(1)))
    assert _ids(await answers.hear("answer", 2)) == [1, 2]


async def test_a_crash_after_kafkas_answer(
    answers: Bus, open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Kafka had and the outbox still has is published again, under the same ids and in the same order."""
    office = await open_office()
    acknowledged = asyncio.Event()

    async def crash(_: Connection, __: Sequence[int]) -> None:
        acknowledged.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "delete", crash)
        await office.say([_row(1), _row(2)])
        await acknowledged.wait()
        await office.halt()
    await office.say([_row(3)])
    await open_office()
    assert _ids(await answers.hear("answer", 5)) == [1, 2, 1, 2, 3]


async def test_processes_come_and_go(answers: Bus, open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """While processes share the keys, join and die, every key's records come in the order in which they were said."""
    monkeypatch.setattr(relay, "_LOOK_S", 0.2)
    keys = [f"key-{number}" for number in range(20)]
    said = 0
    offices = [await open_office()]
    for step in range(6):
        for _ in range(20):
            said += 1
            await offices[-1].say([_row(said, key) for key in keys])
        if step % 3 == 2:
            await offices.pop(0).halt()
        else:
            offices.append(await open_office())
    heard = await answers.hear("answer", lambda heard: all(said in _ids(heard, key)[-1:] for key in keys))
    for key in keys:
        assert list(dict.fromkeys(_ids(heard, key))) == list(range(1, said + 1))


async def _say_and_fail(office: Office) -> None:
    async with office.processor.transaction() as tx:
        tx.relay(_row(1))
        raise ZeroDivisionError


async def _is_empty(office: Office) -> bool:
    assert office.pool is not None
    async with office.pool.acquire() as connection:
        return await outbox.depth(connection) == (0, None)
