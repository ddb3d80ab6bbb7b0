"""What people on call are told by email, so that they act (§6, §15)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.chassis.eventually import eventually
from tests.desk import shipped
from tests.notifier.desk import Desk

from chassis.message import Cause
from contracts.assurance import AssuranceAlertKind, AssuranceAlertOrdered
from contracts.change import ChangeReceiptOverdue
from contracts.client import Language
from contracts.escalation import EscalationAlertDue
from contracts.event import Event
from contracts.incident import AlertKind, IncidentAlertOrdered
from contracts.request import AlertKind as RequestAlertKind
from contracts.request import RequestAlertOrdered
from contracts.retention import OrderKind, RetentionFlagged, RetentionOrderFailed, RetentionOrderOverdue
from contracts.sealing import AnchorContradicted
from embedded.smtp import SmtpSink
from notifier.concerns import Kind
from notifier.metrics import NoticeMetrics
from notifier.on_call import Person, people
from notifier.unreceived import FAILED, UNRECEIVED
from notifier.watch import Watch

pytestmark = pytest.mark.servers
ADA = Person(name="Ada", email="ada@quicktalk.test")
LOUIS = Person(name="Louis", email="louis@quicktalk.test", language=Language.FRENCH)


def alert(order_id: str = "alert-1") -> IncidentAlertOrdered:
    """Six hours are left, and two clients wait."""
    return IncidentAlertOrdered(
        order_id=order_id,
        about="inc-7",
        kind=AlertKind.BREACH_TIME_LEFT,
        clause="6",
        facts={
            "incident_id": "inc-7",
            "towards": "clients",
            "to_clients": "yes",
            "to_authority": "",
            "due_on": "2026-04-01",
            "due_time": "01:55 (Europe/Paris)",
            "hours_left": "6",
            "waiting": "2",
            "clients": ("acme", "borealis"),
        },
    )


def on_call(desk: Desk, *whom: Person) -> None:
    """These people are on call."""
    desk.app.settings = desk.app.settings.model_copy(update={"on_call": whom})


async def test_everybody_on_call_is_told_in_their_language(desk: Desk, smtp: SmtpSink) -> None:
    """BRE-1: by email, once each, though the order comes twice."""
    on_call(desk, ADA, LOUIS)
    async with desk.delivering():
        cause = Cause("tests", "the-order", "tests")
        await desk.runtime.processor.submit(alert(), cause)
        mails = await smtp.wait_for(lambda got: len(got) == 2)
        await eventually(lambda: _all_sent(desk))
        await desk.runtime.processor.submit(alert(), cause)
        await desk.hear(alert())
        await desk.hear(alert("alert-2"))
        await smtp.wait_for(lambda got: len(got) >= 4)
        await eventually(lambda: _all_sent(desk))
    texts = {mail.recipients[0]: mail.message.get_body(("plain",)) for mail in mails}
    english, french = texts[ADA.email], texts[LOUIS.email]
    assert english is not None
    assert french is not None
    assert "6 hours are left" in english.get_content()
    assert "Il reste 6 heures" in french.get_content()
    assert "borealis" in english.get_content()
    items = await desk.items("operator", "/alerts")
    assert sorted((each["email"], each["attempts"]) for each in items) == [(ADA.email, 1)] * 2 + [(LOUIS.email, 1)] * 2
    assert len(smtp.mails) == 4


async def _all_sent(desk: Desk) -> bool:
    return not await desk.items("operator", "/alerts", unsent="true")


async def test_a_mail_server_that_is_away_loses_no_alert(desk: Desk, smtp: SmtpSink) -> None:
    """It is tried again until it is taken; meanwhile it stands among what is not sent, with the reason."""
    on_call(desk, ADA)
    smtp.refuse(ADA.email)
    async with desk.delivering():
        await desk.hear(alert())
        await eventually(lambda: _tried(desk))
        (waiting,) = await desk.items("operator", "/alerts", unsent="true")
        assert waiting["reason"]
        assert waiting["next_attempt_at"]
        smtp.refuse(ADA.email, None)
        desk.clock.jump_to(desk.clock.now() + timedelta(hours=2))
        await smtp.wait_for(lambda got: any(ADA.email in mail.recipients for mail in got))
        await eventually(lambda: _all_sent(desk))


async def _tried(desk: Desk) -> bool:
    return any(each["attempts"] for each in await desk.items("operator", "/alerts"))


async def test_an_alert_that_reaches_nobody_is_not_silent(desk: Desk) -> None:
    """Where nobody is on call it is kept and counted, and its reason names the setting."""
    await desk.hear(alert())
    (kept,) = await desk.items("operator", "/alerts", unsent="true")
    assert kept["email"] is None
    assert "DUTIFUL_ON_CALL" in str(kept["reason"])
    await Watch(desk.runtime, NoticeMetrics(desk.runtime.metrics)).look()
    unsent = desk.runtime.metrics.registry.get_sample_value("dutiful_alerts_unsent", {"service": "notifier"})
    assert unsent == 1


async def test_notices_without_receipt_are_told_to_people(desk: Desk) -> None:
    """§15: when letters wait to be posted, and when nothing is left to try; not where everybody has its notice."""
    on_call(desk, ADA)
    await desk.sign("acme", "borealis")
    await desk.order("acme", "borealis")
    await desk.escalate()
    await desk.escalate()
    await desk.escalate(final=True)
    items = await desk.items("operator", "/alerts")
    assert sorted(str(each["kind"]) for each in items) == [FAILED, UNRECEIVED]
    assert {str(each["about"]) for each in items} == {"change-1"}
    assert items[0]["facts"] == items[1]["facts"]
    await desk.order("acme", order_id="order-2")
    await desk.runtime.pool.execute("UPDATE notice SET received_at = created_at WHERE order_id = 'order-2'")
    await desk.escalate("order-2", final=True)
    assert len(await desk.items("operator", "/alerts")) == 2


def overdue(nth: int, reminders: int = 3, *, escalated: bool = True) -> RetentionOrderOverdue:
    """A holder does not answer."""
    return RetentionOrderOverdue(
        order_id=f"order-{nth:02}",
        kind=OrderKind.RETURN,
        holder_id=f"crm-{nth:02}",
        client_ids=("acme",),
        due_at=datetime(2026, 4, 1, tzinfo=UTC),
        reminders=reminders,
        escalated=escalated,
    )


async def fire(desk: Desk) -> list[Any]:
    """What waits is told, as when its time has come; then all alerts, the newest first."""
    for kind in Kind:
        await desk.hear(EscalationAlertDue(kind=kind.value))
    return await desk.items("operator", "/alerts")


async def told_next(desk: Desk) -> datetime | None:
    """When the next mail about orders without answer is due."""
    at: datetime | None = await desk.runtime.pool.fetchval(
        "SELECT due_at FROM agenda WHERE name = 'alert/orders_unanswered'"
    )
    return at


async def test_a_flood_of_what_people_must_act_upon_is_one_mail(desk: Desk) -> None:
    """§8.3: the first is told at once, all that follows for a while in one mail, which names twenty; none is lost."""
    on_call(desk, ADA)
    await desk.hear(overdue(0, reminders=1, escalated=False))
    assert await told_next(desk) is None
    for nth in range(30):
        await desk.hear(overdue(nth))
    due_at = await told_next(desk)
    assert due_at is not None
    assert due_at <= desk.clock.now()
    told_after = desk.clock.now()
    (first,) = await fire(desk)
    assert len(first["facts"]["items"]) == 21
    assert "crm-00" in first["facts"]["items"][0]
    assert (first["facts"]["waiting"], first["facts"]["items"][-1]) == ("30", "+ 10")
    await desk.hear(overdue(31))
    await desk.hear(overdue(32))
    due_at = await told_next(desk)
    assert due_at is not None
    assert told_after + desk.app.settings.alerts_within <= due_at
    second, _ = await fire(desk)
    assert second["facts"]["waiting"] == "2"
    assert len(await fire(desk)) == 2


async def test_each_kind_has_a_mail_of_its_own_in_ones_language(desk: Desk, smtp: SmtpSink) -> None:
    """§4.3, §7, §8.3: orders in vain, flags, missing receipts, heads that don't fit; a holder's words aren't mailed."""
    on_call(desk, ADA, LOUIS)
    await desk.hear(overdue(1))
    await desk.hear(
        RetentionOrderFailed(order_id="o-1", kind=OrderKind.ERASURE, holder_id="crm", category="faxes", reason="Ms X")
    )
    await desk.hear(RetentionFlagged(client_id="acme", seen_at=desk.clock.now(), reason="it was read", clause="8.3"))
    await desk.hear(ChangeReceiptOverdue(change_id="ch-7", client_id="acme", effective_on=date(2026, 5, 4)))
    await desk.hear(
        AnchorContradicted(chain="client/acme", seq=9, sha256="0" * 64, held_seq=7, noticed_at=desk.clock.now())
    )
    async with desk.delivering():
        await fire(desk)
        mails = await smtp.wait_for(lambda got: len(got) == 10)
        await eventually(lambda: _all_sent(desk))
    bodies = [(mail.recipients[0], mail.message.get_body(("plain",))) for mail in mails]
    texts = {who: "\n".join(body.get_content() for to, body in bodies if body and to == who) for who, _ in bodies}
    for said in (
        "crm-01: return",
        "crm: erasure, category faxes",
        "acme: it was read (clause 8.3)",
        "ch-7",
        "entry 9 was signed",
    ):
        assert said in texts[ADA.email]
    for said in (
        "crm-01 : restituer",
        "crm : supprimer, catégorie faxes",
        "(article 8.3)",
        "le 4 mai 2026",
        "entrée 9 a été signée",
    ):
        assert said in texts[LOUIS.email]
    assert "Ms X" not in texts[ADA.email] + texts[LOUIS.email]


