"""What counts of what people say about an incident (§6)."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import default_path
from agreement.loading import load
from breach.affected.scope import Scope
from breach.course.decisions import (
    Known,
    Said,
    Status,
    fold,
    weigh_awareness,
    weigh_closing,
    weigh_correction,
    weigh_delay,
    weigh_exemption,
    weigh_update,
)
from contracts.breach import (
    Absence,
    BreachAwarenessRecorded,
    BreachClosed,
    BreachDelayExplained,
    BreachDetected,
    BreachExempted,
    BreachScopeCorrected,
    BreachUpdated,
    Needed,
    Origin,
    Words,
)
from contracts.incident import IncidentClosed, IncidentRefused, IncidentUpdated

AGREEMENT = load(default_path())
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SKEW = timedelta(minutes=5)
KNOWN = Known("i", Status.ESTABLISHED, NOW - timedelta(hours=3), NOW - timedelta(hours=2), 3)
UPDATES = {
    "u1": Said(1, NOW - timedelta(hours=3), None),
    "u2": Said(2, NOW - timedelta(hours=1), None),
    "early": Said(3, NOW - timedelta(hours=2), 2),
}
INSTANTS = st.timedeltas(-timedelta(days=99), timedelta(days=99)).map(lambda passed: NOW + passed)
DETECTIONS = st.builds(
    BreachDetected,
    incident_id=st.just("i"),
    origin=st.sampled_from(Origin),
    detected_at=INSTANTS,
    description=st.just("x"),
    aware_at=st.none() | INSTANTS,
    client_ids=st.lists(st.sampled_from(["a", "b", "c"])).map(tuple),
    subprocessor_id=st.none() | st.sampled_from(["s", "t"]),
)


@given(st.lists(DETECTIONS, min_size=1, max_size=20), st.randoms())
def test_a_flood_is_one_whatever_its_order(said: list[BreachDetected], dice: Random) -> None:
    """The earliest times hold, everybody named is in, each detection is counted."""
    one = fold(said)
    dice.shuffle(said)
    other = fold(said)
    assert (one.detected_at, one.aware_at, one.times) == (other.detected_at, other.aware_at, len(said))
    assert set(one.client_ids) == set(other.client_ids) == {client for each in said for client in each.client_ids}
    assert set(one.subprocessor_ids) == {each.subprocessor_id for each in said} - {None}
    assert all(one.detected_at <= each.detected_at <= one.last_detected_at for each in said)


def aware(at: datetime) -> BreachAwarenessRecorded:
    """Somebody's decision."""
    return BreachAwarenessRecorded(incident_id="i", aware_at=at, decided_by="DPO", reason="seen")


@pytest.mark.parametrize(
    ("at", "known", "says", "field"),
    [
        (KNOWN.detected_at - timedelta(seconds=1), KNOWN, "before the detection", "aware_at"),
        (NOW + SKEW + timedelta(seconds=1), KNOWN, "lies ahead", "aware_at"),
        (KNOWN.aware_at, KNOWN, "since already", "aware_at"),
        (NOW, Known("i", Status.CLOSED, NOW, NOW, 0), "reopen it first", None),
    ],
)
def test_awareness_that_can_not_be(at: datetime, known: Known, says: str, field: str | None) -> None:
    """Before detection, ahead of now, or the same again: refused with its field."""
    refused = weigh_awareness(AGREEMENT, known, aware(at), NOW, SKEW)
    assert refused is not None
    assert says in refused.reason
    assert refused.field == field


def test_awareness_may_be_moved_either_way() -> None:
    """Earlier or later than it was said before, also a little ahead of our clock."""
    for at in (KNOWN.detected_at, NOW, NOW + SKEW):
        assert weigh_awareness(AGREEMENT, KNOWN, aware(at), NOW, SKEW) is None


def update(**more: object) -> BreachUpdated:
    """An update."""
    said = {"incident_id": "i", "update_id": "u3", "as_of": NOW, "text": Words(en="More."), "said_by": "DPO"}
    return BreachUpdated.model_validate(said | more)


def test_updates_are_numbered_and_say_what_they_correct() -> None:
    """The next number; the number of what is corrected; an earlier state is overtaken by the latest."""
    found = weigh_update(AGREEMENT, KNOWN, UPDATES, update(corrects="u1"))
    assert isinstance(found, IncidentUpdated)
    assert (found.number, found.corrects, found.overtaken_by) == (4, 1, None)
    late = weigh_update(AGREEMENT, KNOWN, UPDATES, update(as_of=NOW - timedelta(hours=1.5)))
    assert isinstance(late, IncidentUpdated)
    assert (late.number, late.overtaken_by) == (4, 2)


