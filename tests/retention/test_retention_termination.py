"""What follows the end of a contract, step by step (§8.3)."""

from datetime import date, datetime, timedelta

import pytest
from tests.retention.desk import AT_ONCE, TODAY, Desk, categories, is_of

from agreement import deadlines
from agreement.counting import spell
from chassis.errors import Rejected
from contracts.cease import CeaseLifted, CeaseOrdered
from contracts.choice import Choice, Encryption, Recipient
from contracts.contract import ContractReinstated
from contracts.erasure import ErasureCheckOrdered, ErasureOrdered
from contracts.retention import (
    Action,
    NoticeKind,
    RetentionCertified,
    RetentionChoiceRequested,
    RetentionFetchingMoved,
    RetentionFlagged,
    RetentionNoticeOrdered,
    RetentionPlanned,
    RetentionReinstated,
    RetentionReinstatementRefused,
    RetentionReopened,
    RetentionReturnSettled,
    RetentionTerminationRefused,
)
from contracts.returning import ReturnAcknowledged, ReturnDownloaded, ReturnOrdered

pytestmark = pytest.mark.servers


async def test_everybody_ceases_at_once_and_the_client_is_asked(desk: Desk) -> None:
    """TER-1, TER-2, SUB-7: own systems and each sub-processor ever permitted; the client reads until when."""
    await desk.declare()
    await desk.sign("acme")
    await desk.permit("acme", "deeptranscript", "slack")
    await desk.terminate("acme")
    assert {order.holder_id for order in desk.of(CeaseOrdered)} == {"platform-db", "deeptranscript", "slack"}
    (asked,) = desk.of(RetentionChoiceRequested)
    assert asked.last_day_on == TODAY + timedelta(days=30)
    (notice,) = desk.of(RetentionNoticeOrdered)
    assert (notice.kind, notice.facts["choice_until"]) == (NoticeKind.CHOICE_REQUESTED, asked.last_day_on.isoformat())
    assert not desk.of(ErasureOrdered, purpose="termination")


async def test_from_deletion_to_the_certificate(desk: Desk) -> None:
    """TER-3, TER-4, TER-6: what may go goes and is looked at again; the rest is held, then goes by itself."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.carry_out("acme")
    (first,) = desk.of(RetentionCertified)
    assert not first.complete
    held = {entry["category"]: entry["until"] for entry in (await desk.document("acme", 0))["held"]}
    assert held == {
        "general_information": "2027-11-24",
        "faxes": "2027-11-24",
        "call_fax_logs": "2027-11-24",
        "crm_contacts": "2029-11-24",
    }
    await desk.leap_to(date(2027, 11, 23))
    assert not [order for order in desk.of(ErasureOrdered) if is_of(order, "acme") and order.category == "faxes"]
    await desk.leap_to(date(2027, 11, 24))
    await desk.carry_out("acme")
    await desk.leap_to(date(2029, 11, 24))
    await desk.carry_out("acme")
    assert desk.of(RetentionCertified)[-1].complete
    document = await desk.document("acme", -1)
    assert not document["held"]
    assert all(line["second_look"]["remaining"] == 0 for line in document["deleted"])


async def test_what_is_returned_is_deleted_after_the_acknowledgement(desk: Desk) -> None:
    """TER-5: one package per holder, encrypted for whom the client names; deletion waits for the client's word."""
    await desk.declare("db", "faxes", "call_recordings")
    await desk.declare("bucket", "call_recordings", "transcriptions")
    await desk.sign("acme")
    await desk.terminate("acme")
    key = Recipient(encryption=Encryption.AGE, public_key="age1example")
    await desk.choose("acme", Choice.RETURN, key)
    ordered = desk.of(ReturnOrdered)
    assert {order.holder_id: order.categories for order in ordered} == {
        "bucket": ("call_recordings", "transcriptions"),
        "db": ("call_recordings", "faxes"),
    }
    assert {order.recipient for order in ordered} == {key}
    await desk.give_back(ordered[0])
    assert NoticeKind.PACKAGE_READY not in {notice.kind for notice in desk.of(RetentionNoticeOrdered)}
    await desk.give_back(ordered[1])
    assert len(desk.of(RetentionNoticeOrdered, kind=NoticeKind.PACKAGE_READY)[0].facts["links"]) == 2
    await desk.hear(
        ReturnDownloaded(
            client_id="acme", order_id=ordered[0].order_id, holder_id="bucket", downloaded_at=desk.clock.now(), bytes=9
        )
    )
    await acknowledge(desk, "acme", ordered[0].order_id)
    assert not desk.of(ErasureOrdered, purpose="termination")
    await acknowledge(desk, "acme")
    assert desk.of(RetentionReturnSettled)[0].acknowledged
    assert categories(desk.of(ErasureOrdered, purpose="termination")) == {"call_recordings", "transcriptions"}
    await desk.carry_out("acme")
    returned = (await desk.document("acme", 0))["returned"]
    assert [each["acknowledged_by"] for each in returned] == ["DPO", "DPO"]


