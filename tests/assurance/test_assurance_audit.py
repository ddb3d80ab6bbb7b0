"""An audit passes its gates one by one, and every refusal names its gate, what would open it and from when (§7)."""

from datetime import date
from typing import Any

import pytest
from tests.assurance.desk import AUDIT, Desk, document

from contracts.assurance import (
    AssuranceAuditBegun,
    AssuranceClosed,
    AssuranceGateDecided,
    AssuranceOpened,
    AssuranceRefused,
    AssuranceReportReceived,
)
from contracts.client import ClientCompetitorMarked
from contracts.contract import ContractTerminated
from contracts.retention import RetentionReinstated

pytestmark = pytest.mark.servers
ESCORT = {"name": "N. Petit", "function": "Security"}


async def test_an_audit_from_its_request_to_its_last_finding(desk: Desk) -> None:
    """AUD-2: a breach opens the way; every gate in turn; then the report, findings, and the end."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    opened = await desk.request()
    assert [gate["gate"] for gate in opened["gates"] if not gate["open"]] == [
        "certificate", "plan", "expert", "confidentiality", "scope_and_costs", "business_hours", "escort", "report",
    ]  # fmt: skip
    await desk.prepare()
    await desk.say("operator", f"{AUDIT}/escort", ESCORT)
    assert [gate for gate, state in (await desk.gates()).items() if not state["open"]] == ["report"]
    await desk.at(date(2027, 2, 15))
    begun = await desk.say("operator", f"{AUDIT}/beginning")
    assert begun["status"] == "begun"
    (held,) = desk.of(AssuranceAuditBegun)
    assert (held.held_on, held.next_on) == (date(2027, 2, 15), date(2028, 2, 15))
    finding = {"text": "Three accounts had no owner.", "due_on": "2027-04-01"}
    await desk.say("acme", f"{AUDIT}/findings/f1", finding)
    why = await desk.refused("operator", f"{AUDIT}/closure")
    assert "gate report" in why
    await desk.say("acme", f"{AUDIT}/report", {"report": document("report.pdf")})
    assert desk.of(AssuranceReportReceived)[0].sha256 == document("report.pdf")["sha256"]
    assert "findings that are open: 1" in await desk.refused("operator", f"{AUDIT}/closure")
    await desk.say("operator", f"{AUDIT}/findings/f1/remedy", {"remedy": "They have owners."})
    closed = await desk.say("operator", f"{AUDIT}/closure")
    assert (closed["status"], closed["is_over"]) == ("closed", True)
    assert desk.of(AssuranceClosed)[0].how == "closed"
    opened_gates = [(each.gate, each.opened) for each in desk.of(AssuranceGateDecided)]
    assert opened_gates == [
        ("certificate", True), ("plan", True), ("expert", True), ("confidentiality", True),
        ("scope_and_costs", True), ("escort", True),
    ]  # fmt: skip
    kinds = [kind for kind, _ in desk.notices()]
    assert kinds == ["audit_opened", *["audit_gate_decided"] * 3, "audit_offer"]


async def test_a_day_that_is_too_early_is_refused_and_the_earliest_is_explained(desk: Desk) -> None:
    """AUD-2: the request counts from the day that it came; the day asked for doesn't, and the gate says from when."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    view = await desk.request("2026-12-10")
    # 24 November, 60 days: 23 January is a Saturday, so Monday.
    assert view["earliest_on"] == "2027-01-25"
    (opened,) = desk.of(AssuranceOpened)
    assert (opened.asked_on, opened.due_on, opened.gate) == (date(2026, 12, 10), date(2027, 1, 25), "written_request")
    assert opened.reckoning is not None
    assert any("60 days" in step for step in opened.reckoning.because)
    gate = (await desk.gates())["written_request"]
    assert (gate["open"], gate["opens_on"]) == (False, "2027-01-25")
    why = await desk.refused(
        "operator", f"{AUDIT}/terms", desk.terms("2027-01-22T09:00:00+01:00", "2027-01-22T17:00:00+01:00")
    )
    assert "the gate written_request is closed (§7)" in why
    assert "not before 2027-01-25" in why
    (kind, facts), *_ = desk.notices()
    assert (kind, facts["earliest_on"], facts["asked"]) == ("audit_opened", "2027-01-25", "too_early")


