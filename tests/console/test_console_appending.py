"""Two transactions that append at once: each fact is in its record once, whoever is first (EVI-1)."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.console.desk import AT, Desk, received, signed, told
from tests.desk import shipped

from agreement.book import Book
from chassis.errors import Overtaken, is_down
from chassis.locks import lock_id
from chassis.message import Cause, Message
from console import store
from console.entering import Entering
from console.facts import Fact, told_by
from console.linking import Head, hash_of, link, spell
from contracts.breach import Origin
from contracts.canonical import canonical
from contracts.event import Event
from contracts.incident import IncidentOpened

CLIENTS = [f"client-{nth}" for nth in range(30)]


class Lying(NamedTuple):
    """A record of a topic."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    partition: int = 0
    offset: int = 0


texts = st.text(st.characters(codec="utf-8"), max_size=8)


@settings(deadline=None)
@given(clause=st.none() | texts, said_at=st.none() | texts, value=texts, chain=texts, seq=st.integers(0, 10**6))
def test_an_entry_is_the_canonical_form_of_all_of_it(
    clause: str | None, said_at: str | None, value: str, chain: str, seq: int
) -> None:
    """What is made once for many chains and put together is byte for byte what anybody makes of the whole."""
    fact: dict[str, object] = {"data": {"text": value}, "event": {"id": value}, "promises": [], "recorded_at": "now"}
    if said_at is not None:
        fact["said_at"] = said_at
    head, body = link(chain, Head(seq, "a" * 64), clause, spell(fact))
    whole = {**fact, "chain": chain, "seq": seq + 1} | ({} if clause is None else {"clause": clause})
    assert body.encode() == canonical(whole)
    assert head == (seq + 1, hash_of("a" * 64, canonical(whole)))


def test_what_waits_for_its_clients_is_read_as_it_was_kept() -> None:
    """A fact of a matter comes back whole, with the ids by which it is found."""
    [waits] = told_by(Message(_opened("inc-1"), Cause("tests", "e-1", "")))
    kept = Fact.from_text(waits.fact.to_text())
    assert kept.about == waits.fact.about == ["e-1", "inc-1"]
    assert (kept.data, kept.promises, kept.thing) == (waits.fact.data, waits.fact.promises, "incident_id/inc-1")


@pytest.mark.servers
async def test_who_begins_a_chain_second_begins_again(desk: Desk) -> None:
    """What was made of a chain that had not begun is not written once it has: all of it is done anew."""
    async with desk.runtime.processor.transaction() as tx:
        chains = await store.lock_chains(tx, ["client/acme"])
        await desk.hear(received("acme", "n-1"))
        [late] = told_by(Message(received("acme", "n-2"), Cause("tests", "late", "")))
        entering = Entering(Book.of_agreements([shipped()]), tx.now)
        entry = entering.enter("client/acme", chains["client/acme"], late.fact)
        with pytest.raises(Overtaken) as overtaken:
            await store.write(tx, [entry], chains)
    assert is_down(overtaken.value)
    assert [each["about"] for each in (await desk.record("acme"))["items"]] == [["event-0", "n-1", "change-1"]]


@pytest.mark.servers
async def test_batches_that_begin_the_same_chains_lose_nothing(desk: Desk) -> None:
    """Two processes hear of the same new clients at the same time, in another order: every fact is there once."""
    processor = desk.runtime.processor
    some = processor.read([_record(signed(each), f"s-{each}") for each in CLIENTS])
    others = processor.read([_record(received(each, f"n-{each}"), f"n-{each}") for each in reversed(CLIENTS)])
    await asyncio.gather(processor.handle(some), processor.handle(others))
    for client_id in CLIENTS:
        assert sorted(await desk.types(client_id)) == ["client.signed", "notice.received"]


@pytest.mark.servers
async def test_what_is_said_of_a_matter_waits_for_who_joins_it(desk: Desk) -> None:
    """A fact and the word of whose it is, in two transactions at once: neither misses the other."""
    async with desk.runtime.processor.transaction(locks=[lock_id("console/incident_id/inc-1")]):
        both = asyncio.gather(desk.hear(told("inc-1", "acme")), desk.hear(_opened("inc-1")))
        waiting = """
            SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
             WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
            """
        async with asyncio.timeout(10):
            while await desk.runtime.pool.fetchval(waiting) < 2:  # noqa: ASYNC110 - the database can't call us
                await asyncio.sleep(0.01)
    await both
    assert set(await desk.types("acme")) == {"incident.opened", "incident.notice_ordered"}


def _opened(incident_id: str) -> IncidentOpened:
    return IncidentOpened(incident_id=incident_id, origin=Origin.DETECTOR, detected_at=AT, suspected=False)


def _record(event: Event, event_id: str) -> Lying:
    headers = [("ce_specversion", "1.0"), ("ce_id", event_id), ("ce_source", "tests"), ("ce_type", event.TYPE)]
    value = event.model_dump_json(exclude_none=True).encode()
    return Lying(event.topic(), event.key.encode(), value, [(name, text.encode()) for name, text in headers])
