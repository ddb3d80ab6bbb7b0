"""Bad input and bad times: late holds, holders that are down, deaf or wrong, backups that come back (§8.3)."""

from datetime import date, timedelta

import pytest
from tests.retention.desk import TODAY, Desk, categories

from chassis.errors import Rejected
from contracts.cease import CeaseLifted, CeaseOrdered
from contracts.choice import Choice
from contracts.client import ClientSettingsChanged, Duration, DurationUnit
from contracts.contract import ContractTerminated
from contracts.erasure import ErasureConfirmed, ErasureFailed, ErasureHalted, ErasureOrdered
from contracts.hold import HoldKind, HoldLifted, HoldPlaced
from contracts.holder import Finding, HolderReported, HolderRestored
from contracts.ordering import Method, Purpose
from contracts.retention import (
    RetentionAnswerRefused,
    RetentionCertified,
    RetentionFlagged,
    RetentionHoldApplied,
    RetentionHoldRefused,
    RetentionOrderFailed,
    RetentionOrderOverdue,
    RetentionPlanned,
    RetentionTerminationRefused,
)

pytestmark = pytest.mark.servers


async def test_a_client_that_nobody_knows(desk: Desk) -> None:
    """It is refused in words that a publisher understands, and goes to the dead letters."""
    with pytest.raises(Rejected, match=r"publish client\.signed first"):
        await desk.hear(ContractTerminated(client_id="nobody", terminated_on=TODAY))


async def test_categories_that_no_agreement_has(desk: Desk) -> None:
    """RET-1: no order would reach them: a holder, or a duration, that names one is refused with those there are."""
    await desk.sign("acme")
    with pytest.raises(Rejected, match=r"no category gifts; it has .*call_recordings") as refused:
        await desk.declare("shop", "gifts", "faxes")
    assert refused.value.field == "categories"
    wish = Duration(category="gifts", n=1, unit=DurationUnit.YEARS)
    with pytest.raises(Rejected, match="no category gifts") as refused:
        await desk.hear(ClientSettingsChanged(client_id="acme", retention=(wish,)))
    assert refused.value.field == "retention"


async def test_a_hold_placed_while_a_deletion_runs(desk: Desk) -> None:
    """TER-4: the holder is stopped and says how far it came; the rest stays, and goes when the hold is lifted."""
    await ended(desk)
    (order,) = desk.of(ErasureOrdered, category="call_recordings", purpose="termination")
    await place(desk, "call_recordings")
    (halted,) = desk.of(ErasureHalted)
    assert (halted.order_id, halted.client_ids) == (order.order_id, ("acme",))
    await desk.erase(order, number=1, halted=True)
    await desk.pass_days(60)
    assert desk.of(ErasureOrdered, category="call_recordings", purpose="termination") == [order]
    await lift(desk)
    again = desk.of(ErasureOrdered, category="call_recordings", purpose="termination")[-1]
    assert again.order_id != order.order_id
    await desk.erase(again)
    counts = await desk.counts("acme", "call_recordings")
    assert counts == [1, 3]


async def test_a_hold_that_comes_too_late_says_for_what(desk: Desk) -> None:
    """What is gone can't be held: it is named."""
    await ended(desk)
    await desk.erase(*desk.of(ErasureOrdered, category="call_recordings", purpose="termination"))
    await place(desk, "call_recordings")
    assert desk.of(RetentionHoldApplied)[0].too_late == ("call_recordings/platform-db",)


async def test_a_hold_ends_by_itself(desk: Desk) -> None:
    """TER-4: on its last day what only it kept goes."""
    await place(desk, "call_recordings", until=90, signed=True)
    await desk.declare()
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.pass_days(89)
    assert "call_recordings" not in categories(desk.of(ErasureOrdered, purpose="termination"))
    await desk.pass_days(1)
    assert "call_recordings" in categories(desk.of(ErasureOrdered, purpose="termination"))


