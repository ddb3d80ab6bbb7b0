"""Bad input and bad times: contradictory clocks, floods, what comes late, twice or in the wrong order (§6)."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.breach.desk import HOUR, INCIDENT, STARTS_AT, Desk

from chassis.errors import Rejected
from contracts.breach import BreachAwarenessRecorded, BreachClosed, BreachDetected, BreachScoped, Origin
from contracts.clock import ClockThresholdDue
from contracts.incident import (
    IncidentAware,
    IncidentClockMissed,
    IncidentNoticeOrdered,
    IncidentOpened,
    IncidentRefused,
    IncidentScopeWidened,
    IncidentTimeLeft,
    NoticeKind,
)

pytestmark = pytest.mark.servers


async def test_awareness_before_detection_leaves_a_suspicion(desk: Desk) -> None:
    """No breach is lost to a detector's clock: it is opened as suspected, and what can't be is refused by its field."""
    await desk.sign("acme")
    await desk.detect("acme", aware_at=STARTS_AT - 2 * HOUR)
    assert desk.of(IncidentOpened)
    (refused,) = desk.of(IncidentRefused)
    assert (refused.field, refused.what) == ("aware_at", "breach.awareness_recorded")
    assert (await desk.incident())["status"] == "suspected"
    assert desk.told() == []


async def test_what_lies_ahead_is_refused(desk: Desk) -> None:
    """Awareness in the future changes nothing; a detection in the future is a dead letter that names its field."""
    await desk.sign("acme")
    await desk.detect("acme")
    await desk.aware(hours_ago=-1)
    assert desk.of(IncidentRefused)[-1].field == "aware_at"
    assert not desk.of(IncidentAware)
    with pytest.raises(Rejected, match="lies ahead") as caught:
        await desk.detect("acme", incident="inc-2", detected_at=STARTS_AT + HOUR)
    assert caught.value.field == "detected_at"
    await desk.detect("acme", incident="inc-3", detected_at=STARTS_AT + timedelta(minutes=1))
    assert desk.of(IncidentOpened)[-1].incident_id == "inc-3"


async def test_an_unknown_incident_is_a_dead_letter(desk: Desk) -> None:
    """What is said of an incident that nobody detected names the field."""
    with pytest.raises(Rejected, match="publish breach") as caught:
        await desk.hear(BreachClosed(incident_id="inc-9", reason="Over.", closed_by="DPO"))
    assert caught.value.field == "incident_id"


async def test_awareness_that_is_moved_moves_the_clocks_and_is_explained(desk: Desk) -> None:
    """The history is kept, only the new warnings come; moved far back, the clock is missed at once."""
    await desk.sign("acme")
    await desk.detect("acme", detected_at=STARTS_AT - 100 * HOUR)
    first_at = await desk.aware()
    await desk.pass_hours(20)
    earlier_at = await desk.aware(hours_ago=30)
    moved = desk.of(IncidentAware)[-1]
    assert moved.previous_at == first_at
    assert any("earlier" in step and "DPO" in step for step in moved.because)
    assert {each.clock: each.due_at for each in moved.clocks}["clients"] == earlier_at + 72 * HOUR
    assert desk.of(IncidentTimeLeft, clock="clients", seconds_left=48 * 3600)[0].due_at == earlier_at + 72 * HOUR
    await desk.pass_hours(30)
    dues = {each.due_at for each in desk.of(IncidentTimeLeft, clock="clients")}
    assert dues == {earlier_at + 72 * HOUR}
    await desk.aware(hours_ago=110)
    assert desk.of(IncidentClockMissed, clock="clients")
    assert desk.told() == ["acme"]
    items = (await desk.get("dpo", f"/incidents/{INCIDENT}/journal")).json()["items"]
    history = [each["data"]["aware_at"] for each in items if each["what"] == "breach.awareness_recorded"]
    assert len(history) == 3


async def test_awareness_that_is_moved_later_gives_the_time_back(desk: Desk) -> None:
    """A clock that was missed by the old reckoning is not by the new one; a receipt stays where it was."""
    await desk.sign("acme", "borealis")
    await desk.detect("acme", "borealis", detected_at=STARTS_AT - 100 * HOUR)
    await desk.aware(hours_ago=80)
    await desk.receive("acme")
    assert [each["missed"] for each in (await desk.incident())["clocks"] if each["clock"] == "clients"] == [2]
    await desk.aware(hours_ago=10)
    clocks = {each["clock"]: each for each in (await desk.incident())["clocks"]}
    assert (clocks["clients"]["missed"], clocks["clients"]["running"]) == (0, 1)
    assert clocks["telecom_611_2013"]["missed"] == 0


@pytest.mark.parametrize(
    ("aware", "due"),
    [
        ("2027-03-26T18:00:00+01:00", "2027-03-29T19:00:00+02:00"),
        ("2027-10-30T02:30:00+02:00", "2027-11-02T01:30:00+01:00"),
    ],
)
async def test_over_the_clock_change_72_hours_are_72_hours(desk: Desk, aware: str, due: str) -> None:
    """In March and in October the clock is over at its elapsed hours, and says why the wall shows another time."""
    await desk.sign("acme")
    aware_at = datetime.fromisoformat(aware)
    desk.clock.jump_to(aware_at.astimezone(UTC) + HOUR)
    await desk.detect("acme", detected_at=aware_at - HOUR, aware_at=aware_at)
    (clock,) = [each for each in desk.of(IncidentAware)[0].clocks if each.clock == "clients"]
    assert clock.due_at == datetime.fromisoformat(due)
    assert any("clocks of Europe/Paris change" in step for step in clock.reckoning.because)
    await desk.pass_hours(70.9)
    assert not desk.of(IncidentClockMissed, clock="clients")
    await desk.pass_hours(0.2)
    assert desk.of(IncidentClockMissed, clock="clients")


async def test_what_passed_while_all_was_down_fires_on_return_marked_late(desk: Desk) -> None:
    """Database, Kafka or service away over two warnings: each is said on return, with how late it is."""
    await desk.sign("acme")
    await desk.detect("acme")
    await desk.aware()
    await desk.leap_hours(50)
    left = desk.of(IncidentTimeLeft, clock="clients")
    assert [(each.seconds_left // 3600, each.late) for each in left] == [(48, True), (24, True)]
    assert left[0].late_by_s // 3600 == 26
    missed = desk.of(IncidentClockMissed, clock="telecom_611_2013")
    assert [each.late for each in missed] == [True]
    await desk.pass_hours(17)
    assert [each.late for each in desk.of(IncidentTimeLeft, clock="clients", seconds_left=6 * 3600)] == [False]


async def test_a_warning_said_again_after_the_clock_stopped_says_nothing(desk: Desk) -> None:
    """A relay that lost what it had sent sends it again: who is told by then is warned of no more."""
    await desk.sign("acme")
    await desk.detect("acme")
    aware_at = await desk.aware()
    await desk.receive("acme")
    due = ClockThresholdDue(incident_id=INCIDENT, clock="clients", due_at=aware_at + 72 * HOUR, seconds_left=48 * 3600)
    await desk.hear(due)
    assert not desk.of(IncidentTimeLeft, clock="clients")


async def test_a_flood_is_one_incident_that_is_counted(desk: Desk) -> None:
    """A thousand detections under one key: one incident, one notice for each client that any of them names."""
    await desk.sign("acme", "borealis")
    said = [
        BreachDetected(
            incident_id=INCIDENT,
            origin=Origin.DETECTOR,
            detected_at=STARTS_AT - timedelta(minutes=nth % 60),
            description="Again",
            aware_at=STARTS_AT,
            client_ids=("acme",) if nth % 2 else ("borealis",),
        )
        for nth in range(1000)
    ]
    await desk.hear_at_once(said[:500])
    await desk.hear_at_once(said[500:])
    assert (await desk.incident())["detections"] == 1000
    assert len(desk.of(IncidentOpened)) == 1
    assert len(desk.of(IncidentAware)) == 1
    assert sorted(desk.told()) == ["acme", "borealis"]
    count = len(desk.said)
    await desk.hear_at_once([each.model_copy(update={"client_ids": ()}) for each in said])
    assert len(desk.said) == count
    assert (await desk.incident())["detections"] == 2000


async def test_a_hundred_breaches_at_once(desk: Desk) -> None:
    """Each has its incident, its clocks, its notice."""
    await desk.sign("acme")
    said = [
        BreachDetected(
            incident_id=f"inc-{nth}",
            origin=Origin.DETECTOR,
            detected_at=STARTS_AT,
            description="One of many",
            aware_at=STARTS_AT,
            client_ids=("acme",),
        )
        for nth in range(100)
    ]
    await desk.hear_at_once(said)
    assert len(desk.of(IncidentNoticeOrdered)) == 100
    await desk.pass_hours(73)
    assert len(desk.of(IncidentTimeLeft, clock="clients")) == 300
    assert len(desk.of(IncidentClockMissed, clock="clients")) == 100


async def test_unknown_clients_are_named_and_told_once_they_are_known(desk: Desk) -> None:
    """Nobody is dropped: what nobody knows is said by name, and a client that signs later is told then."""
    await desk.sign("acme")
    await desk.detect("acme", "ghost", subprocessor_id="nobody", systems=("attic",))
    await desk.aware()
    assert desk.of(IncidentScopeWidened)[0].unresolved == ("client/ghost", "subprocessor/nobody", "system/attic")
    assert desk.told() == ["acme"]
    await desk.sign("ghost")
    assert desk.told() == ["acme", "ghost"]
    assert (await desk.incident())["unresolved"] == ["subprocessor/nobody", "system/attic"]
    await desk.sign("ghost")
    assert desk.told() == ["acme", "ghost"]


async def test_a_scope_that_names_nobody_is_refused(desk: Desk) -> None:
    """The field that should name somebody is named."""
    await desk.detect()
    await desk.hear(BreachScoped(incident_id=INCIDENT, decided_by="DPO", reason="All of them"))
    assert desk.of(IncidentRefused)[-1].field == "client_ids"


async def test_the_same_event_twice_changes_nothing(desk: Desk) -> None:
    """An event that Kafka delivers again has had its effect."""
    await desk.sign("acme")
    await desk.detect("acme")
    said = BreachAwarenessRecorded(incident_id=INCIDENT, aware_at=STARTS_AT, decided_by="DPO", reason="Seen.")
    for _ in range(2):
        await desk.hear(said, event_id="once")
    assert len(desk.of(IncidentAware)) == 1
    assert desk.told() == ["acme"]


async def test_more_clients_than_a_page(desk: Desk) -> None:
    """Twelve hundred clients are told in pages of five hundred, each once; the update reaches each once too."""
    names = [f"c-{nth:04}" for nth in range(1200)]
    await desk.runtime.pool.execute(
        "INSERT INTO client SELECT name, name, 'quicktalk', '1' FROM unnest($1::text[]) AS name", names
    )
    await desk.detect(*names, aware_at=STARTS_AT)
    assert desk.told() == names
    orders = desk.of(IncidentNoticeOrdered)
    assert [len(each.client_ids) for each in orders] == [500, 500, 200]
    await desk.update()
    assert desk.told(NoticeKind.BREACH_UPDATE) == names
    await desk.pass_hours(73)
    assert [len(each.client_ids) for each in desk.of(IncidentClockMissed, clock="clients")] == [500, 500, 200]