async def test_an_acknowledgement_that_is_said_again(desk: Desk) -> None:
    """TER-5: it is no news, whichever way it comes; one of a package that there isn't is refused."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.RETURN)
    (order,) = desk.of(ReturnOrdered)
    await desk.give_back(order)
    await acknowledge(desk, "acme")
    before = len(desk.said)
    await acknowledge(desk, "acme", order.order_id)
    assert len(desk.said) == before
    with pytest.raises(Rejected, match="no such package"):
        await acknowledge(desk, "acme", "another")


async def test_what_is_not_fetched_is_deleted_after_the_agreed_time(desk: Desk) -> None:
    """TER-5: without a word of the client, deletion begins when the time to fetch is over; not while one is missing."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.RETURN)
    await desk.pass_days(60)
    assert not desk.of(ErasureOrdered, purpose="termination")
    await desk.give_back(*desk.of(ReturnOrdered, reminder=0))
    await desk.pass_days(30)
    assert not desk.of(ErasureOrdered, purpose="termination")
    await desk.pass_days(1)
    assert not desk.of(RetentionReturnSettled)[0].acknowledged
    assert categories(desk.of(ErasureOrdered, purpose="termination")) == AT_ONCE


async def test_there_is_one_end_of_the_time_to_fetch(desk: Desk) -> None:
    """TER-5: notice, plan and packages say the same day, the agreement's from when all is ready, not from when due."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.RETURN)
    (due_by,) = {
        "; ".join(each.because) for each in desk.of(RetentionPlanned)[-1].entries if each.category == "transcriptions"
    }
    (order,) = desk.of(ReturnOrdered)
    last = deadlines.local_date(desk.book.latest, order.available_until) - timedelta(days=1)
    assert f"until {spell(last)}" in due_by
    await desk.pass_days(1)
    await desk.give_back(order)
    until = deadlines.fetch_window(desk.book.latest, TODAY + timedelta(days=1)).day
    assert until < last
    (notice,) = desk.of(RetentionNoticeOrdered, kind=NoticeKind.PACKAGE_READY)
    assert notice.facts["fetch_until"] == until.isoformat()
    plan = (await desk.get("acme", "/clients/acme/termination")).json()
    lines = {each["category"]: each for each in plan["lines"]}
    assert lines["transcriptions"]["delete_on"] == (until + timedelta(days=1)).isoformat()
    assert f"they can be fetched until {spell(until)}" in lines["transcriptions"]["because"][-1]
    (package,) = (await desk.get("acme", "/clients/acme/packages")).json()
    assert datetime.fromisoformat(package["expires_at"]) == deadlines.end_of_day(desk.book.latest, until)


async def test_a_package_that_is_ready_waits_for_one_that_is_late(desk: Desk) -> None:
    """TER-5: what is fetched ends on one day for all packages, moved while one is awaited; a shorter link is told."""
    await desk.declare("db", "transcriptions")
    await desk.declare("bucket", "call_recordings")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.RETURN)
    early, late = sorted(desk.of(ReturnOrdered), key=lambda order: order.holder_id, reverse=True)
    await desk.give_back(early)
    assert not desk.of(RetentionFetchingMoved)
    await desk.pass_to(deadlines.local_date(desk.book.latest, late.due_at) + timedelta(days=1))
    reminded = desk.of(ReturnOrdered, holder_id="bucket")[-1]
    assert reminded.reminder == 1
    assert reminded.available_until > early.available_until
    (moved,) = desk.of(RetentionFetchingMoved)
    assert (moved.order_ids, moved.available_until) == ((early.order_id,), reminded.available_until)
    own_end = late.available_until - timedelta(days=3)
    await desk.give_back(reminded.model_copy(update={"available_until": own_end}))
    closed = desk.of(RetentionFetchingMoved)[-1]
    assert set(closed.order_ids) == {early.order_id, late.order_id}
    packages = {each["holder_id"]: each for each in (await desk.get("acme", "/clients/acme/packages")).json()}
    ends = {holder: datetime.fromisoformat(each["expires_at"]) for holder, each in packages.items()}
    assert ends == {"db": closed.available_until, "bucket": own_end}
    assert "the link of bucket ends at" in desk.of(RetentionFlagged)[-1].reason


async def test_what_is_gone_is_told_from_what_is_ordered(desk: Desk) -> None:
    """TER-3: a refusal names what a holder confirmed, and apart from it what was ordered and not answered."""
    await desk.declare("db", "call_recordings", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.erase(*desk.of(ErasureOrdered, category="sso_user_numbers", purpose="termination"))
    await desk.hear(ContractReinstated(client_id="acme", reinstated_on=TODAY))
    (refused,) = desk.of(RetentionReinstatementRefused)
    assert (refused.gone, refused.ordered) == (("sso_user_numbers/db",), ("call_recordings/db",))


async def test_a_second_look_that_finds_something_reopens_the_order(desk: Desk) -> None:
    """TER-6: it is ordered again, and certified only when a look finds nothing."""
    await desk.declare("db", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    (order,) = desk.of(ErasureOrdered, purpose="termination")
    await desk.erase(order)
    await desk.pass_days(2)
    (look,) = desk.of(ErasureCheckOrdered)
    await desk.look(look, remaining=2)
    assert desk.of(RetentionReopened)[0].remaining == 2
    assert not desk.of(RetentionCertified)
    again = desk.of(ErasureOrdered, purpose="termination")[-1]
    assert again.order_id != order.order_id
    await desk.erase(again, number=2)
    await desk.pass_days(2)
    await desk.look(desk.of(ErasureCheckOrdered)[-1])
    (line,) = (await desk.document("acme", 0))["deleted"]
    assert [each["count"] for each in line["confirmations"]] == [3, 2]
    assert line["reopened"] == 1


async def test_a_contract_ends_once(desk: Desk) -> None:
    """Twice is refused with the day; before its day it may be moved; its own end counts too."""
    await desk.sign("acme")
    await desk.terminate("acme", TODAY + timedelta(days=10))
    await desk.terminate("acme", TODAY + timedelta(days=5))
    assert not desk.of(RetentionTerminationRefused)
    await desk.pass_days(5)
    assert len(desk.of(RetentionChoiceRequested)) == 1
    await desk.terminate("acme", TODAY + timedelta(days=9))
    (refused,) = desk.of(RetentionTerminationRefused)
    assert (TODAY + timedelta(days=5)).isoformat() in refused.reason
    await desk.pass_days(10)
    assert len(desk.of(RetentionChoiceRequested)) == 1


async def test_an_end_that_is_heard_of_late(desk: Desk) -> None:
    """TER-2: the client has its days from when it is asked, and the plan says so; what is kept counts from the end."""
    await desk.declare("db", "sso_user_numbers", "faxes")
    await desk.sign("acme")
    await desk.terminate("acme", TODAY - timedelta(days=100))
    until = TODAY + timedelta(days=30)
    assert desk.of(RetentionChoiceRequested)[0].last_day_on == until
    plan = {entry.category: entry.delete_on for entry in desk.of(RetentionPlanned)[-1].entries}
    assert plan == {"sso_user_numbers": until + timedelta(days=1), "faxes": date(2027, 8, 16)}


async def test_a_contract_ends_by_itself(desk: Desk) -> None:
    """§13: the contract's own end is the end; an amendment moves it."""
    await desk.sign("acme", contract_ends_on=TODAY + timedelta(days=3))
    await desk.pass_days(2)
    assert not desk.of(RetentionChoiceRequested)
    await desk.pass_days(1)
    assert len(desk.of(RetentionChoiceRequested)) == 1


