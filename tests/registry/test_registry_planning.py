"""What becomes of a sub-processor that the platform announces (§4.1, §4.3, §8.2): examples and properties."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement import deadlines
from agreement.loading import default_path, load
from agreement.schema import Agreement
from contracts.bus import EVENTS
from contracts.change import ChangeAnnounced, ChangeCorrected, ChangeKind, ChangeRefused
from contracts.coded import decode
from contracts.event import Reckoning
from contracts.subprocessor import SubprocessorFacts, Transfer, WrittenAgreement
from subprocessor_registry.changes import (
    Asked,
    Change,
    Listed,
    TakenBack,
    Verdict,
    Wish,
    changed_fields,
    facts_of,
)
from subprocessor_registry.planning import weigh_addition, weigh_correction, weigh_removal
from subprocessor_registry.reasons import Reason, ReasonCode

AGREEMENT = load(default_path())
LONGER = AGREEMENT.model_copy(
    update={
        "version": "2",
        "periods": AGREEMENT.periods.model_copy(
            update={"change_notice": AGREEMENT.periods.change_notice.model_copy(update={"n": 20})}
        ),
    }
)
"""A version with twice the notice."""
LENIENT = AGREEMENT.model_copy(
    update={
        "version": "0",
        "sub_processing": AGREEMENT.sub_processing.model_copy(update={"written_agreement_required": False}),
    }
)
"""A version that asks for no written agreement."""
EXAMPLES = Path(__file__).parents[2] / "docs" / "contracts" / "examples"
ASKED_AT = datetime(2026, 4, 30, 7, 0, tzinfo=UTC)
ASKED_ON = date(2026, 4, 30)
EARLIEST_ON = date(2026, 5, 20)
"""Ten working days after 30 April, less 1, 8 and 14 May, end with Tuesday 19 May."""
AGREED = WrittenAgreement(reference="DPA-17", signed_on=date(2026, 4, 20))
DOCUMENTED = Transfer(mechanism="scc", document="SCC (2021/914), signed 2026-04-20")
FACTS = SubprocessorFacts(
    name="Lingua", actions=("Translation",), location="US", transfer=DOCUMENTED, written_agreement=AGREED
)
PARENT = {"datacenter": Listed(facts_of(AGREEMENT.sub_processors[0]))}


def wish(effective_on: date | None = None, asked_at: datetime = ASKED_AT, **changed: object) -> Wish:
    """What a publisher asks for: lawful but for what is changed."""
    return Wish(
        change_id="change-1",
        subprocessor_id="lingua",
        effective_on=effective_on,
        asked_at=asked_at,
        facts=FACTS.model_copy(update=changed),
    )


def changed_by(changed: Mapping[str, object]) -> Wish:
    """A wish that differs from what is on the list in these facts."""
    return replace(wish(), facts=FACTS.model_copy(update=changed))


def removal(effective_on: date | None = None) -> Asked:
    """A removal is asked for."""
    return Asked(change_id="change-1", subprocessor_id="lingua", effective_on=effective_on, asked_at=ASKED_AT)


def planned(
    kind: ChangeKind, requested_on: date | None = None, change_id: str = "change-0", **changed: object
) -> Change:
    """A change that is planned for the earliest day, or the one that was asked for."""
    reckoning = Reckoning(rule="earliest_effective_day", clause="4.3", because=(), calendar="none")
    facts = FACTS.model_copy(update=changed)
    day = requested_on or EARLIEST_ON
    return Change(change_id, "lingua", kind, "announced", facts, requested_on, day, reckoning)


def weigh(asked: Wish, facts: SubprocessorFacts | None = None) -> Verdict:
    """The verdict on it under the shipped agreement."""
    return weigh_addition([AGREEMENT], asked, Listed(facts), PARENT)


@pytest.mark.parametrize(
    ("agreed", "said"),
    [
        (None, "written_agreement is missing"),
        (WrittenAgreement(reference="A", signed_on=ASKED_ON + timedelta(days=1)), "is yet to come"),
        (WrittenAgreement(reference="A", signed_on=ASKED_ON, confirmed=False), "is not confirmed"),
    ],
)
def test_without_a_written_agreement_nobody_is_announced(agreed: WrittenAgreement | None, said: str) -> None:
    """§4.1: there must be one, and its date must have come; the reason names the field."""
    verdict = weigh(wish(written_agreement=agreed))
    assert isinstance(verdict, ChangeRefused)
    assert said in verdict.reason
    assert verdict.reason.startswith("written_agreement")
    assert verdict.clause == AGREEMENT.sub_processing.clause


def test_a_written_agreement_of_today_is_enough() -> None:
    """§4.1: the day of signing is not in the future, by the day of the agreement's timezone."""
    late = datetime(2026, 4, 30, 22, 30, tzinfo=UTC)  # it is the 1st of May in Paris
    signed = WrittenAgreement(reference="A", signed_on=date(2026, 5, 1))
    assert isinstance(weigh(wish(asked_at=late, written_agreement=signed)), ChangeAnnounced)


