"""An incident from detection to its end on a real database: clocks, telling, phases, exemptions (BRE-1 to BRE-5)."""

from datetime import datetime, timedelta

import pytest
from tests.breach.desk import HOUR, INCIDENT, STARTS_AT, Desk

from contracts.breach import (
    Absence,
    BreachClosed,
    BreachDelayExplained,
    BreachExempted,
    BreachExemptionLifted,
    BreachReopened,
    BreachStateRequested,
    BreachStepLogged,
    Needed,
    StepKind,
    Words,
)
from contracts.incident import (
    IncidentAllTold,
    IncidentAware,
    IncidentClockMissed,
    IncidentClosed,
    IncidentExemptionSet,
    IncidentNoticeOrdered,
    IncidentOpened,
    IncidentRefused,
    IncidentReminded,
    IncidentReopened,
    IncidentScopeWidened,
    IncidentTimeLeft,
    IncidentUpdated,
    NoticeKind,
)

pytestmark = pytest.mark.servers
UPDATE, STATE, DELAY = NoticeKind.BREACH_UPDATE, NoticeKind.BREACH_STATE, NoticeKind.BREACH_DELAY


async def test_awareness_starts_the_clock_and_everybody_is_told_at_once(desk: Desk) -> None:
    """BRE-1: a suspicion tells nobody; with awareness the clocks run from then, and each affected client is told."""
    await desk.sign("acme", "borealis", "cedar")
    await desk.detect("acme", "borealis")
    assert desk.of(IncidentOpened, suspected=True)
    assert desk.told() == []
    aware_at = await desk.aware(hours_ago=0.5)
    (said,) = desk.of(IncidentAware)
    assert {clock.clock: clock.due_at - aware_at for clock in said.clocks} == {
        "clients": 72 * HOUR,
        "gdpr_33": 72 * HOUR,
        "telecom_611_2013": 24 * HOUR,
    }
    assert [clock.to_confirm for clock in said.clocks] == [False, False, True]
    assert desk.told() == ["acme", "borealis"]
    (order,) = desk.of(IncidentNoticeOrdered)
    assert order.deadline_at == aware_at + 72 * HOUR
    assert order.escalate_at == aware_at + 24 * HOUR
    assert order.facts["no_admission"] == desk.book.latest.breach.no_admission.en
    await desk.receive("acme")
    assert not desk.of(IncidentAllTold)
    await desk.receive("borealis")
    (told,) = desk.of(IncidentAllTold)
    assert told.clients == 2
    seen = await desk.incident()
    times = [datetime.fromisoformat(seen[name]) for name in ("detected_at", "aware_at", "told_at")]
    assert times == [desk.of(IncidentOpened)[0].detected_at, aware_at, told.told_at]


