"""What a dossier must hold, what is missing, and what a notification is (BRE-4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import default_path
from agreement.loading import load
from breach.authority import dossier
from contracts.breach import Entry, Standing, Words
from contracts.incident import Submission

AGREEMENT = load(default_path())
CODES = [each.code for each in AGREEMENT.breach.dossier]
ART_33_3 = {"nature", "data_subjects", "records", "contact", "consequences", "measures"}
SAID = Words(en="So it was.")


def entry(code: str, standing: Standing = Standing.KNOWN) -> Entry:
    """A whole entry for an element."""
    element = next(each for each in AGREEMENT.breach.dossier if each.code == code)
    if standing is Standing.UNKNOWN:
        return Entry(code=code, standing=standing)
    number = 12 if element.counted else None
    return Entry(code=code, standing=standing, text=SAID, number=number, choices=element.choices[:1])


@given(st.dictionaries(st.sampled_from(CODES), st.sampled_from(Standing)), st.booleans())
def test_what_is_missing_is_named(standings: dict[str, Standing], late: bool) -> None:  # noqa: FBT001
    """An element is missing when it isn't entered or is unknown; approximate is enough; lateness counts when late."""
    entries = {code: entry(code, standing) for code, standing in standings.items()}
    there = {code for code, standing in standings.items() if standing is not Standing.UNKNOWN}
    assert set(dossier.missing(AGREEMENT, entries, late=late)) == set(CODES) - there - (set() if late else {"lateness"})


def test_every_field_of_the_article_is_asked_for() -> None:
    """Of an empty dossier all of art. 33(3) is missing, and the fields of the authority's form."""
    missing = set(dossier.missing(AGREEMENT, {}, late=True))
    assert missing >= ART_33_3
    assert missing - ART_33_3 == {"type", "origin", "cause", "discovery", "lateness"}


def test_words_alone_are_no_number() -> None:
    """What is counted needs its number, though it may be approximate."""
    entries = {"records": Entry(code="records", text=SAID)}
    assert "records" in dossier.missing(AGREEMENT, entries, late=False)
    entries = dossier.merge(entries, [Entry(code="records", standing=Standing.APPROXIMATE, number=900)])
    assert "records" not in dossier.missing(AGREEMENT, entries, late=False)


@pytest.mark.parametrize(
    ("bad", "field", "says"),
    [
        (Entry(code="weather", text=SAID), "entries[1].code", "no element"),
        (Entry(code="nature", number=3), "entries[1].number", "not counted"),
        (Entry(code="type", choices=("beauty",)), "entries[1].choices", "beauty is no choice of type"),
        (Entry(code="nature"), "entries[1].text", "says nothing"),
        (Entry(code="records", standing=Standing.UNKNOWN, number=3), "entries[1].standing", "neither a number"),
    ],
)
def test_what_can_not_be_entered_is_named(bad: Entry, field: str, says: str) -> None:
    """The field of the entry, and what is wrong with it."""
    found = dossier.why_not(AGREEMENT, [entry("nature"), bad])
    assert found is not None
    assert found[0] == field
    assert says in found[1]


@given(st.sampled_from(CODES), st.sampled_from(Standing))
def test_whole_entries_can_be_entered(code: str, standing: Standing) -> None:
    """Every element of the agreement can be known, approximate or unknown."""
    assert dossier.why_not(AGREEMENT, [entry(code, standing)]) is None


def test_initial_complementary_complete() -> None:
    """The first incomplete one is initial, those after it complementary, and whatever lacks nothing is complete."""
    assert dossier.submission(["records"], 0) is Submission.INITIAL
    assert dossier.submission(["records"], 1) is Submission.COMPLEMENTARY
    assert dossier.submission([], 0) is dossier.submission([], 4) is Submission.COMPLETE
