"""Return or deletion: what the client chooses, in time or too late, and what its silence means (§8.3)."""

from datetime import timedelta

import pytest
from tests.retention.desk import AT_ONCE, TODAY, Desk, categories

from contracts.choice import Choice, ChoiceMade
from contracts.erasure import ErasureOrdered
from contracts.hold import HoldKind, HoldLifted, HoldPlaced
from contracts.retention import (
    NoticeKind,
    RetentionChoiceAccepted,
    RetentionChoiceDefaulted,
    RetentionChoiceRefused,
    RetentionChoiceRequested,
    RetentionNoticeOrdered,
    RetentionPlanned,
)
from contracts.returning import ReturnAcknowledged, ReturnOrdered
from contracts.schedule import ScheduleChoiceClosed, ScheduleTerminationReached

pytestmark = pytest.mark.servers

DISPUTE = HoldPlaced(
    hold_id="suit",
    client_id="acme",
    kind=HoldKind.DISPUTE,
    legal_basis="Art. 17(3)(e) GDPR",
    reason="a suit",
    placed_by="counsel",
)


async def test_silence_means_deletion_which_starts_by_itself(desk: Desk) -> None:
    """TER-2: nothing before the date; on it the default runs, and the client is told."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.pass_days(30)
    assert not desk.of(RetentionChoiceDefaulted)
    assert not desk.of(ErasureOrdered, purpose="termination")
    await desk.pass_days(1)
    assert desk.of(RetentionChoiceDefaulted)[0].choice is Choice.DELETION
    assert categories(desk.of(ErasureOrdered, purpose="termination")) == AT_ONCE
    assert NoticeKind.CHOICE_DEFAULTED in {notice.kind for notice in desk.of(RetentionNoticeOrdered)}


async def test_a_date_that_comes_a_moment_early_comes_again(desk: Desk) -> None:
    """Clocks of two processes differ: an end, and the end of the time to choose, are not lost by a moment."""
    await desk.sign("acme")
    await desk.terminate("acme", TODAY + timedelta(days=3))
    async with desk.runtime.pool.acquire() as connection:
        await connection.execute("DELETE FROM agenda")
    await desk.hear(ScheduleTerminationReached(client_id="acme"))
    assert not desk.of(RetentionChoiceRequested)
    await desk.pass_days(3)
    (asked,) = desk.of(RetentionChoiceRequested)
    async with desk.runtime.pool.acquire() as connection:
        await connection.execute("DELETE FROM agenda")
    await desk.hear(ScheduleChoiceClosed(client_id="acme"))
    assert not desk.of(RetentionChoiceDefaulted)
    await desk.pass_to(asked.last_day_on + timedelta(days=1))
    assert len(desk.of(RetentionChoiceDefaulted)) == 1


async def test_a_choice_may_come_before_the_end_and_not_after_the_default(desk: Desk) -> None:
    """TER-2: who has chosen is not asked; what comes after the default is refused with the reason."""
    await desk.declare()
    await desk.sign("acme", "bolt")
    await desk.terminate("acme", TODAY + timedelta(days=3))
    await desk.choose("acme", Choice.DELETION)
    await desk.pass_days(3)
    assert not desk.of(RetentionChoiceRequested)
    assert categories(desk.of(ErasureOrdered, purpose="termination")) == AT_ONCE
    await desk.terminate("bolt", TODAY)
    await desk.pass_days(40)
    await desk.choose("bolt", Choice.RETURN)
    (refused,) = desk.of(RetentionChoiceRefused)
    assert "too late" in refused.reason


async def test_a_choice_made_in_time_and_heard_late_counts_while_nothing_is_gone(desk: Desk) -> None:
    """TER-2: a dispute keeps all of it when the default runs; the return that was chosen in time takes its place."""
    await desk.declare()
    await desk.sign("acme")
    await desk.hear(DISPUTE)
    await desk.terminate("acme")
    (asked,) = desk.of(RetentionChoiceRequested)
    await desk.pass_days(60)
    assert desk.of(RetentionChoiceDefaulted)
    await desk.choose("acme", Choice.RETURN, at=asked.closes_at - timedelta(seconds=1))
    assert [each.choice for each in desk.of(RetentionChoiceAccepted)] == [Choice.RETURN]
    (order,) = desk.of(ReturnOrdered)
    await desk.hear(HoldLifted(hold_id="suit", client_id="acme", reason="settled", lifted_by="counsel"))
    planned = {entry.category: entry for entry in desk.of(RetentionPlanned)[-1].entries}
    assert "the client chose return" in planned["call_recordings"].because[0]
    assert not desk.of(ErasureOrdered, purpose="termination")
    await desk.give_back(order)
    await desk.hear(ReturnAcknowledged(client_id="acme", acknowledged_by="DPO", received_at=desk.clock.now()))
    assert categories(desk.of(ErasureOrdered, purpose="termination")) == AT_ONCE


async def test_a_choice_made_in_time_and_heard_after_parts_are_gone(desk: Desk) -> None:
    """TER-2: it is refused, and it is said what the default has taken; the choice of the default changes nothing."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    (asked,) = desk.of(RetentionChoiceRequested)
    await desk.pass_days(60)
    in_time = asked.closes_at - timedelta(seconds=1)
    await desk.choose("acme", Choice.RETURN, at=in_time)
    await desk.choose("acme", Choice.DELETION, at=in_time)
    refused, same = desk.of(RetentionChoiceRefused)
    assert "made in time and heard too late" in refused.reason
    assert set(refused.ordered) == {f"{category}/platform-db" for category in AT_ONCE}
    assert all(each in refused.reason for each in refused.ordered)
    assert "already" in same.reason
    assert not desk.of(ReturnOrdered)


