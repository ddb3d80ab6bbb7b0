"""What is heard only after an incident was scoped, or was said of it by mistake (§6, §15)."""

from datetime import date, datetime, timedelta

import pytest
from tests.breach.desk import HOUR, INCIDENT, STARTS_AT, Desk

from chassis.errors import Rejected
from contracts.breach import BreachClosed, BreachScopeCorrected, BreachStepLogged, StepKind, Words
from contracts.client import ClientAmended, ClientContactChanged, Contact, Language
from contracts.holder import HolderDeclared, HolderKind
from contracts.incident import (
    AlertKind,
    IncidentAlertOrdered,
    IncidentClockMissed,
    IncidentNoticeOrdered,
    IncidentReachedNobody,
    IncidentRefused,
    IncidentScopeNarrowed,
    IncidentScopeWidened,
    IncidentTimeLeft,
    NoticeKind,
)

pytestmark = pytest.mark.servers
LATER = date(2026, 11, 26)
"""Two days after the tests' first."""
ACME = "acme/super_administrator"


async def declare(desk: Desk, system: str) -> None:
    """A system of the processor's own."""
    categories = ("call_recordings",)
    await desk.hear(
        HolderDeclared(holder_id=system, name=system.title(), kind=HolderKind.INTERNAL, categories=categories)
    )


async def contain(desk: Desk) -> None:
    """It is contained now."""
    await desk.hear(
        BreachStepLogged(
            incident_id=INCIDENT,
            step_id="s1",
            kind=StepKind.CONTAINMENT,
            taken_at=desk.clock.now(),
            taken_by="N. Petit",
            text=Words(en="The account was locked."),
        )
    )


async def correct(desk: Desk, **named: tuple[str, ...]) -> None:
    """Somebody takes out who was named by mistake."""
    await desk.hear(BreachScopeCorrected(incident_id=INCIDENT, decided_by="DPO", reason="A slip.", **named))


@pytest.mark.parametrize("scope", [{"data_categories": ("call_recordings",)}, {"systems": ("crm",)}])
async def test_who_signs_while_it_is_open_is_told_by_its_own_clock(
    desk: Desk, scope: dict[str, tuple[str, ...]]
) -> None:
    """BRE-1: by category or by system; the clock runs from awareness, by the version that binds the new client."""
    await declare(desk, "crm")
    await desk.sign("acme")
    await desk.detect(data_categories=scope.get("data_categories", ()), systems=scope.get("systems", ()))
    aware_at = await desk.aware()
    await desk.pass_hours(1)
    await desk.sign("late", signed_on=LATER)
    await desk.sign("short", version="0")
    assert desk.told() == ["acme", "late", "short"]
    orders = {order.client_ids[0]: order for order in desk.of(IncidentNoticeOrdered)}
    assert orders["late"].deadline_at == orders["acme"].deadline_at == aware_at + 72 * HOUR
    assert orders["short"].deadline_at == aware_at + 48 * HOUR
    assert "delay" not in orders["late"].facts
    await desk.sign("late", signed_on=LATER)
    assert desk.told() == ["acme", "late", "short"]


async def test_who_is_heard_of_after_the_clock_was_over_is_told_that_it_is_late(desk: Desk) -> None:
    """BRE-1: a directory that comes late costs the client's time: the notice says so, and by when it was due."""
    await desk.detect(data_categories=("faxes",))
    aware_at = await desk.aware()
    await desk.pass_hours(73)
    await desk.sign("acme")
    (order,) = desk.of(IncidentNoticeOrdered)
    assert order.facts["delay"] == "unknown"
    clients = (await desk.get("dpo", f"/incidents/{INCIDENT}/clients")).json()["items"]
    assert [(each["client_id"], datetime.fromisoformat(each["due_at"])) for each in clients] == [
        ("acme", aware_at + 72 * HOUR)
    ]
    clocks = {each["clock"]: each for each in (await desk.incident())["clocks"]}
    assert clocks["clients"]["missed"] + clocks["clients"]["running"] == 2


async def test_who_signs_after_it_was_contained_brings_nothing_into_it(desk: Desk) -> None:
    """A client of the days after is not frightened; one of the days before that is heard of only now is told."""
    await desk.detect(data_categories=("faxes",))
    await desk.aware()
    await contain(desk)
    await desk.pass_hours(72)
    await desk.sign("newcomer", signed_on=LATER)
    await desk.sign("forgotten")
    assert desk.told() == ["forgotten"]


async def test_what_is_over_takes_nobody_in(desk: Desk) -> None:
    """Who signs afterwards is in no scope of it."""
    await desk.detect(data_categories=("faxes",))
    await desk.hear(BreachClosed(incident_id=INCIDENT, reason="A test.", closed_by="DPO"))
    await desk.sign("acme")
    assert (await desk.incident())["affected"] == 0