async def test_a_hold_on_everything_holds_everything(desk: Desk) -> None:
    """No category named means all of them; no order of any kind goes out for this client."""
    await place(desk, signed=True)
    await desk.declare()
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.pass_days(3)
    assert not [order for order in desk.of(ErasureOrdered) if any(s.client_id == "acme" for s in order.scopes)]
    assert {entry.delete_on for entry in desk.of(RetentionPlanned)[-1].entries} == {None}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"categories": ("gifts",)}, "no category gifts"),
        ({"until": TODAY}, "has passed"),
    ],
)
async def test_a_hold_that_cannot_stand(desk: Desk, changed: dict[str, object], reason: str) -> None:
    """It is refused with the reason, and holds nothing."""
    await desk.sign("acme")
    await desk.hear(hold().model_copy(update=changed))
    assert reason in desk.of(RetentionHoldRefused)[0].reason


async def test_a_hold_of_another_client(desk: Desk) -> None:
    """Its id is taken, and it can't be lifted in another's name."""
    await desk.sign("acme", "bolt")
    await desk.hear(hold())
    await desk.hear(hold().model_copy(update={"client_id": "bolt"}))
    await desk.hear(HoldLifted(hold_id="dispute", client_id="bolt", reason="x", lifted_by="x"))
    assert len(desk.of(RetentionHoldRefused, client_id="bolt")) == 2


async def test_a_holder_that_is_down_for_days(desk: Desk) -> None:
    """SUB-7: it is reminded, people are told, and when it is back its answer counts."""
    await ended(desk)
    (order,) = desk.of(ErasureOrdered, category="sso_user_numbers", reminder=0)
    await desk.pass_days(20)
    said = desk.of(ErasureOrdered, order_id=order.order_id)
    assert [each.reminder for each in said] == [0, 1, 2, 3]
    overdue = desk.of(RetentionOrderOverdue, order_id=order.order_id)
    assert [each.escalated for each in overdue] == [False, True, True]
    await desk.erase(order)
    await desk.pass_days(20)
    assert len(desk.of(ErasureOrdered, order_id=order.order_id)) == 4


async def test_a_sub_processor_that_never_answers(desk: Desk) -> None:
    """SUB-7, TER-6: it is reminded so often as the agreement says; the certificate says that it did not confirm."""
    await desk.declare("db", "transcriptions")
    await desk.sign("acme")
    await desk.permit("acme", "deeptranscript")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    own = [each for each in desk.of(ErasureOrdered, purpose="termination") if each.holder_id == "db"]
    await desk.erase(*own)
    await desk.pass_days(2)
    await desk.look_at_all()
    assert not desk.of(RetentionCertified)
    await desk.pass_days(60)
    (order, *_) = desk.of(ErasureOrdered, holder_id="deeptranscript", category="transcriptions")
    most = desk.book.latest.termination.reminders_at_most
    assert len(desk.of(RetentionOrderOverdue, order_id=order.order_id)) == most
    document = await desk.document("acme")
    assert not document["complete"]
    silent = {(each["category"], each["holder"]) for each in document["not_confirmed"]}
    assert ("transcriptions", "deeptranscript") in silent
    assert ("transcriptions", "db") not in silent


async def test_a_restored_backup(desk: Desk) -> None:
    """TER-6: everything erased since the backup was taken is ordered again, and what was erased before is not."""
    await ended(desk)
    orders = desk.of(ErasureOrdered, purpose="termination")
    early, late = orders[:2], orders[2:]
    await desk.erase(*early)
    await desk.pass_days(5)
    taken_at = desk.clock.now()
    await desk.erase(*late)
    await desk.pass_days(5)
    await desk.hear(HolderRestored(holder_id="platform-db", backup_taken_at=taken_at, restored_at=desk.clock.now()))
    again = desk.of(ErasureOrdered, purpose=Purpose.RESTORE)
    assert categories(again) == categories(late)
    assert {order.order_id for order in again}.isdisjoint({order.order_id for order in orders})


async def test_answers_that_count_for_nothing(desk: Desk) -> None:
    """An unknown order, another holder, a second answer: each is refused with the reason."""
    await ended(desk)
    order = desk.of(ErasureOrdered, purpose="termination")[0]
    wrong = order.model_copy(update={"holder_id": "somebody"}), order.model_copy(update={"order_id": "none"})
    await desk.erase(*wrong)
    await desk.erase(order)
    await desk.erase(order)
    reasons = [each.reason for each in desk.of(RetentionAnswerRefused)]
    assert [words in reason for words, reason in zip(("ordered from", "no erasure", "already"), reasons, strict=True)]
    assert await desk.counts("acme", order.category) == [3]