async def test_a_termination_is_taken_back_before_its_day(desk: Desk) -> None:
    """Nothing happens on that day."""
    await desk.sign("acme")
    await desk.terminate("acme", TODAY + timedelta(days=3))
    await reinstate(desk, "acme")
    assert desk.of(RetentionReinstated)
    await desk.pass_days(60)
    assert not desk.of(CeaseOrdered)
    assert not desk.of(RetentionChoiceRequested)


async def test_a_termination_is_taken_back_before_anything_is_deleted(desk: Desk) -> None:
    """Those who were told to cease may go on, and no default runs."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.cease(*desk.of(CeaseOrdered))
    await desk.pass_days(5)
    await reinstate(desk, "acme")
    assert [lifted.holder_id for lifted in desk.of(CeaseLifted)] == ["platform-db"]
    await desk.pass_days(60)
    assert not desk.of(ErasureOrdered, purpose="termination")
    await desk.terminate("acme", TODAY + timedelta(days=70))
    await desk.pass_days(70)
    assert len(desk.of(RetentionChoiceRequested)) == 2


async def test_what_is_gone_cannot_be_taken_back(desk: Desk) -> None:
    """The refusal names what is gone or going."""
    await desk.declare("db", "sso_user_numbers", "faxes")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await reinstate(desk, "acme")
    assert desk.of(RetentionReinstatementRefused)[0].ordered == ("sso_user_numbers/db",)


async def test_return_without_a_holder_is_flagged_and_nothing_is_deleted(desk: Desk) -> None:
    """What nobody can give back is not deleted in silence; a holder that is declared later gives it back."""
    await desk.sign("acme")
    await desk.permit("acme", "deeptranscript")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.RETURN)
    assert "no holder is declared" in desk.of(RetentionFlagged)[0].reason
    await desk.pass_days(90)
    assert not desk.of(ErasureOrdered, purpose="termination")
    await desk.declare("db", "transcriptions")
    assert [order.holder_id for order in desk.of(ReturnOrdered, reminder=0)] == ["db"]
    assert "db" in {order.holder_id for order in desk.of(CeaseOrdered)}


async def test_the_plan_says_what_happens_when_and_why(desk: Desk) -> None:
    """Before anything happens: per category and holder, with the reasons and the holds."""
    await desk.declare("db", "faxes", "call_fax_logs", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme", date(2026, 12, 31))
    plan = {entry.category: entry for entry in desk.of(RetentionPlanned)[-1].entries}
    assert (plan["sso_user_numbers"].action, plan["sso_user_numbers"].delete_on) == (Action.DELETE, date(2027, 1, 31))
    assert (plan["faxes"].action, plan["faxes"].delete_on) == (Action.HOLD, date(2027, 12, 31))
    assert plan["faxes"].held_by == ("l34-1-communications",)
    assert (plan["call_fax_logs"].action, plan["call_fax_logs"].delete_on) == (Action.ROLL, date(2027, 12, 31))
    assert "transcriptions" in desk.of(RetentionPlanned)[-1].without_holder


async def acknowledge(desk: Desk, client_id: str, order_id: str | None = None) -> None:
    """The client has its data."""
    await desk.hear(
        ReturnAcknowledged(client_id=client_id, order_id=order_id, acknowledged_by="DPO", received_at=desk.clock.now())
    )


async def reinstate(desk: Desk, client_id: str) -> None:
    """The contract goes on."""
    await desk.hear(ContractReinstated(client_id=client_id, reinstated_on=TODAY, reason="renewed"))