async def test_a_system_that_is_declared_late(desk: Desk) -> None:
    """It was named and unknown: once it is declared, whose data lie in it are told, and nothing is unresolved."""
    await desk.sign("acme")
    await desk.detect(systems=("attic",))
    await desk.aware()
    assert desk.told() == []
    assert (await desk.incident())["unresolved"] == ["system/attic"]
    await declare(desk, "attic")
    assert desk.told() == ["acme"]
    assert (await desk.incident())["unresolved"] == []
    await declare(desk, "attic")
    assert desk.told() == ["acme"]


async def test_an_amendment_for_a_later_day_binds_from_that_day(desk: Desk) -> None:
    """§15: a breach of the days between is told by the version of before, one after it by the new one."""
    await desk.sign("acme", version="0")
    latest = desk.book.latest.version
    await desk.hear(ClientAmended(client_id="acme", agreement_version=latest, signed_on=LATER))
    for incident, hours in (("between", 48), ("after", 72)):
        await desk.detect("acme", incident=incident)
        aware_at = await desk.aware(incident=incident)
        (order,) = desk.of(IncidentNoticeOrdered, about=incident)
        assert order.deadline_at == aware_at + hours * HOUR
        await desk.pass_hours(48)


async def test_who_was_named_by_mistake_is_taken_out(desk: Desk) -> None:
    """Names that nobody knows, clients, and whoever a system brought in; others stay, and what is told is told."""
    await declare(desk, "crm")
    await desk.sign("acme", "borealis", "cedar")
    await desk.detect("acme", "borealis", "akme", systems=("crm", "crn"))
    assert (await desk.incident())["affected"] == 3
    await correct(desk, client_ids=("akme", "borealis"), systems=("crm", "crn"))
    assert desk.of(IncidentScopeNarrowed)[-1].removed == 2
    seen = await desk.incident()
    assert (seen["affected"], seen["systems"], seen["unresolved"]) == (1, [], [])
    await desk.sign("akme")
    await desk.aware()
    assert desk.told() == ["acme"]
    await correct(desk, client_ids=("acme",))
    assert "was told already" in desk.of(IncidentRefused)[-1].reason
    answer = await desk.post("dpo", f"/incidents/{INCIDENT}/scope/corrections", {"systems": ["crm"], "reason": "Slip."})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "systems")


async def test_a_detector_that_repeats_itself_widens_once(desk: Desk) -> None:
    """A flood that names the same clients says once who is affected; who is new is said when it comes."""
    await desk.sign("acme", "borealis")
    for _ in range(5):
        await desk.detect("acme", "ghost", systems=("attic",))
    assert len(desk.of(IncidentScopeWidened)) == 1
    await desk.detect("acme", "borealis")
    assert [each.added for each in desk.of(IncidentScopeWidened)] == [1, 1]
    assert (await desk.incident())["detections"] == 6


async def test_a_breach_that_reaches_nobody_is_loud(desk: Desk) -> None:
    """BRE-1: an event, an alert to people at once and again until somebody is affected, and every answer shows it."""
    await desk.detect("ghost")
    await desk.aware()
    (said,) = desk.of(IncidentReachedNobody)
    assert said.unresolved == ("client/ghost",)
    (alert,) = desk.of(IncidentAlertOrdered, kind=AlertKind.BREACH_REACHED_NOBODY)
    assert alert.facts["unresolved"] == ("client/ghost",)
    assert (await desk.incident())["reaches_nobody"] is True
    await desk.pass_hours(13)
    assert len(desk.of(IncidentAlertOrdered, kind=AlertKind.BREACH_REACHED_NOBODY)) == 2
    await desk.sign("ghost")
    assert (await desk.incident())["reaches_nobody"] is False
    await desk.pass_hours(13)
    assert len(desk.of(IncidentAlertOrdered, kind=AlertKind.BREACH_REACHED_NOBODY)) == 2