@pytest.mark.parametrize("agreements", [[LENIENT, AGREEMENT], [AGREEMENT, LENIENT]])
def test_the_strictest_version_decides_whether_it_is_lawful(agreements: list[Agreement]) -> None:
    """§4.1, §15: while one client is bound to a version that asks for a written agreement, there must be one."""
    verdict = weigh_addition(agreements, wish(written_agreement=None), Listed(None), {})
    assert isinstance(verdict, ChangeRefused)
    assert isinstance(
        weigh_addition([LENIENT], wish(written_agreement=None), Listed(None), {}),
        ChangeAnnounced,
    )


@pytest.mark.parametrize("weigher", [weigh_addition, weigh_correction])
def test_a_category_that_the_agreement_does_not_have_is_refused(weigher: Callable[..., Verdict]) -> None:
    """Appendix A: no order to erase would ever reach it; the refusal names it, and those that there are."""
    asked = changed_by({"data_categories": ("faxes", "nosuch", "gifts")})
    agreed = AGREEMENT.model_copy(
        update={"sub_processing": AGREEMENT.sub_processing.model_copy(update={"material_facts": frozenset()})}
    )
    refused = weigher([agreed], asked, Listed(FACTS), PARENT)
    assert isinstance(refused, ChangeRefused)
    assert refused.reason.startswith("data_categories: nosuch, gifts not known")
    assert all(each.code in refused.reason for each in AGREEMENT.data_categories)
    assert refused.clause == AGREEMENT.sub_processing.clause


def test_the_documented_example_is_lawful() -> None:
    """What newcomers copy is announced under the shipped agreement, and its correction corrects."""
    added, corrected = (
        SubprocessorFacts.model_validate_json(
            EVENTS[name]
            .model_validate_json((EXAMPLES / f"{name}.json").read_bytes())
            .model_dump_json(include=set(SubprocessorFacts.model_fields))
        )
        for name in ("subprocessor.added", "subprocessor.corrected")
    )
    assert isinstance(weigh(replace(wish(), facts=added)), ChangeAnnounced)
    assert isinstance(
        weigh_correction([AGREEMENT], replace(wish(), facts=corrected), Listed(added), {}), ChangeCorrected
    )


def test_a_chain_hangs_on_a_listed_parent() -> None:
    """§4.1: who works for a sub-processor that is not on the list is refused; for a listed one, announced."""
    unknown = weigh(wish(parent_id="nobody"))
    assert isinstance(unknown, ChangeRefused)
    assert "parent_id 'nobody' is not on the list" in unknown.reason
    assert isinstance(weigh(wish(parent_id="datacenter")), ChangeAnnounced)


