"""Last days: people are reminded before each and after it, until what is due is done (§7, §10, §14)."""

from datetime import date, datetime, time

import pytest
from tests.assurance.desk import AUDIT, Desk, document

from contracts.assurance import (
    AssuranceAlertKind,
    AssuranceAlertOrdered,
    AssuranceOverdue,
    AssuranceRefusalNoticeOrdered,
    AssuranceRefused,
)
from contracts.audit import AuditPlanSubmitted
from contracts.dispute import DisputeMet, DisputeNotified
from contracts.evidence import Document, Side
from contracts.question import QuestionAnswered, QuestionAsked, QuestionFoundInsufficient
from notifier.texts import render

pytestmark = pytest.mark.servers
QUESTION = "/clients/acme/questions/q1"
SOON, LATE = AssuranceAlertKind.FINDING_DUE_SOON, AssuranceAlertKind.FINDING_OVERDUE


async def _held(desk: Desk) -> None:
    """Acme's audit has begun, on the first day that is possible."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    await desk.prepare()
    await desk.say("operator", f"{AUDIT}/escort", {"name": "E. Roche", "function": "CISO"})
    await desk.at(date(2027, 2, 15))
    await desk.say("operator", f"{AUDIT}/beginning")
    desk.said.clear()


def _alerts(desk: Desk) -> list[tuple[str, object]]:
    orders = desk.of(AssuranceAlertOrdered)
    for order in orders:
        words = {"contact": "Ada", "processor": "Us", "clause": order.clause, **order.facts}
        assert all("$" not in render(order.kind, language, words).text for language in ("en", "fr"))
    return [(order.kind, order.facts.get("finding_id")) for order in orders]


async def test_a_finding_is_reminded_of_until_it_is_mended(desk: Desk) -> None:
    """AUD-2: before its day, when it is over, and again; once it is mended nobody is, and it is overdue once."""
    await _held(desk)
    every = desk.app.book.latest.reminders.every
    await desk.say("acme", f"{AUDIT}/findings/f1", {"text": "No owner.", "due_on": "2027-04-01"})
    await desk.say("acme", f"{AUDIT}/findings/f2", {"text": "Old keys.", "due_on": "2027-06-01"})
    await desk.say("acme", f"{AUDIT}/findings/f3", {"text": "No day."})
    assert (await desk.get("acme", AUDIT)).json()["due_on"] == "2027-04-01", "the soonest is what is due"
    await desk.at(date(2027, 3, 25), 0)
    assert _alerts(desk) == []
    await desk.at(date(2027, 3, 26))
    assert _alerts(desk) == [(SOON, "f1")]
    await desk.at(date(2027, 4, 2), 1)
    assert _alerts(desk) == [(SOON, "f1"), (LATE, "f1")]
    assert [(each.finding_id, each.due_on) for each in desk.of(AssuranceOverdue)] == [("f1", date(2027, 4, 1))]
    await desk.pass_until(desk.clock.now() + 2 * every)
    assert _alerts(desk) == [(SOON, "f1")] + [(LATE, "f1")] * 3
    await desk.say("operator", f"{AUDIT}/findings/f1/remedy", {"remedy": "They have owners."})
    await desk.at(date(2027, 5, 20))
    assert len(_alerts(desk)) == 4
    await desk.at(date(2027, 6, 1))
    assert _alerts(desk)[4:] == [(SOON, "f2")]
    assert len(desk.of(AssuranceOverdue)) == 1
    assert (await desk.get("acme", AUDIT)).json()["due_on"] == "2027-06-01"


async def test_a_finding_that_is_late_already_is_told_at_once(desk: Desk) -> None:
    """AUD-2: entered after its day, it is overdue as soon as it is known."""
    await _held(desk)
    await desk.say("acme", f"{AUDIT}/findings/f1", {"text": "No owner.", "due_on": "2027-02-01"})
    assert _alerts(desk) == [(LATE, "f1")]
    assert [each.finding_id for each in desk.of(AssuranceOverdue)] == ["f1"]


async def test_the_service_was_away_on_the_day(desk: Desk) -> None:
    """AUD-2: whoever was away for a year is told once, of what is late, and goes on from there."""
    await _held(desk)
    await desk.say("acme", f"{AUDIT}/findings/f1", {"text": "No owner.", "due_on": "2027-04-01"})
    await desk.leap_until(datetime.combine(date(2028, 4, 1), time(10), desk.app.book.latest.zone))
    assert _alerts(desk) == [(LATE, "f1")]
    assert len(desk.of(AssuranceOverdue)) == 1


async def test_questions_and_help_are_reminded_of_too(desk: Desk) -> None:
    """AUD-1, COO-1: before the last day and after it, until there is an answer; a dispute lapses by itself."""
    await desk.sign("acme")
    await desk.say("acme", QUESTION, {"items": ["Who?"]})
    await desk.hear(
        DisputeNotified(
            client_id="acme", dispute_id="d1", said_by="mail room", side=Side.CLIENT, text="Costs.",
            registered_mail="1A", received_on=date(2026, 11, 20),
        )
    )  # fmt: skip
    await desk.hear(
        DisputeMet(client_id="acme", dispute_id="d1", said_by="counsel", met_on=date(2026, 11, 23), text="Here.")
    )
    await desk.at(date(2026, 12, 17))
    assert [each.facts["matter"] for each in desk.of(AssuranceAlertOrdered)] == ["question"]
    await desk.at(date(2026, 12, 23))
    await desk.say("operator", f"{QUESTION}/answers", {"answers": [{"item": 1, "text": "Six."}]})
    await desk.at(date(2027, 3, 1))
    assert [(each.kind.value, each.facts["matter"]) for each in desk.of(AssuranceAlertOrdered)] == [
        ("matter_due_soon", "question"),
        ("matter_overdue", "question"),
        ("matter_due_soon", "dispute"),
    ]
    assert len(desk.of(AssuranceOverdue)) == 1


async def test_a_client_is_told_why_its_word_over_the_bus_changed_nothing(desk: Desk) -> None:
    """§15: with the gate's opening where there is one; not of the staff's words, and not of what the API answered."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    at = desk.clock.now()
    asked = QuestionAsked(client_id="acme", question_id="q1", said_by="ada", items=("Where?",), received_at=at)
    await desk.hear(asked)
    early = QuestionFoundInsufficient(client_id="acme", question_id="q1", said_by="ada", reason="Why not?")
    await desk.hear(early)
    wrong = QuestionAnswered.model_validate(
        {"client_id": "acme", "question_id": "q1", "said_by": "staff", "answers": ({"item": 9, "text": "?"},)},
        strict=False,
    )
    await desk.hear(wrong)
    await desk.refused("acme", f"{QUESTION}/insufficiency", {"reason": "Now?"})
    await desk.request()
    paper = Document(sha256="0" * 64, name="p", bytes=1)
    plan = AuditPlanSubmitted(client_id="acme", audit_id="a1", said_by="ada", plan=paper, text="All.")
    await desk.say("acme", f"{AUDIT}/withdrawal", {"reason": "No more."})
    await desk.hear(plan)
    assert len(desk.of(AssuranceRefused)) == 4
    orders = desk.of(AssuranceRefusalNoticeOrdered)
    assert [(each.about, each.facts["what"]) for each in orders] == [
        ("q1", "question.found_insufficient"),
        ("a1", "audit.plan_submitted"),
    ]
    assert "q1 is answered and that is not enough" in str(orders[0].facts["opening"])
    for order in orders:
        words = {"client": "Acme", "contact": "Ada", "processor": "Us", "clause": order.clause, **order.facts}
        assert all("$" not in render(order.kind, language, words).text for language in ("en", "fr"))


