"""Whatever a record can hold has words, and rests on a promise of the agreement (EVI-1)."""

import pytest
from tests.desk import shipped

from console.words import words
from contracts.bus import EVENTS
from contracts.client import Language
from contracts.recorded import RECORDED
from contracts.recording import plan_of

RECORDED_TYPES = {name for name, kind in EVENTS.items() if plan_of(kind) is not None}
KEPT_ELSEWHERE = {"CON-1", "SSO-1", "EVI-1"}
"""What no single fact shows: that no client sees another's, the classes of users, and the record itself."""


@pytest.mark.parametrize("language", Language)
def test_every_event_has_words(language: Language) -> None:
    """In each language, and none for what is in no record."""
    assert set(words(language).events) == RECORDED_TYPES


def test_languages_differ() -> None:
    """French is no copy of English."""
    english, french = words(Language.ENGLISH).events, words(Language.FRENCH).events
    assert not [name for name in english if english[name] == french[name]]


def test_every_promise_of_the_table_is_the_agreements_and_the_other_way() -> None:
    """A fact names no promise that the shipped agreement lacks; no promise is left without a kind of fact."""
    named = {
        code
        for recorded in RECORDED.values()
        for codes in (recorded.promises, *recorded.types.values(), *(recorded.by[1].values() if recorded.by else ()))
        for code in codes
    }
    assert named == {promise.code for promise in shipped().promises}
    assert not named & KEPT_ELSEWHERE