@pytest.mark.parametrize(
    ("location", "transfer", "said"),
    [
        ("US", None, "transfer.mechanism is missing"),
        ("US", Transfer(mechanism="none", document="D"), "transfer.mechanism 'none' does not cover"),
        ("US", Transfer(mechanism="magic", document="D"), "transfer.mechanism 'magic' is no mechanism, known are scc"),
        ("US", Transfer(mechanism="scc"), "transfer.document is missing"),
        ("IN", Transfer(mechanism="adequacy", document="D"), "transfer.mechanism 'adequacy' does not cover"),
        ("ZZ", DOCUMENTED, "location 'ZZ' is no country of ISO 3166-1"),
        ("US", DOCUMENTED, None),
        ("US", Transfer(mechanism="adequacy", document="The certificate"), None),
        ("GB", None, None),
        ("DE", None, None),
        ("NO", Transfer(mechanism="none"), None),
    ],
)
def test_a_transfer_needs_its_mechanism_and_its_document(
    location: str, transfer: Transfer | None, said: str | None
) -> None:
    """§8.2: none in the EEA or under full adequacy; elsewhere both, and the refusal says what is missing or wrong."""
    verdict = weigh(wish(location=location, transfer=transfer))
    if said is None:
        assert isinstance(verdict, ChangeAnnounced)
        return
    assert isinstance(verdict, ChangeRefused)
    assert verdict.reason.startswith(said)
    assert verdict.clause == AGREEMENT.transfers.clause


@pytest.mark.parametrize(
    ("asked_on", "effective_on", "lawful"),
    [
        (date(2021, 1, 4), None, False),  # after the transition, before the decision
        (date(2026, 6, 1), date(2031, 12, 27), True),  # the last day of the decision
        (date(2026, 6, 1), date(2031, 12, 28), False),  # it is over on the day of the change
        (date(2031, 12, 20), date(2031, 12, 22), False),  # asked for within it, moved beyond it
        (date(2031, 12, 20), None, False),  # the first lawful day is beyond it
        (date(2021, 1, 4), date(2020, 6, 1), False),  # a day that has passed can't borrow the law of that day
    ],
)
def test_adequacy_is_judged_as_of_the_day_of_effect(asked_on: date, effective_on: date | None, *, lawful: bool) -> None:
    """§8.2: the United Kingdom is adequate for a while; what counts is the day on which data begin to go there."""
    asked_at = datetime.combine(asked_on, datetime.min.time(), UTC) + timedelta(hours=9)
    agreed = WrittenAgreement(reference="A", signed_on=date(2020, 1, 1))
    verdict = weigh(wish(effective_on, asked_at, location="GB", transfer=None, written_agreement=agreed))
    assert isinstance(verdict, ChangeAnnounced if lawful else ChangeRefused)


@pytest.mark.parametrize(
    ("asked", "effective_on", "moved", "last_step"),
    [
        (None, EARLIEST_ON, False, "the first day after them is"),
        (date(2026, 5, 11), EARLIEST_ON, True, "2026-05-11 was asked for and is too early: moved to 2026-05-20"),
        (EARLIEST_ON - timedelta(days=1), EARLIEST_ON, True, "too early"),
        (EARLIEST_ON, EARLIEST_ON, False, "2026-05-20 was asked for and is lawful"),
        (date(2026, 9, 1), date(2026, 9, 1), False, "2026-09-01 was asked for and is lawful"),
        (date(2020, 1, 1), EARLIEST_ON, True, "too early"),
    ],
)
def test_an_early_day_is_moved_and_a_lawful_one_kept(
    asked: date | None, effective_on: date, last_step: str, *, moved: bool
) -> None:
    """§4.3: ten full working days lie between, or the day moves; the reckoning's last step says which."""
    announced = weigh_addition([AGREEMENT], wish(asked), Listed(None), {})
    assert isinstance(announced, ChangeAnnounced)
    assert (announced.requested_on, announced.effective_on, announced.moved) == (asked, effective_on, moved)
    assert last_step in announced.reckoning.because[-1]
    assert announced.reckoning.clause == AGREEMENT.periods.change_notice.clause


