"""Security measures are versioned, and nothing is dropped or weakened unless somebody answers for it by name (§5)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.assurance.desk import Desk
from tests.desk import STARTS_AT

from assurance.measures import Status, Version, compare, justify, propose
from contracts.assurance import AssuranceMeasuresHeld, AssuranceMeasuresInForce
from contracts.measure import Assessment, Effect, Measure, MeasureJustified, MeasureVersionProposed

PATH = "/agreements/quicktalk/measures"


async def _in_force(desk: Desk, who: str = "acme", **query: str) -> Any:  # noqa: ANN401 - JSON of any shape
    answer = await desk.get(who, PATH, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _body(measures: list[dict[str, str]], **more: object) -> dict[str, object]:
    return {"measures": measures, "reason": "The review of the year."} | more


@pytest.mark.servers
async def test_appendix_c_is_the_first_version(desk: Desk) -> None:
    """SEC-1: clients read the measures of the agreement, all of them."""
    first = await _in_force(desk)
    assert len(first["proposed"]["measures"]) == len(desk.app.book.latest.measures)
    assert first["status"] == "in_force"
    assert (await desk.get("acme/user", PATH)).status_code == 403


@pytest.mark.servers
async def test_what_is_dropped_or_weakened_waits_for_a_named_person(desk: Desk) -> None:
    """SEC-1: the version is held, says for what, and comes into force with the last justification."""
    measures = (await _in_force(desk))["proposed"]["measures"]
    kept = [each for each in measures if each["measure_id"] != "antivirus"]
    kept[0] = kept[0] | {"text": "All centres are located in Europe."}
    kept.append({"measure_id": "hardware-keys", "section": "4", "text": "Staff sign in with hardware keys."})
    held = await desk.say("operator", f"{PATH}/v2", _body(kept))
    assert (held["status"], held["waiting_for"]) == ("held", ["antivirus", "hosting-in-france"])
    (event,) = desk.of(AssuranceMeasuresHeld)
    assert (event.dropped, event.weakened) == (("antivirus",), ("hosting-in-france",))
    assert (await _in_force(desk))["proposed"]["version_id"] == "agreement-1"
    why = {"measure_id": "antivirus", "justified_by": "C. Martin, head of security", "reason": "EDR replaces it."}
    await desk.say("operator", f"{PATH}/v2/justifications", why)
    assert "C. Martin, head of security has justified it" in await desk.refused(
        "dpo", f"{PATH}/v2/justifications", why | {"justified_by": "Another"}
    )
    assert not desk.of(AssuranceMeasuresInForce)
    await desk.say("operator", f"{PATH}/v2/justifications", why | {"measure_id": "hosting-in-france"})
    now = await _in_force(desk)
    assert now["proposed"]["version_id"] == "v2"
    assert now["comparison"] == {
        "added": ["hardware-keys"], "dropped": ["antivirus"], "weakened": ["hosting-in-france"], "changed": [],
    }  # fmt: skip
    assert [each["justified_by"] for each in now["justified"]] == ["C. Martin, head of security"] * 2


@pytest.mark.servers
async def test_a_version_has_its_day_and_history_is_read_as_it_was(desk: Desk) -> None:
    """SEC-1: stronger words wait for their day alone; the version of any day is there, staff see those to come."""
    measures = (await _in_force(desk))["proposed"]["measures"]
    measures[0]["text"] = "All centres are located in France, in buildings of our own."
    assessed = [{"measure_id": "hosting-in-france", "effect": "stronger", "because": "Our own buildings."}]
    body = _body(measures, assessments=assessed, in_force_on="2026-12-01")
    assert (await desk.say("operator", f"{PATH}/v2", body))["status"] == "scheduled"
    assert len((await desk.get("acme", f"{PATH}/history")).json()) == 1
    assert len((await desk.get("auditor", f"{PATH}/history")).json()) == 2
    await desk.at(date(2026, 12, 1), 0)
    assert (await _in_force(desk))["comparison"]["changed"] == ["hosting-in-france"]
    assert (await _in_force(desk, on="2026-11-30"))["proposed"]["version_id"] == "agreement-1"
    versions = (await desk.get("acme", f"{PATH}/history")).json()
    assert [each["status"] for each in versions] == ["in_force", "superseded"]


@pytest.mark.servers
async def test_one_version_at_a_time_and_none_that_says_nothing(desk: Desk) -> None:
    """SEC-1: bad versions are refused by field; a second one waits until the first is justified or withdrawn."""
    measures = (await _in_force(desk))["proposed"]["measures"]
    refused = desk.refused
    assert "changes nothing" in await refused("operator", f"{PATH}/v2", _body(measures), status=422)
    assert "named twice: antivirus" in await refused(
        "operator",
        f"{PATH}/v2",
        _body([*measures, next(e for e in measures if e["measure_id"] == "antivirus")]),
        status=422,
    )
    strange = [{"measure_id": "antivirus", "effect": "equal", "because": "."}]
    assert "don't change: antivirus" in await refused(
        "operator", f"{PATH}/v2", _body(measures[1:], assessments=strange), status=422
    )
    await desk.say("operator", f"{PATH}/v2", _body(measures[1:]))
    assert "'v2' is held" in await refused("operator", f"{PATH}/v3", _body(measures[2:]))
    why = {"measure_id": "antivirus", "justified_by": "C. Martin", "reason": "."}
    assert "those that wait for one are hosting-in-france" in await refused(
        "operator", f"{PATH}/v2/justifications", why, status=422
    )
    await desk.say("operator", f"{PATH}/v2/withdrawal", {"reason": "A mistake."})
    await desk.say("operator", f"{PATH}/v3", _body(measures[2:]))
    assert (await desk.post("operator", "/agreements/other/measures/v1", _body(measures))).status_code == 404
    assert (await desk.post("acme", f"{PATH}/v9", _body(measures))).status_code == 403


TEXTS = st.sampled_from(["a", "b", "c"])
MEASURES = st.dictionaries(st.sampled_from(["m1", "m2", "m3", "m4"]), TEXTS, min_size=1)


def _proposed(version_id: str, measures: dict[str, str], effects: dict[str, Effect]) -> MeasureVersionProposed:
    return MeasureVersionProposed(
        agreement_id="a", version_id=version_id, said_by="ada", reason="r",
        measures=tuple(Measure(measure_id=name, section="1", text=text) for name, text in measures.items()),
        assessments=tuple(Assessment(measure_id=name, effect=effect, because="b") for name, effect in effects.items()),
    )  # fmt: skip


@given(MEASURES, MEASURES, st.dictionaries(st.sampled_from(["m1", "m2", "m3", "m4"]), st.sampled_from(Effect)))
def test_nothing_is_lost_between_two_versions(
    before: dict[str, str], after: dict[str, str], effects: dict[str, Effect]
) -> None:
    """SEC-1: each measure is kept as it was, added, dropped, weakened or changed; what nobody assessed is weakened."""
    old = _proposed("v1", before, {})
    found = compare(old.measures, _proposed("v2", after, effects))
    same = {name for name in before if before[name] == after.get(name)}
    parts = [set(found.added), set(found.dropped), set(found.weakened), set(found.changed), same]
    assert set.union(*parts) == set(before) | set(after)
    assert sum(map(len, parts)) == len(set(before) | set(after))
    assert all(effects.get(name, Effect.WEAKER) is Effect.WEAKER for name in found.weakened)
    assert all(name in effects for name in found.changed)


@given(MEASURES, MEASURES, st.lists(st.sampled_from(["m1", "m2", "m3", "m4"]), max_size=6))
def test_a_version_is_held_until_all_is_justified(
    before: dict[str, str], after: dict[str, str], justified: list[str]
) -> None:
    """SEC-1: whatever the order in which people answer, it is free exactly when nothing is left to answer for."""
    first = Version(status=Status.IN_FORCE, proposed=_proposed("v1", before, {}), proposed_at=STARTS_AT)
    version = propose(first, None, _proposed("v2", after, {}), STARTS_AT, known=False)
    if not isinstance(version, Version):
        assert before == after
        return
    for name in justified:
        said = MeasureJustified(
            agreement_id="a", version_id="v2", said_by="ada", measure_id=name, justified_by="ada", reason="r"
        )
        outcome = justify(version, said)
        version = outcome if isinstance(outcome, Version) else version
    changed = {name for name in before if before[name] != after.get(name)}
    assert (version.status is Status.HELD) is bool(changed - set(justified))