def test_who_is_on_call() -> None:
    """Whom the operator names; else the agreement's address for incidents, or for notices; else nobody."""
    agreement = shipped()
    contact = agreement.breach.contact.model_copy(update={"email": "duty@quicktalk.test"})
    called = agreement.model_copy(update={"breach": agreement.breach.model_copy(update={"contact": contact})})
    processor = agreement.processor.model_copy(update={"email": "legal@quicktalk.test"})
    written = agreement.model_copy(update={"processor": processor})
    assert people((ADA,), called) == (ADA,)
    assert [each.email for each in people((), called)] == ["duty@quicktalk.test"]
    assert [each.email for each in people((), written)] == ["legal@quicktalk.test"]
    assert people((), agreement) == ()


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (
            RequestAlertOrdered(
                order_id="a-1",
                about="dsar-7",
                kind=RequestAlertKind.REQUEST_UNTOLD,
                clause="9",
                facts={
                    "request_id": "dsar-7",
                    "due_on": "2026-04-01",
                    "due_time": "00:00",
                    "missed": "no",
                    "lacks": "client",
                },
            ),
            "Nobody has said yet whose data it is about",
        ),
        (
            AssuranceAlertOrdered(
                order_id="a-1",
                about="audit-7",
                kind=AssuranceAlertKind.FINDING_OVERDUE,
                clause="7",
                facts={"client_id": "acme", "matter_id": "audit-7", "finding_id": "f1", "due_on": "2026-04-01"},
            ),
            "It was to be mended by 1 April 2026",
        ),
    ],
)
async def test_requests_and_last_days_are_told_too(desk: Desk, smtp: SmtpSink, order: Event, said: str) -> None:
    """§7, §9: what other services want people to be told goes the same way."""
    on_call(desk, ADA)
    async with desk.delivering():
        await desk.hear(order)
        (mail,) = await smtp.wait_for(lambda got: len(got) == 1)
        await eventually(lambda: _all_sent(desk))
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert said in body.get_content()
