"""A holder that never makes its return package: the ways out, each on record, and when deletion follows (§8.3)."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from tests.retention.desk import Desk

from agreement import deadlines
from contracts.choice import Choice
from contracts.contract import ContractReinstated
from contracts.erasure import ErasureOrdered
from contracts.hold import HoldKind, HoldPlaced
from contracts.retention import (
    MissedWhy,
    NoticeKind,
    OrderKind,
    RetentionAnswerRefused,
    RetentionFetchingMoved,
    RetentionNoticeOrdered,
    RetentionOrderOverdue,
    RetentionPlanned,
    RetentionReturnMissed,
    RetentionReturnSettled,
)
from contracts.returning import ReturnAbandoned, ReturnAcknowledged, ReturnOrdered, ReturnWaived

pytestmark = pytest.mark.servers


async def returning(desk: Desk, **holders: str) -> dict[str, ReturnOrdered]:
    """Acme has chosen return, and these holders are to give back what they have; their orders."""
    for holder_id, category in holders.items():
        await desk.declare(holder_id, category)
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.RETURN)
    return {order.holder_id: order for order in desk.of(ReturnOrdered)}


async def escalate(desk: Desk) -> None:
    """Until whoever has not answered was reminded in vain."""
    while not any(each.escalated for each in desk.of(RetentionOrderOverdue, kind=OrderKind.RETURN)):
        await desk.pass_days(1)


async def waive(desk: Desk, order: ReturnOrdered) -> None:
    """The client gives the return up."""
    await desk.hear(
        ReturnWaived(client_id="acme", order_id=order.order_id, waived_by="DPO", received_at=desk.clock.now())
    )


async def abandon(desk: Desk, order: ReturnOrdered) -> None:
    """An operator declares the holder unreachable."""
    await desk.hear(
        ReturnAbandoned(
            client_id="acme",
            order_id=order.order_id,
            declared_by="Ops",
            declared_at=desk.clock.now(),
            reason="It is wound up.",
        )
    )


async def acknowledge(desk: Desk) -> None:
    """The client has all its packages."""
    await desk.hear(ReturnAcknowledged(client_id="acme", acknowledged_by="DPO", received_at=desk.clock.now()))


def deleting(desk: Desk) -> bool:
    """Whether anything of the end is ordered to be deleted."""
    return bool(desk.of(ErasureOrdered, purpose="termination"))


async def test_a_client_gives_up_what_never_comes(desk: Desk) -> None:
    """TER-5: with nothing else to wait for, deletion follows at once; before, nothing of it."""
    order = (await returning(desk, db="transcriptions"))["db"]
    await desk.pass_days(90)
    assert not deleting(desk)
    await waive(desk, order)
    assert deleting(desk)
    (missed,) = desk.of(RetentionReturnMissed)
    assert (missed.holder_id, missed.categories, missed.why) == ("db", ("transcriptions",), MissedWhy.WAIVED)
    assert desk.of(RetentionReturnSettled)[-1].acknowledged is False
    planned = {entry.category: entry for entry in desk.of(RetentionPlanned)[-1].entries}
    assert "the client gave up" in planned["transcriptions"].because[0]
    await desk.carry_out("acme")
    (told,) = (await desk.document("acme"))["not_returned"]
    assert (told["holder"], told["why"], told["by"]) == ("db", "waived", "DPO")


async def test_what_the_others_return_is_still_fetched_first(desk: Desk) -> None:
    """TER-5: giving up one package opens the time to fetch the others; deletion follows their acknowledgement."""
    orders = await returning(desk, db="transcriptions", bucket="call_recordings")
    await desk.give_back(orders["bucket"])
    await waive(desk, orders["db"])
    assert NoticeKind.PACKAGE_READY in {each.kind for each in desk.of(RetentionNoticeOrdered)}
    assert not deleting(desk)
    await acknowledge(desk)
    assert deleting(desk)


async def test_a_holder_that_can_not_be_reached(desk: Desk) -> None:
    """TER-5: declared by name and reason after reminders in vain; the client is told, and has its time to fetch."""
    orders = await returning(desk, db="transcriptions", bucket="call_recordings")
    await desk.give_back(orders["bucket"])
    await abandon(desk, orders["db"])
    assert "not reminded in vain" in desk.of(RetentionAnswerRefused)[-1].reason
    await escalate(desk)
    await abandon(desk, orders["db"])
    (notice,) = (each for each in desk.of(RetentionNoticeOrdered) if each.kind is NoticeKind.PACKAGE_READY)
    window = deadlines.fetch_window(desk.book.latest, deadlines.local_date(desk.book.latest, desk.clock.now()))
    assert notice.facts["fetch_until"] == window.day.isoformat()
    missed = notice.facts["not_returned"][0]
    assert missed.startswith(f"Db ({orders['db'].order_id}): ")
    assert missed.endswith("It is wound up.")
    assert len(notice.facts["links"]) == 1
    await acknowledge(desk)
    await desk.pass_to(window.day)
    assert not deleting(desk)
    planned = {entry.category: entry for entry in desk.of(RetentionPlanned)[-1].entries}
    assert "Ops declared its holder unreachable" in planned["transcriptions"].because[0]
    await desk.pass_days(2)
    assert deleting(desk)
    await abandon(desk, orders["db"])
    assert "nobody waits" in desk.of(RetentionAnswerRefused)[-1].reason


async def test_what_comes_late_is_returned_all_the_same(desk: Desk) -> None:
    """TER-5: a holder that was declared unreachable and answers opens the time to fetch anew, and nothing is missed."""
    order = (await returning(desk, db="transcriptions"))["db"]
    await escalate(desk)
    await abandon(desk, order)
    await desk.pass_days(20)
    await desk.give_back(order)
    moved = desk.of(RetentionFetchingMoved)[-1]
    assert moved.available_until - desk.clock.now() > timedelta(days=20)
    plan = (await desk.get("acme", "/clients/acme/termination")).json()
    assert plan["not_returned"] == []
    await desk.pass_days(15)
    assert not deleting(desk)
    await acknowledge(desk)
    assert deleting(desk)


async def test_a_client_that_does_not_want_it_any_more_waits_for_nothing(desk: Desk) -> None:
    """TER-5: told that a holder can't be reached, the client gives its return up, and deletion begins."""
    order = (await returning(desk, db="transcriptions"))["db"]
    await escalate(desk)
    await abandon(desk, order)
    assert not deleting(desk)
    await waive(desk, order)
    assert deleting(desk)
    await desk.give_back(order)
    assert desk.of(RetentionAnswerRefused)[-1].order_id == order.order_id