async def test_a_choice_made_late_does_not_count_though_nothing_is_gone(desk: Desk) -> None:
    """TER-2: the time to choose is over at its last moment, whatever a hold has kept."""
    await desk.declare()
    await desk.sign("acme")
    await desk.hear(DISPUTE)
    await desk.terminate("acme")
    (asked,) = desk.of(RetentionChoiceRequested)
    await desk.pass_days(60)
    await desk.choose("acme", Choice.RETURN, at=asked.closes_at)
    (refused,) = desk.of(RetentionChoiceRefused)
    assert "came too late" in refused.reason
    assert refused.gone == ()


async def test_a_choice_about_nothing_is_refused(desk: Desk) -> None:
    """A client whose contract goes on has nothing to choose."""
    await desk.sign("acme")
    await desk.choose("acme", Choice.RETURN)
    assert "nothing to choose" in desk.of(RetentionChoiceRefused)[0].reason


async def test_a_choice_goes_to_the_end_it_is_asked_about(desk: Desk) -> None:
    """TER-2: one end asks, another is planned: a word is for the one that asks, unless it names the other."""
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.sign("acme")
    await desk.terminate("acme", TODAY + timedelta(days=90))
    (asked,) = desk.of(RetentionChoiceRequested)
    planned = (await desk.get("acme", "/clients/acme/termination")).json()
    await desk.hear(
        ChoiceMade(
            client_id="acme",
            choice=Choice.DELETION,
            made_by="DPO",
            received_at=desk.clock.now(),
            termination_id=planned["termination_id"],
        )
    )
    answer = await desk.post("acme", "/clients/acme/choice", {"choice": "return"})
    await desk.settle()
    assert answer.json()["termination_id"] == asked.termination_id
    first, second = desk.of(RetentionChoiceAccepted)
    assert (first.termination_id, first.choice) == (planned["termination_id"], Choice.DELETION)
    assert (second.termination_id, second.choice) == (asked.termination_id, Choice.RETURN)


async def test_a_choice_that_may_be_for_two_ends_is_refused_with_both(desk: Desk) -> None:
    """TER-2: two ends ask: it is said which they are, nothing is chosen, and the word that names one counts."""
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.sign("acme")
    await desk.terminate("acme", TODAY)
    ends = [asked.termination_id for asked in desk.of(RetentionChoiceRequested)]
    assert len(set(ends)) == 2
    await desk.choose("acme", Choice.RETURN)
    (refused,) = desk.of(RetentionChoiceRefused)
    assert list(refused.waiting) == ends
    who, path = "acme", "/clients/acme/choice"
    answer = await desk.post(who, path, {"choice": "return"})
    assert answer.status_code == 409
    assert all(str(end) in answer.json()["detail"] for end in ends)
    answer = await desk.post(who, path, {"choice": "return", "termination_id": "no-such-end"})
    assert answer.status_code == 409
    for end in ends:
        answer = await desk.post(who, path, {"choice": "return", "termination_id": end})
        await desk.settle()
        assert answer.json()["termination_id"] == end
    assert [accepted.termination_id for accepted in desk.of(RetentionChoiceAccepted)] == ends