async def test_each_threshold_says_who_waits(desk: Desk) -> None:
    """BRE-1: at 48, 24 and 6 hours left, of those without receipt; at the end it was missed, and why is asked."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis")
    await desk.aware()
    await desk.receive("acme")
    await desk.pass_hours(73)
    left = desk.of(IncidentTimeLeft, clock="clients")
    assert [each.seconds_left // 3600 for each in left] == [48, 24, 6]
    assert {each.client_ids for each in left} == {("borealis",)}
    assert not any(each.late for each in desk.of(IncidentTimeLeft))
    (missed,) = desk.of(IncidentClockMissed, clock="clients")
    assert (missed.client_ids, missed.reason_known, missed.late) == (("borealis",), False, False)
    assert [each.seconds_left // 3600 for each in desk.of(IncidentTimeLeft, clock="telecom_611_2013")] == [6]
    assert len(desk.of(IncidentClockMissed)) == 3
    clocks = {each["clock"]: each for each in (await desk.incident())["clocks"]}
    assert (clocks["clients"]["running"], clocks["clients"]["missed"]) == (1, 1)
    assert -3605 <= clocks["clients"]["seconds_left"] <= -3595


async def test_a_missed_clock_s_reason_goes_into_the_notice(desk: Desk) -> None:
    """BRE-1: who was told late hears why, and whoever is found later reads it in the first notice."""
    await desk.sign("acme", "borealis", "cedar")
    await desk.detect("acme", "borealis")
    await desk.aware()
    await desk.receive("acme")
    await desk.pass_hours(80)
    why = BreachDelayExplained(
        incident_id=INCIDENT, clock="clients", reason=Words(en="The mail server was down."), said_by="DPO"
    )
    await desk.hear(why)
    assert desk.told(DELAY) == ["borealis"]
    assert desk.of(IncidentNoticeOrdered, kind=DELAY)[0].facts["delay"] == "The mail server was down."
    await desk.scope("cedar")
    last = desk.of(IncidentNoticeOrdered)[-1]
    assert (last.client_ids, last.facts["delay"]) == (("cedar",), "The mail server was down.")
    assert last.deadline_at > desk.clock.now()


async def test_widening_tells_the_new_clients_alone(desk: Desk) -> None:
    """§6: with all that was learned so far, from the clock of the incident."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme")
    await desk.aware()
    await desk.pass_hours(10)
    await desk.update(en="One account was used.")
    await desk.scope("acme", "borealis")
    assert desk.told() == ["acme", "borealis"]
    assert desk.told(UPDATE) == ["acme"]
    last = desk.of(IncidentNoticeOrdered)[-1]
    assert last.facts["so_far"] == ("One account was used.",)
    assert last.deadline_at == desk.of(IncidentAware)[0].clocks[0].due_at
    assert desk.of(IncidentScopeWidened)[-1].added == 1
    rows = (await desk.get("dpo", f"/incidents/{INCIDENT}/clients")).json()["items"]
    assert rows[0]["found_at"] < rows[1]["found_at"]


async def test_phases_are_numbered_and_say_what_they_correct(desk: Desk) -> None:
    """BRE-2, BRE-3: each to everybody, with the steps since the last and what it corrects; an earlier state as that."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis")
    await desk.aware()
    for nth, internal in enumerate((False, True)):
        await desk.hear(
            BreachStepLogged(
                incident_id=INCIDENT,
                step_id=f"s{nth}",
                kind=StepKind.CONTAINMENT,
                taken_at=STARTS_AT,
                taken_by="N. Petit",
                text=Words(en=f"Step {nth} was taken.", fr=f"Étape {nth}."),
                internal=internal,
            )
        )
    await desk.update("u1", en="Two accounts.", next_at=STARTS_AT + 24 * HOUR)
    await desk.update("u2", en="One account.", corrects="u1")
    await desk.update("u3", en="As it was before.", as_of=STARTS_AT - HOUR)
    first, second, third = desk.of(IncidentNoticeOrdered, kind=UPDATE)
    assert desk.told(UPDATE) == ["acme", "borealis"] * 3
    assert [each.facts["update_number"] for each in (first, second, third)] == ["1", "2", "3"]
    assert first.facts["measures"] == ("2026-11-24 10:00: Step 0 was taken.",)
    assert first.facts["measures.fr"] == ("2026-11-24 10:00 : Étape 0.",)
    assert first.facts["next_on"] == "2026-11-25"
    assert "measures" not in second.facts
    assert (second.facts["corrects"], second.facts["corrected"]) == ("1", "Two accounts.")
    assert third.facts["overtaken_by"] == "2"
    assert [each.corrects for each in desk.of(IncidentUpdated)] == [None, 1, None]
    steps = (await desk.get("dpo", f"/incidents/{INCIDENT}/steps")).json()
    assert {each["step_id"]: each["number"] for each in steps} == {"s0": 1, "s1": None}


async def test_the_current_state_on_request(desk: Desk) -> None:
    """BRE-2: to the client that asks, and it alone, all that holds: what was corrected is left out."""
    await desk.sign("acme", "borealis", "cedar")
    await desk.detect("acme", "borealis")
    await desk.aware()
    await desk.update("u1", en="Two accounts.")
    await desk.update("u2", en="One account.", corrects="u1")
    await desk.hear(BreachStateRequested(incident_id=INCIDENT, client_id="acme", received_at=desk.clock.now()))
    assert desk.told(STATE) == ["acme"]
    assert desk.of(IncidentNoticeOrdered, kind=STATE)[0].facts["so_far"] == ("One account.",)
    await desk.hear(BreachStateRequested(incident_id=INCIDENT, client_id="cedar", received_at=desk.clock.now()))
    assert desk.of(IncidentRefused)[-1].field == "client_id"
    assert desk.told(STATE) == ["acme"]


async def test_the_client_that_caused_it_is_exempt_alone_and_not_for_ever(desk: Desk) -> None:
    """BRE-5: its clock stops and it is told nothing; lifted, its clock shows the delay and it is told at once."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis")
    await desk.hear(
        BreachExempted(
            incident_id=INCIDENT, client_id="acme", reason="Its password", evidence="Its letter", decided_by="DPO"
        )
    )
    await desk.aware()
    assert desk.told() == ["borealis"]
    await desk.update()
    assert desk.told(UPDATE) == ["borealis"]
    await desk.receive("borealis")
    assert desk.of(IncidentAllTold)
    await desk.pass_hours(80)
    assert "acme" not in {client for each in desk.of(IncidentTimeLeft) for client in each.client_ids}
    await desk.hear(
        BreachExemptionLifted(incident_id=INCIDENT, client_id="acme", reason="It was stolen here", decided_by="DPO")
    )
    assert desk.told() == ["borealis", "acme"]
    assert desk.of(IncidentClockMissed, clock="clients")[0].client_ids == ("acme",)
    last = desk.of(IncidentNoticeOrdered)[-1]
    assert (last.facts["delay"], last.facts["due_on"]) == ("unknown", "2026-11-27")
    assert [each.exempt for each in desk.of(IncidentExemptionSet)] == [True, False]
    assert all(each.clause == "6" for each in desk.of(IncidentExemptionSet))