async def test_a_disputes_evidence_on_paper(desk: Desk) -> None:
    """DIS-1: a PDF for its client and for staff, with its JSON in it; another client finds nothing there."""
    await desk.sign("acme", "borealis")
    await desk.say("acme", QUESTION, {"items": ["Who?"]})
    notice = {"side": "client", "text": "The costs of an audit.", "registered_mail": "1A 123",
              "received_on": "2026-11-20"}  # fmt: skip
    path = "/clients/acme/disputes/d1"
    await desk.say("operator", path, notice)
    await desk.say("operator", f"{path}/meeting", {"met_on": "2026-11-23", "text": "In Montrouge. " * 300})
    await desk.refused("operator", f"{path}/meeting", {"met_on": "2026-11-24", "text": "."})
    settled = {"signed_on": "2026-11-24", "agreement": document("settlement.pdf")}
    await desk.say("operator", f"{path}/settlement", settled)
    for who in ("acme", "operator"):
        answer = await desk.get(who, f"{path}/evidence")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF")
        assert b"evidence.json" in answer.content
    assert (await desk.get("borealis", f"{path}/evidence")).status_code == 404
    assert (await desk.get("acme/manager", f"{path}/evidence")).status_code == 403
    assert (await desk.get("acme", "/clients/acme/disputes/d9/evidence")).status_code == 404
