"""Whose data a request is about, by what the person wrote (§9): a whole name is sure, anything less is a candidate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_desk.matching import CANDIDATES, Known, called, names_in, weigh, words

ACME = Known("acme", called("Acme Télécom SAS"), words("Acme Télécom SAS"), "acme.example")
BOREALIS = Known("borealis", called("Borealis GmbH"), words("Borealis GmbH"), "mail.example")
NAMESAKE = Known("borealis-2", called("BOREALIS GmbH."), words("BOREALIS GmbH."), "other.example")


@pytest.mark.parametrize(
    ("hints", "known", "client_id", "candidates"),
    [
        (["ACME TELECOM, SAS"], [ACME, BOREALIS], "acme", []),
        (["the shop Acme in Lyon"], [ACME, BOREALIS], None, ["acme"]),
        (["www.acme.example"], [ACME, BOREALIS], None, ["acme"]),
        (["I wrote to help@mail.example"], [ACME, BOREALIS], None, ["borealis"]),
        (["Borealis GmbH"], [BOREALIS, NAMESAKE], None, ["borealis", "borealis-2"]),
        (["nobody knows"], [ACME, BOREALIS], None, []),
        ([], [ACME], None, []),
        (["<b>Acme Télécom SAS</b>"], [ACME], None, ["acme"]),
    ],
)
def test_only_a_whole_name_is_sure(
    hints: list[str], known: list[Known], client_id: str | None, candidates: list[str]
) -> None:
    """DSR-1: one client's whole name decides; a word, a domain or a shared name is for a person to decide."""
    match = weigh(names_in(hints), known)
    assert match.client_id == client_id
    assert [each for each, _ in match.candidates] == candidates
    assert match.because


@given(st.lists(st.text(max_size=60), max_size=5), st.lists(st.text(min_size=1, max_size=30), max_size=40))
def test_no_text_is_too_strange(hints: list[str], clients: list[str]) -> None:
    """Whatever is written, the answer is one client, few candidates or nobody, and never two answers at once."""
    known = [Known(f"c{nth}", called(name), words(name), "") for nth, name in enumerate(clients)]
    match = weigh(names_in(hints), known)
    assert len(match.candidates) <= CANDIDATES
    assert match.client_id is None or not match.candidates
    if match.client_id is not None:
        mine = known[int(match.client_id[1:])].called
        assert mine in {called(hint) for hint in hints}
        assert [each.called for each in known].count(mine) == 1
