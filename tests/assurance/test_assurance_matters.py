"""Questions, help and disputes: due dates, quotes before costly work, sixty days to settle (§7, §10, §14)."""

from datetime import date, timedelta
from math import inf

import pytest
from tests.assurance.desk import Desk, document

from assurance import due
from contracts.assurance import (
    AssuranceAnswered,
    AssuranceClosed,
    AssuranceDisputeDated,
    AssuranceOpened,
    AssuranceOverdue,
    AssuranceQuoteDecided,
    Matter,
)
from contracts.dispute import DisputeMet, DisputeNotified, DisputeSettled
from contracts.evidence import Document, Side

pytestmark = pytest.mark.servers
QUESTION = "/clients/acme/questions/q1"
HELP = "/clients/acme/assistance/h1"
COSTS = {"amount": "1800.00", "currency": "EUR"}
DPIA = {"kind": "dpia", "text": "An impact assessment of transcription."}


async def test_a_questionnaire_is_answered_item_by_item(desk: Desk) -> None:
    """AUD-1: each item has its answer, the client is told when all have, and reads them with their documents."""
    await desk.sign("acme")
    await desk.say("acme", QUESTION, {"items": ["Who?", "Where?", "How?"], "documents": [document("form.xlsx")]})
    half = {"answers": [{"item": 1, "text": "Six people."}, {"item": 2, "text": "In France."}]}
    await desk.say("operator", f"{QUESTION}/answers", half)
    assert desk.notices() == []
    assert "has 3 items" in await desk.refused(
        "operator", f"{QUESTION}/answers", {"answers": [{"item": 4, "text": "?"}]}, status=422
    )
    rest = {"answers": [{"item": 3, "text": "By hand."}], "documents": [document("policy.pdf")]}
    await desk.say("operator", f"{QUESTION}/answers", rest)
    assert [kind for kind, _ in desk.notices()] == ["question_answered"]
    assert [each.complete for each in desk.of(AssuranceAnswered)] == [False, True]
    record = (await desk.get("acme", QUESTION)).json()["record"]
    assert [record["answers"][item]["text"] for item in "123"] == ["Six people.", "In France.", "By hand."]
    assert record["documents"] == [document("policy.pdf")]


async def test_costly_help_waits_for_the_clients_word(desk: Desk) -> None:
    """COO-1: nothing begins and nothing is given while a quote is unanswered or declined; another may be accepted."""
    await desk.sign("acme")
    opened = await desk.say("acme", HELP, DPIA | {"needed_on": "2026-12-18"})
    assert opened["due_on"] == "2026-12-18"
    await desk.say("operator", f"{HELP}/quotes/x1", {"costs": COSTS, "text": "Two days."})
    assert "has not answered the quote 'x1'" in await desk.refused("operator", f"{HELP}/work")
    assert "has not answered the quote 'x1'" in await desk.refused("operator", f"{HELP}/result", {"text": "Here."})
    answer = {"accepted": False, "reason": "Too much."}
    assert (await desk.post("operator", f"{HELP}/quotes/x1/answer", answer)).status_code == 403
    await desk.say("acme", f"{HELP}/quotes/x1/answer", answer)
    assert "declined the quote 'x1'" in await desk.refused("operator", f"{HELP}/work")
    await desk.say("operator", f"{HELP}/quotes/x2", {"costs": COSTS | {"amount": "900.00"}, "text": "One day."})
    assert "the quote that stands is 'x2'" in await desk.refused(
        "acme", f"{HELP}/quotes/x1/answer", {"accepted": True}, status=422
    )
    await desk.say("acme", f"{HELP}/quotes/x2/answer", {"accepted": True})
    await desk.say("operator", f"{HELP}/work")
    given = await desk.say("operator", f"{HELP}/result", {"text": "It is done.", "documents": [document("dpia.pdf")]})
    assert given["is_over"]
    assert [(each.quote_id, each.accepted) for each in desk.of(AssuranceQuoteDecided)] == [
        ("x1", None), ("x1", False), ("x2", None), ("x2", True),
    ]  # fmt: skip
    assert [kind for kind, _ in desk.notices()] == ["quote_offered", "quote_offered", "assistance_given"]
    assert "given already" in await desk.refused("operator", f"{HELP}/work")


async def test_help_has_a_last_day_and_kinds(desk: Desk) -> None:
    """COO-1: where the client names no day the agreement's period holds; a kind that it doesn't know is named."""
    await desk.sign("acme")
    assert "authority, dpia, proceedings, inspection" in await desk.refused(
        "acme", HELP, DPIA | {"kind": "tax"}, status=422
    )
    assert "asked for on 2026-11-24" in await desk.refused("acme", HELP, DPIA | {"needed_on": "2026-11-20"}, status=422)
    view = await desk.say("acme", HELP, DPIA)
    (opened,) = desk.of(AssuranceOpened)
    assert (view["due_on"], opened.due_on) == ("2026-12-22", date(2026, 12, 22))
    assert opened.reckoning is not None
    await desk.at(date(2026, 12, 23), 0)
    assert desk.of(AssuranceOverdue, matter=Matter.ASSISTANCE)[0].due_on == date(2026, 12, 22)
    await desk.say("operator", f"{HELP}/result", {"text": "Late, but here."})
    assert desk.of(AssuranceAnswered)[0].late