async def test_a_hold_outlives_what_is_given_up(desk: Desk) -> None:
    """TER-4: what a dispute keeps stays, whoever gives up its return."""
    order = (await returning(desk, db="transcriptions"))["db"]
    await desk.hear(
        HoldPlaced(
            hold_id="suit",
            client_id="acme",
            kind=HoldKind.DISPUTE,
            legal_basis="Art. 17(3)(e) GDPR",
            reason="a suit",
            placed_by="counsel",
        )
    )
    await waive(desk, order)
    await desk.pass_days(60)
    assert not deleting(desk)


async def test_nothing_is_given_up_twice_or_of_somebody_else(desk: Desk) -> None:
    """A package that is made, an order that is none, another client's: each is refused with the reason."""
    orders = await returning(desk, db="transcriptions")
    await desk.sign("bolt")
    await desk.give_back(orders["db"])
    await waive(desk, orders["db"])
    await waive(desk, orders["db"].model_copy(update={"order_id": "none"}))
    await desk.hear(
        ReturnWaived(client_id="bolt", order_id=orders["db"].order_id, waived_by="DPO", received_at=desk.clock.now())
    )
    made, unknown, others = desk.of(RetentionAnswerRefused)
    assert "its package is made" in made.reason
    assert "no return to this client" in unknown.reason
    assert "no return to this client" in others.reason
    assert not desk.of(RetentionReturnMissed)


async def test_what_is_ready_is_kept_while_another_is_awaited(desk: Desk) -> None:
    """TER-5: however long a holder says nothing, the package of another can be fetched; nothing is said to it again."""
    orders = await returning(desk, db="transcriptions", bucket="call_recordings")
    await desk.give_back(orders["bucket"])
    await desk.pass_days(120)
    most = desk.book.latest.termination.reminders_at_most
    assert [each.reminder for each in desk.of(ReturnOrdered, holder_id="db")] == list(range(most + 1))
    assert desk.of(RetentionFetchingMoved)[-1].available_until > desk.clock.now()
    await desk.hear(ContractReinstated(client_id="acme", reinstated_on=desk.clock.now().date()))


async def test_through_the_api_and_on_paper(desk: Desk) -> None:
    """TER-5: the client's own word and the operator's, once each; the plan, the order and the certificate show them."""
    orders = await returning(desk, db="transcriptions", bucket="call_recordings")
    ids = {holder_id: order.order_id for holder_id, order in orders.items()}
    unreachable = f"/orders/{ids['bucket']}/unreachable"
    early = await desk.post("operator", unreachable, {"reason": "It is wound up."})
    assert early.status_code == 409
    assert "reminded in vain" in early.json()["detail"]
    await escalate(desk)
    first = await desk.post("operator", unreachable, {"reason": "It is wound up."}, key="once")
    again = await desk.post("operator", unreachable, {"reason": "It is wound up."}, key="once")
    assert (
        (first.status_code, first.json()["state"]) == (again.status_code, again.json()["state"]) == (201, "unreachable")
    )
    waiver = f"/clients/acme/returns/{ids['db']}/waiver"
    assert (await desk.post("acme/manager", waiver)).status_code == 403
    assert (await desk.post("bolt", f"/clients/bolt/returns/{ids['db']}/waiver")).status_code == 404
    assert (await desk.post("acme", waiver, {"reason": "We have it."})).json()["state"] == "waived"
    assert (await desk.post("acme", waiver)).json()["state"] == "waived"
    await desk.settle()
    plan = (await desk.get("acme", "/clients/acme/termination")).json()
    assert {each["holder_id"]: each["why"] for each in plan["not_returned"]} == {
        "bucket": "unreachable",
        "db": "waived",
    }
    await desk.pass_days(40)
    await desk.carry_out("acme")
    await desk.pass_days(1)
    certificates = (await desk.get("acme", "/clients/acme/certificates")).json()
    path = f"/certificates/{certificates[0]['certificate_id']}/pdf"
    for language, words in (("en", "could not be reached"), ("fr", "n'a pu être joint")):
        pdf = (await desk.get("acme", path, language=language)).content
        text = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)
        assert words in text
        assert "It is wound up." in text
    assert datetime.fromisoformat(plan["not_returned"][0]["said_at"]) <= desk.clock.now()