@pytest.mark.parametrize("agreements", [[AGREEMENT, LONGER], [LONGER, AGREEMENT]])
def test_the_latest_day_of_several_versions_holds(agreements: list[Agreement]) -> None:
    """§4.3, §15: no client's notice is shorter than the version that it signed promises."""
    announced = weigh_addition(agreements, wish(EARLIEST_ON), Listed(None), {})
    assert isinstance(announced, ChangeAnnounced)
    assert announced.moved
    assert announced.effective_on == deadlines.earliest_effective_day(LONGER, ASKED_ON).day


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"name": "Lingua SAS"}, ChangeCorrected),
        ({"written_agreement": WrittenAgreement(reference="DPA-18", signed_on=ASKED_ON)}, ChangeCorrected),
        ({"actions": ("Translation", "Summaries")}, ChangeAnnounced),
        ({"data_categories": ("faxes",)}, ChangeAnnounced),
        ({"location": "DE"}, ChangeAnnounced),
        ({"transfer": Transfer(mechanism="bcr", document="BCR")}, ChangeAnnounced),
        ({"parent_id": "datacenter"}, ChangeAnnounced),
        ({"name": "Lingua SAS", "location": "DE"}, ChangeAnnounced),
        ({}, ChangeRefused),
    ],
)
def test_a_material_fact_is_announced_and_a_trifle_corrected(changed: dict[str, object], kind: type[Verdict]) -> None:
    """§4.3: who is on the list already needs notice for material facts alone; the same facts again are refused."""
    verdict = weigh(changed_by(changed), FACTS)
    assert isinstance(verdict, kind)
    if isinstance(verdict, ChangeAnnounced):
        assert verdict.kind is ChangeKind.MODIFICATION
    if isinstance(verdict, ChangeCorrected):
        assert verdict.fields == tuple(changed)


def test_what_one_version_calls_material_needs_notice_for_all() -> None:
    """§4.3, §15: a fact that is a trifle under one version and material under another is announced."""
    rules = AGREEMENT.sub_processing
    stricter = AGREEMENT.model_copy(
        update={"sub_processing": rules.model_copy(update={"material_facts": rules.material_facts | {"name"}})}
    )
    verdict = weigh_addition([AGREEMENT, stricter], wish(name="Lingua SAS"), Listed(FACTS), {})
    assert isinstance(verdict, ChangeAnnounced)


@pytest.mark.parametrize(
    ("changed", "listed", "said"),
    [
        ({"name": "Lingua SAS"}, None, "it is not on the list"),
        ({"location": "DE", "name": "Lingua SAS"}, FACTS, "location may not be corrected"),
        ({}, FACTS, "there is nothing to correct"),
    ],
)
def test_a_correction_changes_nothing_that_needs_notice(
    changed: dict[str, object], listed: SubprocessorFacts | None, said: str
) -> None:
    """§4.3: what isn't listed, what is material and what is the same can't be corrected."""
    verdict = weigh_correction([AGREEMENT], changed_by(changed), Listed(listed), {})
    assert isinstance(verdict, ChangeRefused)
    assert said in verdict.reason


def test_a_correction_says_which_fields() -> None:
    """§4.3: it is told which facts the list got wrong."""
    verdict = weigh_correction([AGREEMENT], wish(name="Lingua SAS"), Listed(FACTS), {})
    assert isinstance(verdict, ChangeCorrected)
    assert (verdict.fields, verdict.facts.name) == (("name",), "Lingua SAS")


def test_a_removal_is_announced_and_a_parent_stays() -> None:
    """§4.3: a deletion has notice too; who others work for, or are to work for, is refused, with their names."""
    announced = weigh_removal([AGREEMENT], removal(), Listed(FACTS), {})
    assert isinstance(announced, ChangeAnnounced)
    assert (announced.kind, announced.effective_on) == (ChangeKind.REMOVAL, EARLIEST_ON)
    child = FACTS.model_copy(update={"parent_id": "lingua"})
    chains = {
        "child-2": Listed(None, planned(ChangeKind.ADDITION, parent_id="lingua")),
        "child-1": Listed(child, planned(ChangeKind.MODIFICATION)),
        "other": Listed(FACTS),
    }
    refused = weigh_removal([AGREEMENT], removal(), Listed(FACTS), chains)
    assert isinstance(refused, ChangeRefused)
    assert refused.coded == Reason(ReasonCode.HAS_CHILDREN, {"children": "child-1, child-2"}).coded
    assert "child-1, child-2" in refused.reason


def test_what_is_not_listed_is_not_removed() -> None:
    """§4.3: the refusal carries the clause; an addition that is planned is taken back instead."""
    refused = weigh_removal([AGREEMENT], removal(), Listed(None), {})
    assert isinstance(refused, ChangeRefused)
    assert (refused.subprocessor_id, refused.clause) == ("lingua", AGREEMENT.sub_processing.clause)
    addition = planned(ChangeKind.ADDITION)
    assert weigh_removal([AGREEMENT], removal(), Listed(None, addition), {}) == TakenBack(addition)