async def test_people_are_told_of_clocks_that_run_out_and_of_what_nobody_decided(desk: Desk) -> None:
    """BRE-1: at each threshold and at the end, who waits and towards whom; a suspicion with each reminder."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis")
    await desk.pass_hours(13)
    (undecided,) = desk.of(IncidentAlertOrdered, kind=AlertKind.BREACH_UNDECIDED)
    assert undecided.facts["description"] == "A strange export"
    await desk.aware()
    await desk.receive("acme")
    await desk.pass_hours(73)
    warned = [
        each.facts["hours_left"]
        for each in desk.of(IncidentAlertOrdered, kind=AlertKind.BREACH_TIME_LEFT)
        if each.facts["to_clients"]
    ]
    assert warned == ["48", "24", "6"]
    missed = desk.of(IncidentAlertOrdered, kind=AlertKind.BREACH_CLOCK_MISSED)
    assert [each.facts["clients"] for each in missed if each.facts["to_clients"]] == [("borealis",)]
    assert sorted(str(each.facts["to_authority"]) for each in missed) == ["", "gdpr_33", "telecom_611_2013"]
    laws = {each.code: (each.to, each.to_fr) for each in desk.book.latest.breach.authority_clocks}
    told = {str(each.facts["to_authority"]): each.facts for each in missed if each.facts["to_authority"]}
    assert {law: (facts["towards"], facts["towards.fr"]) for law, facts in told.items()} == laws
    assert len({each.order_id for each in desk.of(IncidentAlertOrdered)}) == len(desk.of(IncidentAlertOrdered))


async def test_who_joins_repeats_no_warning(desk: Desk) -> None:
    """A threshold that has passed was said once, whoever is found later; of an end that is over the new one is told."""
    await desk.sign("acme")
    await desk.detect(data_categories=("faxes",))
    await desk.aware()
    await desk.pass_hours(30)
    for client_id in ("borealis", "cedar"):
        await desk.sign(client_id)
    assert len(desk.of(IncidentTimeLeft, clock="clients")) == 1
    await desk.pass_hours(43)
    lefts = [each.seconds_left // 3600 for each in desk.of(IncidentTimeLeft, clock="clients")]
    assert lefts == [48, 24, 6]
    assert desk.of(IncidentTimeLeft, clock="clients")[-1].client_ids == ("acme", "borealis", "cedar")
    await desk.sign("delta")
    assert "delta" in desk.of(IncidentClockMissed, clock="clients")[-1].client_ids
    seen = await desk.incident()
    assert next(each["missed"] for each in seen["clocks"] if each["clock"] == "clients") == 4


async def test_an_alert_names_no_more_than_a_person_reads(desk: Desk) -> None:
    """Of a hundred who wait it names twenty and counts the rest."""
    names = [f"client-{nth:03}" for nth in range(100)]
    await desk.sign(*names)
    await desk.detect(*names)
    await desk.aware()
    await desk.pass_hours(25)
    alert = next(each for each in desk.of(IncidentAlertOrdered) if each.facts["to_clients"])
    assert (alert.facts["waiting"], len(alert.facts["clients"]), alert.facts["clients"][-1]) == ("100", 21, "+ 80")


async def test_clients_read_french_where_there_is_some(desk: Desk) -> None:
    """§15: what happened, which data and whom to call, in French for who reads it."""
    await desk.sign("acme")
    await desk.detect("acme", data_categories=("crm_contacts",), description_fr="Un export étrange")
    await desk.aware(hours_ago=0.5)
    contact = {"code": "contact", "text": {"en": "The desk", "fr": "Le bureau"}}
    await desk.post("dpo", f"/incidents/{INCIDENT}/dossier", {"entries": [contact]})
    await desk.update()
    first, update = desk.of(IncidentNoticeOrdered)
    assert (first.facts["nature"], first.facts["nature.fr"]) == ("A strange export", "Un export étrange")
    assert (first.facts["data_categories"], first.facts["data_categories.fr"]) == (("CRM Contact",), ("Contact CRM",))
    assert update.kind is NoticeKind.BREACH_UPDATE
    assert (update.facts["contact_point"], update.facts["contact_point.fr"]) == ("The desk", "Le bureau")
    assert desk.clock.now() - STARTS_AT < timedelta(hours=1)


async def test_a_client_reads_its_view_in_its_language(desk: Desk) -> None:
    """§6, §15: that nothing is admitted is said in the contact's language as it is now, or in the one asked for."""
    await desk.sign("acme")
    await desk.detect("acme")
    await desk.aware()
    view = f"/clients/acme/breaches/{INCIDENT}"
    words = desk.book.latest.breach.no_admission
    assert (await desk.get(ACME, view)).json()["no_admission"] == words.en
    contact = Contact(name="Le bureau", email="vie-privee@acme.example", language=Language.FRENCH)
    await desk.hear(ClientContactChanged(client_id="acme", contact=contact))
    assert (await desk.get(ACME, view)).json()["no_admission"] == words.fr
    assert (await desk.get(ACME, "/clients/acme/breaches")).json()[0]["no_admission"] == words.fr
    assert (await desk.get(ACME, f"{view}?language=en")).json()["no_admission"] == words.en
    with pytest.raises(Rejected, match="unknown"):
        await desk.hear(ClientContactChanged(client_id="nobody", contact=contact))