async def test_a_holder_that_cannot(desk: Desk) -> None:
    """People are told why, and the order stands."""
    await ended(desk)
    order = desk.of(ErasureOrdered, purpose="termination")[0]
    failed_at = desk.clock.now()
    await desk.hear(
        ErasureFailed(order_id=order.order_id, holder_id=order.holder_id, failed_at=failed_at, reason="no such table")
    )
    assert desk.of(RetentionOrderFailed)[0].reason == "no such table"
    await desk.erase(order)
    assert await desk.counts("acme", order.category) == [3]


async def test_processing_after_the_end_is_flagged(desk: Desk) -> None:
    """TER-1: what a holder reports, and a permission that comes after the end."""
    await desk.sign("acme")
    await desk.hear(report(desk, Finding.PROCESSED))
    assert not desk.of(RetentionFlagged)
    await desk.terminate("acme")
    await desk.hear(report(desk, Finding.PROCESSED))
    await desk.permit("acme", "slack", on=TODAY + timedelta(days=1))
    assert [flag.holder_id for flag in desk.of(RetentionFlagged)] == ["platform-db", "slack"]


async def test_what_is_never_stored_is_flagged(desk: Desk) -> None:
    """RET-1: who reports it, and who had some to delete."""
    await desk.declare("mailer", "transactional_emails")
    await desk.sign("acme")
    await desk.hear(report(desk, Finding.STORED))
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.erase(*desk.of(ErasureOrdered, category="transactional_emails"))
    reported, deleted = desk.of(RetentionFlagged)
    assert {reported.category, deleted.category} == {"transactional_emails"}
    assert reported.reason == "it stores Transactional emails, which is never stored: 3 rows in crm:public.email"
    assert "deleted 3 records of a category that is never stored" in deleted.reason