@pytest.mark.parametrize(
    ("parent_id", "chains", "code"),
    [
        ("lingua", {"lingua": Listed(FACTS)}, ReasonCode.OWN_PARENT),
        ("top", {}, ReasonCode.PARENT_UNLISTED),
        ("top", {"top": Listed(None, planned(ChangeKind.ADDITION))}, ReasonCode.PARENT_UNLISTED),
        ("top", {"top": Listed(FACTS, planned(ChangeKind.REMOVAL))}, ReasonCode.PARENT_LEAVES),
        ("top", {"top": Listed(FACTS.model_copy(update={"parent_id": "lingua"}))}, ReasonCode.PARENT_BELOW),
        (
            "top",
            {"top": Listed(FACTS, planned(ChangeKind.MODIFICATION, parent_id="lingua"))},
            ReasonCode.PARENT_BELOW,
        ),
        (
            "top",
            {
                "top": Listed(FACTS.model_copy(update={"parent_id": "middle"})),
                "middle": Listed(FACTS, planned(ChangeKind.MODIFICATION, parent_id="lingua")),
            },
            ReasonCode.PARENT_BELOW,
        ),
        ("top", {"top": Listed(FACTS.model_copy(update={"parent_id": "root"})), "root": Listed(FACTS)}, None),
    ],
)
def test_a_chain_has_an_end_that_stays(parent_id: str, chains: dict[str, Listed], code: ReasonCode | None) -> None:
    """§4.1: nobody works for itself, in a circle, or for who is not on the list or leaves it; the reason has a code."""
    verdict = weigh_addition([AGREEMENT], wish(parent_id=parent_id), Listed(FACTS), chains)
    if code is None:
        assert isinstance(verdict, ChangeAnnounced)
        return
    assert isinstance(verdict, ChangeRefused)
    assert decode(verdict.coded or "")[0] == code
    assert verdict.clause == AGREEMENT.sub_processing.clause


@pytest.mark.parametrize("requested_on", [None, date(2026, 9, 1)])
def test_the_same_wish_is_planned_once(requested_on: date | None) -> None:
    """The same facts for the same day again are refused with the planned change's id; another day overtakes it."""
    listed = Listed(None, planned(ChangeKind.ADDITION, requested_on))
    again = weigh_addition([AGREEMENT], wish(requested_on), listed, {})
    assert isinstance(again, ChangeRefused)
    assert "change-0" in again.reason
    assert isinstance(weigh_addition([AGREEMENT], wish(date(2026, 9, 2)), listed, {}), ChangeAnnounced)


@pytest.mark.parametrize("requested_on", [None, date(2026, 9, 1)])
def test_the_same_removal_is_planned_once(requested_on: date | None) -> None:
    """§4.3: no client is told twice of the same day; another day, or a planned modification, is overtaken."""
    listed = Listed(FACTS, planned(ChangeKind.REMOVAL, requested_on))
    again = weigh_removal([AGREEMENT], removal(requested_on), listed, {})
    assert isinstance(again, ChangeRefused)
    assert again.coded == Reason(ReasonCode.ALREADY_PLANNED, {"change_id": "change-0"}).coded
    assert isinstance(weigh_removal([AGREEMENT], removal(date(2026, 9, 2)), listed, {}), ChangeAnnounced)
    modified = Listed(FACTS, planned(ChangeKind.MODIFICATION, requested_on, location="DE"))
    assert isinstance(weigh_removal([AGREEMENT], removal(requested_on), modified, {}), ChangeAnnounced)


@pytest.mark.parametrize("kind", [ChangeKind.REMOVAL, ChangeKind.MODIFICATION])
@pytest.mark.parametrize("effective_on", [None, EARLIEST_ON, date(2026, 9, 1)])
def test_to_ask_for_what_is_listed_takes_back_what_is_planned(kind: ChangeKind, effective_on: date | None) -> None:
    """§4.3: a removal or a modification that is planned is not what is asked for any more; nothing new is announced."""
    change = planned(kind) if kind is ChangeKind.REMOVAL else planned(kind, location="DE")
    verdict = weigh_addition([AGREEMENT], wish(effective_on), Listed(FACTS, change), {})
    assert verdict == TakenBack(change)