async def test_who_is_exempt_after_its_notice_hears_no_more(desk: Desk) -> None:
    """BRE-5: from the decision on, no update, no reason for a delay, no state on request."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis")
    await desk.aware()
    exempted = BreachExempted(incident_id=INCIDENT, client_id="acme", reason="R", evidence="E", decided_by="DPO")
    await desk.hear(exempted)
    await desk.update()
    await desk.hear(BreachStateRequested(incident_id=INCIDENT, client_id="acme", received_at=desk.clock.now()))
    assert desk.told(UPDATE) == ["borealis"]
    assert desk.told(STATE) == []
    await desk.hear(exempted)
    assert desk.of(IncidentRefused)[-1].reason == "it is exempt already"
    await desk.hear(
        BreachExemptionLifted(incident_id=INCIDENT, client_id="acme", reason="It was not.", decided_by="DPO")
    )
    assert desk.told(STATE) == ["acme"]


async def test_a_detector_that_was_aware_too_early_leaves_a_suspicion(desk: Desk) -> None:
    """§6: nobody is aware before the detection: no clock runs, and whoever watches is told so."""
    await desk.sign("acme")
    await desk.detect("acme", aware_at=STARTS_AT - 9 * HOUR)
    assert [each.suspected for each in desk.of(IncidentOpened)] == [True]
    assert [each.field for each in desk.of(IncidentRefused)] == ["aware_at"]


async def test_a_name_that_nobody_knows_is_not_told_to_clients(desk: Desk) -> None:
    """BRE-2: what an operator misspelt is no fact; it is listed for the operator."""
    await desk.sign("acme")
    await desk.detect("acme")
    await desk.scope(subprocessor_ids=("nobody-inc",), data_categories=("nonsense",))
    await desk.aware()
    (order,) = desk.of(IncidentNoticeOrdered)
    assert "at_subprocessors" not in order.facts
    assert order.facts["data_categories"] == ("unknown",)
    assert desk.of(IncidentScopeWidened)[-1].unresolved == ("subprocessor/nobody-inc",)


async def test_an_update_is_not_of_a_day_to_come(desk: Desk) -> None:
    """BRE-2: it would make every true update one of earlier days; and nobody hears again before what is said now."""
    await desk.sign("acme")
    await desk.detect("acme")
    await desk.aware()
    await desk.update("u1", as_of=desk.clock.now() + HOUR)
    await desk.update("u2", next_at=desk.clock.now() - HOUR)
    assert [each.field for each in desk.of(IncidentRefused)] == ["as_of", "next_at"]
    assert desk.told(UPDATE) == []
    await desk.update("u3", next_at=desk.clock.now() + HOUR)
    desk.clock.jump_to(desk.clock.now() + 2 * HOUR)
    await desk.update("u4", as_of=desk.clock.now())
    orders = [each for each in desk.of(IncidentNoticeOrdered) if each.kind is UPDATE]
    assert ["next_on" in each.facts for each in orders] == [True, False]
    assert [each.facts["more_to_come"] for each in orders] == ["", "yes"]


async def test_closing_reopening_and_dismissing(desk: Desk) -> None:
    """§6: what lacks is named; with reasons it closes; it goes on when reopened; a suspicion is dismissed."""
    await desk.sign("acme")
    await desk.detect("acme")
    await desk.aware()
    closed = BreachClosed(incident_id=INCIDENT, reason="Over.", closed_by="DPO")
    await desk.hear(closed)
    assert "cause, measures, last_update" in desk.of(IncidentRefused)[-1].reason
    await desk.update(last=True)
    last = desk.of(IncidentNoticeOrdered, kind=UPDATE)[-1].facts
    assert (last["last"], last["more_to_come"]) == ("yes", "")
    reasons = tuple(Absence(what=each, reason="None found.") for each in (Needed.CAUSE, Needed.MEASURES))
    await desk.hear(closed.model_copy(update={"absences": reasons}))
    assert [each.dismissed for each in desk.of(IncidentClosed)] == [False]
    await desk.update("u2")
    assert "reopen it first" in desk.of(IncidentRefused)[-1].reason
    await desk.hear(BreachReopened(incident_id=INCIDENT, reason="Another export", reopened_by="DPO"))
    await desk.update("u2")
    assert [each.number for each in desk.of(IncidentUpdated)] == [1, 2]
    await desk.hear(closed.model_copy(update={"absences": reasons}))
    assert "last_update" in desk.of(IncidentRefused)[-1].reason
    await desk.detect("acme", incident="inc-2")
    await desk.hear(BreachClosed(incident_id="inc-2", reason="A drill.", closed_by="DPO"))
    assert desk.of(IncidentClosed)[-1].dismissed
    assert (await desk.incident("inc-2"))["status"] == "dismissed"


async def test_a_suspicion_can_not_be_forgotten(desk: Desk) -> None:
    """§6: it is brought back until it is decided; so is a breach that affects nobody yet."""
    await desk.sign("acme")
    await desk.detect()
    every = desk.book.latest.breach.remind_every / HOUR
    await desk.pass_hours(2 * every)
    assert [each.nth for each in desk.of(IncidentReminded)] == [1, 2]
    await desk.aware()
    await desk.pass_hours(every)
    assert desk.of(IncidentReminded)[-1].open_question == "who is affected?"
    await desk.scope("acme")
    count = len(desk.of(IncidentReminded))
    await desk.pass_hours(3 * every)
    assert len(desk.of(IncidentReminded)) == count


async def test_more_clients_open_a_closed_incident_again(desk: Desk) -> None:
    """§6: whoever is found to be affected after the end is told as well."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme")
    await desk.aware()
    absences = tuple(Absence(what=each, reason="None.") for each in Needed)
    await desk.hear(BreachClosed(incident_id=INCIDENT, reason="Over.", closed_by="DPO", absences=absences))
    await desk.pass_hours(100)
    await desk.scope("borealis")
    assert desk.of(IncidentReopened)
    assert desk.told() == ["acme", "borealis"]
    assert (await desk.incident())["status"] == "established"
    assert timedelta(0) < desk.of(IncidentNoticeOrdered)[-1].deadline_at - desk.clock.now()