async def test_what_could_not_be_reached_is_certified_as_such(desk: Desk) -> None:
    """TER-6: a backup that the holder can't reach keeps the certificate from claiming the whole."""
    await desk.declare("db", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.erase(*desk.of(ErasureOrdered, purpose="termination"), unreached=("backups until March",))
    await desk.pass_days(2)
    await desk.look_at_all()
    document = await desk.document("acme")
    assert not document["complete"]
    assert [each["what"] for each in document["not_reached"]] == ["backups until March"]


async def test_a_client_that_signs_again_while_its_end_runs(desk: Desk) -> None:
    """What the new contract makes is not the old one's to delete."""
    await desk.declare("db", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.pass_days(5)
    await desk.sign("acme")
    signed_at = desk.clock.now()
    await desk.pass_days(30)
    (order,) = desk.of(ErasureOrdered, purpose="termination")
    cutoff = order.scopes[0].cutoff_at
    assert cutoff is not None
    assert abs((cutoff - signed_at).total_seconds()) < 60


async def test_a_client_that_comes_back_and_leaves_again(desk: Desk) -> None:
    """TER-1, TER-4: its holders may go on; both ends run side by side, each to its own days and certificate."""
    await desk.declare("db", "faxes", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.carry_out("acme")
    await desk.sign("acme")
    assert [lifted.holder_id for lifted in desk.of(CeaseLifted)] == ["db"]
    again_on = TODAY + timedelta(days=60)
    await desk.terminate("acme", again_on)
    await desk.pass_to(again_on)
    assert len(desk.of(CeaseOrdered, reminder=0)) == 2
    await desk.choose("acme", Choice.DELETION)
    await place(desk, "faxes")
    plan = (await desk.get("acme", "/clients/acme/termination")).json()
    ends = [plan, *plan["earlier"]]
    assert [each["terminated_on"] for each in ends] == [again_on.isoformat(), TODAY.isoformat()]
    assert [[line["held_by"][-1] for line in each["lines"] if line["category"] == "faxes"] for each in ends] == [
        ["dispute"],
        ["dispute"],
    ]
    await lift(desk)
    await desk.carry_out("acme")
    for ended_on in (TODAY, again_on):
        year_on = date(ended_on.year + 1, ended_on.month, ended_on.day)
        await desk.pass_to(year_on - timedelta(days=1))
        before = len(desk.of(ErasureOrdered, category="faxes", purpose="termination", reminder=0))
        await desk.pass_to(year_on)
        assert len(desk.of(ErasureOrdered, category="faxes", purpose="termination", reminder=0)) == before + 1
        await desk.carry_out("acme")
    assert await stages(desk) == ["complete", "complete"]
    certified = [await desk.document("acme", nth) for nth in (-2, -1)]
    assert [each["terminated_on"] for each in certified] == [TODAY.isoformat(), again_on.isoformat()]
    assert not certified[0]["held"] + certified[1]["held"]


async def test_an_end_after_all_is_deleted(desk: Desk) -> None:
    """A contract that is over ends no second time; the one that is signed after it does."""
    await desk.declare("db", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    await desk.carry_out("acme")
    assert await stages(desk) == ["complete"]
    await desk.terminate("acme", TODAY + timedelta(days=40))
    assert "the client's data are deleted" in desk.of(RetentionTerminationRefused)[0].reason
    await desk.sign("acme", contract_ends_on=TODAY + timedelta(days=50))
    await desk.pass_days(60)
    assert len(desk.of(CeaseOrdered, reminder=0)) == 2


async def test_a_contract_that_is_renewed_before_its_own_end(desk: Desk) -> None:
    """§13: it ends on the new day, and nothing of it is spared."""
    await desk.declare("db", "sso_user_numbers")
    await desk.sign("acme", contract_ends_on=TODAY + timedelta(days=3))
    await desk.sign("acme", contract_ends_on=TODAY + timedelta(days=20))
    await desk.pass_days(10)
    assert not desk.of(CeaseOrdered)
    await desk.pass_days(60)
    (order,) = desk.of(ErasureOrdered, purpose="termination", reminder=0)
    assert order.scopes[0].cutoff_at is None


async def test_evidence_names_who_when_how_many_and_how(desk: Desk) -> None:
    """TER-3: the certificate holds the confirmation word for word."""
    await desk.declare("db", "sso_user_numbers")
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    (order,) = desk.of(ErasureOrdered, purpose="termination")
    now = desk.clock.now()
    said = ErasureConfirmed(
        order_id=order.order_id,
        holder_id="db",
        started_at=now,
        finished_at=now + timedelta(minutes=3),
        count=12,
        method=Method.CRYPTO_ERASE,
        confirmed_by="key keeper",
        evidence="key 7 destroyed",
    )
    await desk.hear(said)
    await desk.pass_days(2)
    await desk.look_at_all()
    (line,) = (await desk.document("acme"))["deleted"]
    assert ErasureConfirmed.model_validate_json(desk.as_json(line["confirmations"][0] | {"holder_id": "db"})) == said
    assert desk.of(CeaseOrdered)


async def ended(desk: Desk) -> None:
    """A client whose contract has ended, and whose data are being deleted."""
    await desk.declare()
    await desk.sign("acme")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)


def hold(*named: str) -> HoldPlaced:
    """A dispute."""
    return HoldPlaced(
        hold_id="dispute",
        client_id="acme",
        kind=HoldKind.DISPUTE,
        categories=named,
        legal_basis="8.3",
        reason="unpaid invoices",
        placed_by="legal",
    )


async def place(desk: Desk, *named: str, until: int | None = None, signed: bool = False) -> None:
    """A hold is placed, if need be on a client that signs first."""
    if signed:
        await desk.sign("acme")
    last = None if until is None else TODAY + timedelta(days=until)
    await desk.hear(hold(*named).model_copy(update={"until": last}))


async def stages(desk: Desk) -> list[str]:
    """How far each end of acme's contracts is, the newest first."""
    listed = (await desk.get("operator", "/terminations?client_id=acme")).json()
    return [each["stage"] for each in listed["items"]]


async def lift(desk: Desk) -> None:
    """The hold is over."""
    await desk.hear(HoldLifted(hold_id="dispute", client_id="acme", reason="settled", lifted_by="legal"))


def report(desk: Desk, finding: Finding) -> HolderReported:
    """What a holder found."""
    return HolderReported(
        holder_id="platform-db",
        client_id="acme",
        finding=finding,
        category="transactional_emails",
        seen_at=desk.clock.now(),
        detail="3 rows in crm:public.email",
    )