@pytest.mark.parametrize(("more", "field"), [({"update_id": "u1"}, "update_id"), ({"corrects": "u9"}, "corrects")])
def test_updates_that_can_not_be(more: dict[str, object], field: str) -> None:
    """The same again, or a correction of what was never said."""
    refused = weigh_update(AGREEMENT, KNOWN, UPDATES, update(**more))
    assert isinstance(refused, IncidentRefused)
    assert refused.field == field


@given(st.lists(INSTANTS, max_size=8), INSTANTS)
def test_what_overtakes_an_update_is_the_latest_state(told: list[datetime], at: datetime) -> None:
    """BRE-2: whichever number it has; nothing overtakes what is the latest itself."""
    updates = {f"v{nth}": Said(nth, each, None) for nth, each in enumerate(told, 1)}
    found = weigh_update(AGREEMENT, KNOWN, updates, update(as_of=at))
    assert isinstance(found, IncidentUpdated)
    later = [each for each in told if each > at]
    assert (found.overtaken_by is not None) == bool(later)
    if found.overtaken_by:
        assert told[found.overtaken_by - 1] == max(told)


NAMED = Scope(("a", "b"), ("sub",), ("crm",), ("faxes",))


@pytest.mark.parametrize(
    ("mistaken", "told", "known", "field"),
    [
        (Scope(), (), KNOWN, "client_ids"),
        (Scope(("c",)), (), KNOWN, "client_ids"),
        (Scope(("a",), ("other",)), (), KNOWN, "subprocessor_ids"),
        (Scope(systems=("other",)), (), KNOWN, "systems"),
        (Scope(data_categories=("other",)), (), KNOWN, "data_categories"),
        (Scope(("a",)), ("a",), KNOWN, "client_ids"),
        (Scope(("a",)), (), Known("i", Status.CLOSED, NOW, NOW, 0), None),
    ],
)
def test_what_can_not_be_taken_out(mistaken: Scope, told: tuple[str, ...], known: Known, field: str | None) -> None:
    """Nothing, what was never named, who was told, and anything of an incident that is over; the rest can be."""
    said = BreachScopeCorrected(incident_id="i", decided_by="DPO", reason="A slip.")
    refused = weigh_correction(AGREEMENT, known, NAMED, mistaken, told, said)
    assert refused is not None
    assert refused.field == field
    assert weigh_correction(AGREEMENT, KNOWN, NAMED, Scope(("b",), ("sub",)), (), said) is None


def test_a_delay_is_explained_where_there_is_one() -> None:
    """BRE-1: neither of a clock that nobody has, nor of one that was kept."""
    said = BreachDelayExplained(incident_id="i", clock="clients", reason=Words(en="A queue."), said_by="DPO")
    for codes, late in (({"other"}, True), ({"clients"}, False)):
        refused = weigh_delay(AGREEMENT, codes, said, late=late)
        assert refused is not None
        assert refused.field == "clock"
    assert weigh_delay(AGREEMENT, {"clients"}, said, late=True) is None


def test_an_exemption_is_for_who_is_affected() -> None:
    """BRE-5: who isn't has nothing to be exempt from, and an agreement without the sentence knows no exemption."""
    said = BreachExempted(incident_id="i", client_id="a", reason="r", evidence="e", decided_by="DPO")
    assert weigh_exemption(AGREEMENT, said, affected=True) is None
    refused = weigh_exemption(AGREEMENT, said, affected=False)
    assert refused is not None
    assert "not affected" in refused.reason
    breach = AGREEMENT.breach.model_copy(update={"exempt_if_caused_by_client": False})
    other = AGREEMENT.model_copy(update={"breach": breach})
    assert weigh_exemption(other, said, affected=True) is not None


@given(st.sets(st.sampled_from(Needed)), st.sets(st.sampled_from(Needed)))
def test_closing_needs_everything_or_a_reason_for_it(there: set[Needed], explained: set[Needed]) -> None:
    """It is closed when nothing lacks unexplained; a refusal names all that does."""
    absences = tuple(Absence(what=each, reason="none") for each in sorted(explained))
    said = BreachClosed(incident_id="i", reason="over", closed_by="DPO", absences=absences)
    found = weigh_closing(AGREEMENT, KNOWN, there, said)
    lacking = set(Needed) - there - explained
    assert isinstance(found, IncidentRefused) == bool(lacking)
    if isinstance(found, IncidentRefused):
        assert all(each.value in found.reason for each in lacking)


def test_a_suspicion_is_dismissed_with_a_reason_alone() -> None:
    """Nothing is asked of what was no breach; what is over is not closed again."""
    said = BreachClosed(incident_id="i", reason="a test", closed_by="DPO")
    found = weigh_closing(AGREEMENT, Known("i", Status.SUSPECTED, NOW, None, 0), (), said)
    assert isinstance(found, IncidentClosed)
    assert found.dismissed
    over = weigh_closing(AGREEMENT, Known("i", Status.DISMISSED, NOW, None, 0), (), said)
    assert isinstance(over, IncidentRefused)