async def test_a_competitor_is_refused_with_the_clause(desk: Desk) -> None:
    """AUD-1, AUD-2: no information and no audit for who is marked, until the mark is lifted."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    why = {"competitor": True, "reason": "It sells telephony."}
    await desk.say("operator", "/clients/acme/competitor", why)
    asked = await desk.refused("acme", "/clients/acme/questions/q1", {"items": ["Where are the servers?"]})
    assert "the gate competitor is closed (§7)" in asked
    assert "It sells telephony." in asked
    body = {"reason": "breach", "incident_id": "inc-1", "text": "See.", "proposed_on": "2027-02-15"}
    assert "gate competitor" in await desk.refused("acme", AUDIT, body)
    assert ("audit_refused", "competitor") in [(kind, facts["gate"]) for kind, facts in desk.notices()]
    await desk.say("operator", "/clients/acme/competitor", why | {"competitor": False})
    await desk.request()


@pytest.mark.parametrize(
    ("body", "gate"),
    [
        ({"reason": "breach", "incident_id": "inc-9"}, "need"),
        ({"reason": "breach"}, "need"),
        ({"reason": "information_insufficient", "question_id": "q9"}, "need"),
    ],
)
async def test_an_audit_needs_its_reason(desk: Desk, body: dict[str, object], gate: str) -> None:
    """§7: without a breach that the client was told of, or a question that was not enough, nothing is opened."""
    await desk.sign("acme", "borealis")
    await desk.tell_breach("borealis")
    more = {"text": "See.", "proposed_on": "2027-02-15"}
    assert f"gate {gate}" in await desk.refused("acme", AUDIT, body | more)
    (refused,) = desk.of(AssuranceRefused)
    assert refused.opens_when
    assert (await desk.get("acme", AUDIT)).status_code == 404
    said = (await desk.get("acme", f"{AUDIT}/journal")).json()["items"]
    assert [each["what"] for each in said] == ["assurance.refused"]


async def test_what_a_question_brings_opens_the_way(desk: Desk) -> None:
    """AUD-2: an answer that the client finds insufficient, or none in time, is a reason."""
    await desk.sign("acme")
    await desk.say("acme", "/clients/acme/questions/q1", {"items": ["Who has access?", "Since when?"]})
    body = {"reason": "information_insufficient", "question_id": "q1", "text": "See.", "proposed_on": "2027-06-15"}
    early = await desk.refused("acme", AUDIT, body)
    assert "not answered yet" in early
    assert "not before 2026-12-22" in early
    answers = [{"item": 1, "text": "Six people."}, {"item": 2, "text": "Since May."}]
    await desk.say("operator", "/clients/acme/questions/q1/answers", {"answers": answers})
    assert "is answered" in await desk.refused("acme", AUDIT, body)
    await desk.say("acme", "/clients/acme/questions/q1/insufficiency", {"reason": "No names."})
    view = await desk.say("acme", AUDIT, body)
    assert view["record"]["need"] == "the answer to q1 is not enough: No names."


async def test_a_question_without_an_answer_in_time_opens_the_way(desk: Desk) -> None:
    """AUD-1: the last day passes, the question is overdue, and that is a reason for an audit."""
    await desk.sign("acme")
    asked = await desk.say("acme", "/clients/acme/questions/q1", {"items": ["Who has access?"]})
    assert asked["due_on"] == "2026-12-22"
    await desk.at(date(2026, 12, 23))
    assert (await desk.get("operator", "/matters/questions", open="true")).json()["items"][0]["overdue"]
    body = {"reason": "information_insufficient", "question_id": "q1", "text": "See.", "proposed_on": "2027-06-15"}
    assert "was not answered by 2026-12-22" in (await desk.say("acme", AUDIT, body))["record"]["need"]


async def test_one_audit_a_year_and_one_at_a_time(desk: Desk) -> None:
    """AUD-2: the next one is a year after the last; while one is under way, no other is taken up."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    body = {"reason": "breach", "incident_id": "inc-1", "text": "Again.", "proposed_on": "2027-09-01"}
    why = await desk.refused("acme", "/clients/acme/audits/a2", body)
    assert "gate frequency" in why
    assert "the audit a1 is over or withdrawn" in why
    await desk.prepare()
    await desk.say("operator", f"{AUDIT}/escort", ESCORT)
    await desk.at(date(2027, 2, 15))
    await desk.say("operator", f"{AUDIT}/beginning")
    view = await desk.say("acme", "/clients/acme/audits/a2", body)
    assert view["earliest_on"] == "2028-02-15"
    frequency = next(gate for gate in view["gates"] if gate["gate"] == "frequency")
    assert (frequency["open"], frequency["opens_on"]) == (False, "2028-02-15")
    terms = desk.terms("2027-09-01T09:00:00+02:00", "2027-09-01T17:00:00+02:00")
    assert "gate frequency" in await desk.refused("operator", "/clients/acme/audits/a2/terms", terms)


