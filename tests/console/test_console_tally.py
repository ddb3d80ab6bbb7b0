"""What stands of each promise: counted in one go or in many, the same (EVI-1)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.console.desk import Desk, received

from console import tally_store
from console.tallying import Standing, Tally
from contracts.notice import NoticeFailed

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
SAID = st.tuples(
    st.lists(st.sampled_from(["BRE-1", "BRE-2", "CLI-1"]), unique=True),
    st.sampled_from(["n-1", "n-2", "n-3"]),
    st.sampled_from([None, "opens", "closes", "misses"]),
)


def _entries(said: list[tuple[list[str], str, str | None]]) -> list[Standing]:
    return [
        Standing(seq, "notice.received", AT + timedelta(seconds=seq), promises, thing, stands)
        for seq, (promises, thing, stands) in enumerate(said, start=1)
    ]


@settings(deadline=None)
@given(said=st.lists(SAID, max_size=20), data=st.data())
def test_a_tally_that_was_kept_goes_on_as_if_it_had_not_been(
    said: list[tuple[list[str], str, str | None]], data: st.DataObject
) -> None:
    """Wherever the counting was broken off and kept, what comes out in the end is what one go brings."""
    entries = _entries(said)
    place = data.draw(st.integers(0, len(entries)))
    whole, part = Tally(), Tally()
    for entry in entries:
        whole.add(entry)
    for entry in entries[:place]:
        part.add(entry)
    part = Tally.model_validate_json(part.model_dump_json())
    for entry in entries[place:]:
        part.add(entry)
    assert part == whole


@given(said=st.lists(SAID, max_size=20))
def test_a_thing_stands_as_its_last_word_says(said: list[tuple[list[str], str, str | None]]) -> None:
    """Each promise counts its facts, and a thing once, by its last word that says how it stands."""
    tally = Tally()
    for entry in _entries(said):
        tally.add(entry)
    last = {thing: stands for _, thing, stands in said if stands is not None}
    assert {thing: each.stands for thing, each in tally.things.items()} == {
        thing: stands for thing, stands in last.items() if stands != "closes"
    }
    counts = {code: sum(code in promises for promises, _, _ in said) for code in ("BRE-1", "BRE-2", "CLI-1")}
    assert {code: facts.count for code, facts in tally.facts.items()} == {
        code: count for code, count in counts.items() if count
    }


@pytest.mark.servers
async def test_what_was_counted_is_not_counted_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tally is kept with what it was counted up to, and what comes after it is added; in pieces as in one."""
    monkeypatch.setattr(tally_store, "_WORTH", 2)
    monkeypatch.setattr(tally_store, "_PIECE", 2)
    pool = desk.runtime.pool
    for nth in range(5):
        await desk.hear(NoticeFailed(notice_id=f"n-{nth}", client_id="acme", about="c", kind="k", reason="r"))
    first = await tally_store.tally(pool, "client/acme")
    assert (first.seq, first.counted("CLI-1", "misses")) == (5, 5)
    await pool.execute("UPDATE tally SET counted = replace(counted, '\"count\":5', '\"count\":50')")
    await desk.hear(received("acme", "n-1"))
    again = await tally_store.tally(pool, "client/acme")
    assert (again.facts["CLI-1"].count, again.counted("CLI-1", "misses")) == (51, 4)
    assert await pool.fetchval("SELECT seq FROM tally") == 5