async def test_what_is_withdrawn_is_not_overdue(desk: Desk) -> None:
    """COO-1: no date comes for what nobody needs any more."""
    await desk.sign("acme")
    await desk.say("acme", HELP, DPIA)
    await desk.say("acme", f"{HELP}/withdrawal", {"reason": "Dropped."})
    await desk.at(date(2027, 1, 10))
    assert not desk.of(AssuranceOverdue)


def _notified(received_on: date = date(2026, 11, 20)) -> DisputeNotified:
    return DisputeNotified(
        client_id="acme", dispute_id="d1", said_by="mail room", side=Side.CLIENT, text="The costs of an audit.",
        registered_mail="1A 123", received_on=received_on,
    )  # fmt: skip


def _met(met_on: date) -> DisputeMet:
    return DisputeMet(client_id="acme", dispute_id="d1", said_by="counsel", met_on=met_on, text="In Montrouge.")


async def test_a_dispute_has_its_days_and_then_its_court(desk: Desk) -> None:
    """DIS-1: so many days from the meeting, computed and told; after them the court of the agreement."""
    await desk.sign("acme")
    await desk.hear(_notified())
    await desk.hear(_met(date(2026, 11, 23)))
    (dated,) = desk.of(AssuranceDisputeDated)
    assert dated.last_day_on == date(2027, 1, 22)
    assert dated.court == desk.app.book.latest.law.court
    assert any("60 days" in step for step in dated.reckoning.because)
    await desk.at(date(2027, 1, 22), 23)
    assert not desk.of(AssuranceClosed)
    await desk.at(date(2027, 1, 23), 0)
    assert [(each.how, each.reason) for each in desk.of(AssuranceClosed)] == [("lapsed", dated.court)]
    assert [kind for kind, _ in desk.notices()] == ["dispute_dated", "dispute_lapsed"]
    statement = (await desk.get("acme", "/clients/acme/disputes/d1/journal")).json()["items"]
    assert [each["what"] for each in statement] == ["dispute.notified", "dispute.met", "appointment.matter_due"]


async def test_a_settlement_stops_the_days(desk: Desk) -> None:
    """DIS-1: what is settled goes to no court; one that is signed after its days is settled, late."""
    await desk.sign("acme")
    await desk.hear(_notified())
    path = "/clients/acme/disputes/d1"
    assert "between the notification" in await desk.refused(
        "operator", f"{path}/meeting", {"met_on": "2026-11-19", "text": "."}, status=422
    )
    await desk.say("operator", f"{path}/meeting", {"met_on": "2026-11-23", "text": "."})
    assert "the days run from there" in await desk.refused(
        "operator", f"{path}/meeting", {"met_on": "2026-11-24", "text": "."}
    )
    await desk.at(date(2026, 12, 20))
    paper = Document(sha256="1" * 64, name="settlement.pdf", bytes=9)
    settled = DisputeSettled(
        client_id="acme", dispute_id="d1", said_by="counsel", signed_on=date(2026, 12, 18), agreement=paper
    )
    await desk.hear(settled)
    await desk.at(date(2027, 3, 1))
    assert [each.how for each in desk.of(AssuranceClosed)] == ["settled"]


async def test_what_is_due_soon_is_shown(desk: Desk) -> None:
    """§10: a question without its answer, by the end of its last day; of the staff's alone, and a metric."""
    await desk.sign("acme")
    deadlines = due.deadlines(desk.app.book, desk.runtime)
    left = desk.runtime.metrics.registry.get_sample_value
    question = {"service": "assurance", "kind": "question"}
    await deadlines.look()
    assert left("dutiful_deadline_seconds_left", question) == inf
    await desk.say("acme", QUESTION, {"items": ["Who?"]})
    await deadlines.look()
    seconds = left("dutiful_deadline_seconds_left", question)
    assert seconds is not None
    assert 0 < seconds < inf
    hours = seconds / 3600
    (item,) = (await desk.get("operator", "/deadlines", within=str(hours + 1))).json()["items"]
    assert (item["kind"], item["about"], item["client_id"]) == ("question", "q1", "acme")
    assert (await desk.get("operator", "/deadlines", within=str(hours - 1))).json()["items"] == []
    assert (await desk.get("acme", "/deadlines")).status_code == 403
    desk.clock.jump_to(desk.clock.now() + timedelta(seconds=seconds))
    await desk.say("acme", "/clients/acme/questions/q2", {"items": ["When?"]})
    await deadlines.look()
    assert (left("dutiful_deadline_seconds_left", question) or 0) <= 0
    assert 0 < (left("dutiful_deadline_to_come_seconds_left", question) or 0) < inf