async def test_audits_are_held_during_the_term(desk: Desk) -> None:
    """§7: what is asked for after the contract's end is refused, until the contract goes on."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.hear(ContractTerminated(client_id="acme", terminated_on=date(2027, 1, 31)))
    body = {"reason": "breach", "incident_id": "inc-1", "text": "See.", "proposed_on": "2027-02-15"}
    assert "the contract ends on Sun 2027-01-31" in await desk.refused("acme", AUDIT, body)
    await desk.hear(RetentionReinstated(client_id="acme"))
    await desk.request()


async def test_none_begins_while_a_gate_is_closed(desk: Desk) -> None:
    """AUD-2: each attempt is refused by the first gate that is closed, in the order of the agreement."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    assert "gate certificate" in await desk.refused("operator", f"{AUDIT}/beginning")
    await desk.prepare()
    why = await desk.refused("operator", f"{AUDIT}/beginning")
    assert "gate written_request" in why
    await desk.at(date(2027, 2, 12))
    assert "no session on Fri 2027-02-12" in await desk.refused("operator", f"{AUDIT}/beginning")
    await desk.at(date(2027, 2, 15), 8)
    assert "gate business_hours" in await desk.refused("operator", f"{AUDIT}/beginning")
    await desk.at(date(2027, 2, 15), 10)
    assert "gate escort" in await desk.refused("operator", f"{AUDIT}/beginning")
    await desk.say("operator", f"{AUDIT}/escort", ESCORT)
    early = {"begun_at": "2027-02-15T09:00:00+01:00"}
    assert "begun_at" in await desk.refused("operator", f"{AUDIT}/beginning", early, status=422)
    await desk.say("operator", f"{AUDIT}/beginning")


async def test_what_is_put_forward_anew_needs_another_answer(desk: Desk) -> None:
    """AUD-2: another plan closes its gate again; another expert needs acceptance and an undertaking of its own."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    await desk.prepare()
    await desk.say("acme", f"{AUDIT}/plan", {"plan": document("other.pdf"), "text": "More."})
    await desk.say("acme", f"{AUDIT}/expert", {"name": "A. Roux", "firm": "Roux", "text": "-"})
    closed = {gate for gate, state in (await desk.gates()).items() if not state["open"]}
    assert closed == {"plan", "expert", "confidentiality", "escort", "report"}
    signed: dict[str, object] = {"expert": "M. Dubois", "undertaking": document("nda.pdf"), "signed_on": "2026-11-20"}
    assert "A. Roux" in await desk.refused("acme", f"{AUDIT}/confidentiality", signed, status=422)


async def test_an_answer_to_what_was_replaced_is_refused(desk: Desk) -> None:
    """AUD-2: who names the plan that was read approves no other that was put in its place meanwhile."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    read = await desk.say("acme", f"{AUDIT}/plan", {"plan": document(), "text": "A little."})
    await desk.at(date(2026, 11, 24), 11)
    swapped = await desk.say("acme", f"{AUDIT}/plan", {"plan": document("other.pdf"), "text": "Everything."})
    body = {"gate": "plan", "accepted": True, "reason": "A little is fine."}
    why = await desk.refused("operator", f"{AUDIT}/answers", body | {"put_at": read["record"]["since"]["plan"]})
    assert "something else was put forward" in why
    await desk.say("operator", f"{AUDIT}/answers", body | {"put_at": swapped["record"]["since"]["plan"]})


async def test_a_certificate_takes_the_place_of_an_audit(desk: Desk) -> None:
    """§7: the client that accepts one has no audit; the one that declines says why, and goes on."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    offer: dict[str, Any] = {"certificate": document("iso.pdf"), "issuer": "AFNOR", "text": "ISO 27701"}
    assert "issuer" in await desk.refused(
        "operator", f"{AUDIT}/certificate", {"certificate": offer["certificate"], "text": "x"}, status=422
    )
    await desk.say("operator", f"{AUDIT}/certificate", offer)
    assert desk.notices()[-1][0] == "audit_offer"
    assert "the other side answers" in await desk.refused(
        "operator", f"{AUDIT}/answers", {"gate": "certificate", "accepted": True, "reason": "."}, status=422
    )
    view = await desk.answer("acme", "certificate")
    assert view["status"] == "certified"
    assert "certified already" in await desk.refused("operator", f"{AUDIT}/escort", ESCORT)


async def test_refused_plans_and_withdrawn_requests(desk: Desk) -> None:
    """AUD-2: a refusal of ours is told with its reason; a client that withdraws may ask again."""
    await desk.sign("acme")
    await desk.tell_breach("acme")
    await desk.request()
    nothing = {"gate": "plan", "accepted": True, "reason": "."}
    assert "nothing was put forward" in await desk.refused("operator", f"{AUDIT}/answers", nothing)
    await desk.say("acme", f"{AUDIT}/plan", {"plan": document(), "text": "Everything."})
    await desk.answer("operator", "plan", accepted=False)
    assert desk.notices()[-1][1]["answer"] == "refused"
    assert (await desk.gates())["plan"]["because"] == "refused by operator@example: It is in order."
    await desk.say("acme", f"{AUDIT}/withdrawal", {"reason": "Too costly."})
    body = {"reason": "breach", "incident_id": "inc-1", "text": "Again.", "proposed_on": "2027-09-01"}
    await desk.say("acme", "/clients/acme/audits/a2", body)


async def test_a_mark_from_the_bus(desk: Desk) -> None:
    """AUD-1: the platform marks a competitor as operators do."""
    await desk.sign("acme")
    await desk.hear(ClientCompetitorMarked(client_id="acme", competitor=True, reason="Owned by one.", said_by="Sales"))
    assert "Owned by one." in await desk.refused("acme", "/clients/acme/questions/q1", {"items": ["Where?"]})