@pytest.mark.parametrize("effective_on", [date(2101, 1, 1), date(9999, 12, 31)])
def test_a_day_beyond_the_calendar_is_refused(effective_on: date) -> None:
    """§4.3: no notice can be counted to it; the reason says which years are known."""
    added = weigh_addition([AGREEMENT], wish(effective_on), Listed(None), {})
    removed = weigh_removal([AGREEMENT], removal(effective_on), Listed(FACTS), {})
    for verdict in (added, removed):
        assert isinstance(verdict, ChangeRefused)
        assert verdict.reason.startswith(f"effective_on {effective_on} can't be reckoned with")
        assert "to 2100" in verdict.reason
        assert verdict.clause == AGREEMENT.sub_processing.clause


def test_the_list_of_the_agreement_reads_as_facts() -> None:
    """Appendix B: every line becomes facts that differ from themselves in nothing."""
    for line in AGREEMENT.sub_processors:
        facts = facts_of(line)
        assert (facts.name, facts.location, facts.parent_id) == (line.name, line.location, line.parent_id)
        assert changed_fields(facts, facts_of(line)) == ()


_INSTANTS = st.integers(1_577_836_800, 2_082_672_000).map(lambda at_s: datetime.fromtimestamp(at_s, UTC))
"""From 2020 to 2035."""
_DAYS = st.none() | st.dates(date(2015, 1, 1), date(2040, 12, 31))


@given(asked_at=_INSTANTS, effective_on=_DAYS, versions=st.permutations([AGREEMENT, LONGER]), n=st.integers(1, 2))
def test_no_announcement_is_earlier_than_any_version_allows(
    asked_at: datetime, effective_on: date | None, versions: list[Agreement], n: int
) -> None:
    """§4.3: the day is never before the earliest of any version in force, and a lawful wish is met to the day."""
    agreements = versions[:n]
    agreed = WrittenAgreement(reference="A", signed_on=date(2019, 1, 1))
    announced = weigh_addition(agreements, wish(effective_on, asked_at, written_agreement=agreed), Listed(None), {})
    assert isinstance(announced, ChangeAnnounced)
    earliest = max(
        deadlines.earliest_effective_day(each, deadlines.local_date(each, asked_at)).day for each in agreements
    )
    assert announced.effective_on >= earliest
    assert announced.moved is (effective_on is not None and announced.effective_on != effective_on)
    if effective_on is not None and effective_on >= earliest:
        assert announced.effective_on == effective_on


_FACTS = st.builds(
    SubprocessorFacts,
    name=st.sampled_from(["A", "B"]),
    actions=st.sampled_from([("x",), ("x", "y")]),
    data_categories=st.sampled_from([(), ("faxes",)]),
    location=st.sampled_from(["FR", "US", "GB", "IN"]),
    transfer=st.sampled_from([None, Transfer(mechanism="scc"), DOCUMENTED]),
    written_agreement=st.sampled_from([None, AGREED]),
    parent_id=st.sampled_from([None, "datacenter", "nobody"]),
)


@given(before=st.none() | _FACTS, after=_FACTS)
def test_every_wish_has_one_lawful_outcome(before: SubprocessorFacts | None, after: SubprocessorFacts) -> None:
    """§4.1, §8.2: nothing is announced without agreement, parent and cover; only trifles are corrected."""
    asked = replace(wish(), facts=after)
    verdict = weigh(asked, before)
    covered = after.location in {"FR", "GB"} or after.transfer == DOCUMENTED
    lawful = after.written_agreement is not None and after.parent_id != "nobody" and covered
    if not lawful or before == after:
        assert isinstance(verdict, ChangeRefused)
        return
    material = before is None or AGREEMENT.sub_processing.needs_notice(changed_fields(before, after))
    assert isinstance(verdict, ChangeAnnounced if material else ChangeCorrected)
    assert verdict.facts == after
