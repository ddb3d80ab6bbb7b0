"""DSR-1: a data subject's request finds its client, who is told promptly with its own date."""

import asyncio
from datetime import date, timedelta

import pytest
from tests.requests.desk import SECRET, Desk, instant

from chassis.errors import Rejected
from contracts.dsar import DataSubjectRight, Identifier
from contracts.handling import HandlingClientNamed
from contracts.request import (
    AlertKind,
    NoticeKind,
    RequestAlertOrdered,
    RequestClosed,
    RequestErased,
    RequestEscalated,
    RequestMatched,
    RequestNoticeOrdered,
    RequestOpened,
    RequestRefused,
    RequestRepeated,
    RequestTold,
)

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("right", DataSubjectRight)
async def test_the_client_is_told_of_each_right(desk: Desk, right: DataSubjectRight) -> None:
    """DSR-1: for each of the eight rights a notice goes out at once, which names the right and not the person."""
    await desk.ask(right=right)
    [order] = desk.of(RequestNoticeOrdered)
    assert (order.kind, order.client_ids, order.facts["right"]) == (NoticeKind.DSAR_RECEIVED, ("acme",), right)
    assert SECRET not in order.model_dump_json()
    assert desk.clock.now() < order.escalate_at < order.deadline_at


async def test_the_controllers_month_is_shown_unrolled_and_rolled(desk: Desk) -> None:
    """GDPR art. 12(3): received on 31 January it ends on 28 February, a Sunday; Monday stands beside it."""
    await desk.leap_days(70)
    await desk.ask(received_at=instant("2027-01-31T10:00"))
    [matched] = desk.of(RequestMatched)
    assert (matched.answer_by_unrolled, matched.answer_by) == (date(2027, 2, 28), date(2027, 3, 1))
    assert matched.reckoning is not None
    assert matched.reckoning.because
    seen = (await desk.get("acme", "/clients/acme/requests/dsar-1")).json()
    assert (seen["answer_by_unrolled"], seen["answer_by"]) == ("2027-02-28", "2027-03-01")
    assert seen["because"] == list(matched.reckoning.because)


async def test_a_whole_name_finds_the_client(desk: Desk) -> None:
    """DSR-1: without an id the person's own words do, where one client alone bears that name."""
    await desk.ask(client_id=None, hints=("acme telecom sas",))
    [matched] = desk.of(RequestMatched)
    assert matched.client_id == "acme"


async def test_a_person_decides_between_candidates_and_the_first_decision_holds(desk: Desk) -> None:
    """DSR-1: when unsure nobody is told; the first operator decides, the second is told so."""
    await desk.ask(client_id=None, hints=("something with borealis",))
    assert not desk.of(RequestMatched)
    [opened] = desk.of(RequestOpened)
    assert (opened.client_id, opened.candidates) == (None, 1)
    seen = (await desk.get("operator", "/requests/dsar-1")).json()
    assert [each["client_id"] for each in seen["candidates"]] == ["borealis"]
    decided = {"client_id": "borealis", "reason": "Only they sell that."}
    assert (await desk.post("operator", "/requests/dsar-1/client", decided)).status_code == 201
    second = await desk.post("dpo", "/requests/dsar-1/client", {"client_id": "acme", "reason": "No, them."})
    assert second.status_code == 409
    await desk.settle()
    assert desk.told(NoticeKind.DSAR_RECEIVED) == [("borealis", "dsar-1")]
    [matched] = desk.of(RequestMatched)
    assert matched.found_by == "operator@example"


async def test_two_operators_who_decide_at_once_make_one_decision(desk: Desk) -> None:
    """DSR-1: of two clients that are named in the same moment one is told, and the other operator hears which."""
    await desk.ask(client_id=None)
    named = [
        HandlingClientNamed(request_id="dsar-1", client_id=client_id, decided_by=f"for {client_id}", reason="I know.")
        for client_id in ("acme", "borealis")
    ]
    await asyncio.gather(*[desk.submit(each) for each in named])
    await desk.settle()
    [matched], [refused] = desk.of(RequestMatched), desk.of(RequestRefused)
    assert desk.told(NoticeKind.DSAR_RECEIVED) == [(matched.client_id, "dsar-1")]
    assert matched.client_id in refused.reason


async def test_nobody_is_found_and_people_are_called(desk: Desk) -> None:
    """DSR-1: before the time to tell is over, and when it is; then the text goes after the shortest period."""
    await desk.ask(client_id=None, hints=("nobody that is known",))
    await desk.pass_days(4)
    assert [each.missed for each in desk.of(RequestEscalated)] == [False, True]
    assert "whose data" in desk.of(RequestEscalated)[0].reason
    alerts = desk.of(RequestAlertOrdered, kind=AlertKind.REQUEST_UNTOLD)
    assert [(each.facts["lacks"], each.facts["missed"]) for each in alerts] == [("client", "no"), ("client", "yes")]
    await desk.pass_days(40)
    assert [each.answered for each in desk.of(RequestClosed)] == [False]
    assert len(desk.of(RequestErased)) == 1
    assert await desk.value("SELECT count(*) FROM requester") == 0


async def test_an_unsent_notice_escalates_and_a_receipt_ends_that(desk: Desk) -> None:
    """DSR-1: who has the notice is told; who has not is escalated before the period ends."""
    await desk.ask("dsar-1")
    await desk.ask("dsar-2", text="Another one")
    await desk.receipt("dsar-1", NoticeKind.DSAR_RECEIVED)
    await desk.pass_days(4)
    assert [each.request_id for each in desk.of(RequestTold)] == ["dsar-1"]
    assert [(each.request_id, each.missed) for each in desk.of(RequestEscalated)] == [
        ("dsar-2", False),
        ("dsar-2", True),
    ]
    alerts = desk.of(RequestAlertOrdered)
    assert [(each.about, each.facts["lacks"]) for each in alerts] == [("dsar-2", "receipt")] * 2


async def test_the_same_again_is_one_request_and_counted(desk: Desk) -> None:
    """DSR-1: under the same id or another, the same words of the same person fold; its other id leads there too."""
    await desk.ask("dsar-1")
    await desk.ask("dsar-1")
    await desk.ask("dsar-9")
    assert [each.times for each in desk.of(RequestRepeated)] == [2, 3]
    assert desk.told(NoticeKind.DSAR_RECEIVED) == [("acme", "dsar-1")]
    seen = (await desk.get("acme", "/clients/acme/requests/dsar-9")).json()
    assert (seen["request_id"], seen["times"]) == ("dsar-1", 3)


async def test_other_words_under_the_same_id_are_kept(desk: Desk) -> None:
    """Nothing is lost: what a repetition says otherwise lies beside the first, once; a flood of it is bounded."""
    for text in ("First.", "First.", "And my number is 12.", "First."):
        await desk.ask(text=text)
    seen = (await desk.get("acme", "/clients/acme/requests/dsar-1")).json()
    assert (seen["times"], seen["requester"]["text"]) == (4, "First.")
    assert [each["text"] for each in seen["also_said"]] == ["And my number is 12."]
    for nth in range(30):
        await desk.ask(text=f"Flood {nth}")
    seen = (await desk.get("acme", "/clients/acme/requests/dsar-1")).json()
    assert (seen["times"], len(seen["also_said"])) == (34, 19)


async def test_two_strangers_who_write_the_same_are_two(desk: Desk) -> None:
    """§9: the same words fold only where it is the same person: without an address nobody knows that."""
    await desk.ask("dsar-1", text="Delete me.", reply_to=None)
    await desk.ask("dsar-2", text="Delete me.", reply_to=None)
    await desk.ask("dsar-3", text="Delete me.", reply_to="one@private.example")
    await desk.ask("dsar-4", text="Delete me.", reply_to="two@private.example")
    await desk.ask("dsar-5", text="Delete me.", reply_to=None, identifiers=(Identifier(kind="phone", value="+33 1"),))
    assert len(desk.told(NoticeKind.DSAR_RECEIVED)) == 5


async def test_a_client_that_is_known_later_is_told_then(desk: Desk) -> None:
    """Late and out of order: a request that names a client before its signature was heard waits for it."""
    await desk.ask(client_id="cedar")
    assert not desk.of(RequestMatched)
    await desk.sign("cedar", "Cedar Ltd")
    assert desk.told(NoticeKind.DSAR_RECEIVED) == [("cedar", "dsar-1")]


async def test_a_repetition_that_names_the_client_finds_it(desk: Desk) -> None:
    """DSR-1: said again with its client, a request that nobody could place is placed."""
    await desk.ask(client_id=None)
    await desk.ask(client_id="acme")
    assert desk.told(NoticeKind.DSAR_RECEIVED) == [("acme", "dsar-1")]


async def test_a_repetition_that_says_more_of_its_client_counts(desk: Desk) -> None:
    """DSR-1: new hints bring new candidates, and a whole name the client, though the words are the same."""
    await desk.ask("dsar-1", client_id=None, hints=("Telecom",))
    await desk.sign("telecom", "Télécom du Nord")
    await desk.ask("dsar-2", client_id=None, hints=("telecom",))
    assert not desk.of(RequestMatched)
    view = (await desk.get("operator", "/requests/dsar-1")).json()
    assert [each["client_id"] for each in view["candidates"]] == ["acme", "telecom"]
    await desk.ask("dsar-3", client_id=None, hints=("acme telecom sas",))
    assert desk.told(NoticeKind.DSAR_RECEIVED) == [("acme", "dsar-1")]
    assert (await desk.get("operator", "/requests/dsar-3")).json()["times"] == 3


async def test_what_cannot_be_decided_is_refused_with_its_field(desk: Desk) -> None:
    """A client that nobody knows is no decision, and a request from a day to come is set aside."""
    await desk.ask(client_id=None)
    await desk.hear(
        HandlingClientNamed(request_id="dsar-1", client_id="nobody", decided_by="operator", reason="A guess.")
    )
    [refused] = desk.of(RequestRefused)
    assert (refused.field, refused.what) == ("client_id", HandlingClientNamed.TYPE)
    with pytest.raises(Rejected, match="lies ahead") as rejected:
        await desk.ask("dsar-2", received_at=desk.clock.now() + timedelta(days=1))
    assert rejected.value.field == "received_at"


async def test_what_is_personal_goes_after_its_period_and_the_record_stays(desk: Desk) -> None:
    """§9: once it is answered the period runs; then text, answer and instruction are gone, hashes and times are not."""
    await desk.ask()
    await desk.draft()
    await desk.instruct()
    await desk.instruct("inst-general", request_id=None)
    await desk.send_answer()
    await desk.pass_days(80)
    assert not desk.of(RequestErased)
    await desk.pass_days(20)
    assert len(desk.of(RequestErased)) == 1
    seen = (await desk.get("acme", "/clients/acme/requests/dsar-1")).json()
    assert (seen["requester"], seen["answers"][0]["said"]) == (None, None)
    assert seen["answers"][0]["sha256"]
    assert seen["answers"][0]["instruction_id"] == "inst-1"
    instruction = (await desk.get("acme", "/clients/acme/instructions/inst-1")).json()
    assert (instruction["text"], instruction["given_by"]) == (None, "DPO of the client")
    assert (await desk.get("acme", "/clients/acme/instructions/inst-general")).json()["text"] is not None
    content = await desk.get("operator", "/requests/dsar-1/answers/answer-1/content")
    assert (content.status_code, "erased" in content.text) == (409, True)


async def test_a_request_that_nobody_ends_is_erased_too(desk: Desk) -> None:
    """§9: where client and operators stay silent, what is personal goes after the controller's time and the period."""
    await desk.ask()
    await desk.pass_days(200)
    assert len(desk.of(RequestErased)) == 1
    [closed] = desk.of(RequestClosed)
    assert closed.closed_by == "requests"


async def test_after_its_end_the_same_words_are_a_new_request(desk: Desk) -> None:
    """§9: who asks again later asks anew."""
    await desk.ask("dsar-1")
    await desk.post("operator", "/requests/dsar-1/closure", {"reason": "The client answered itself."})
    await desk.ask("dsar-2")
    assert desk.told(NoticeKind.DSAR_RECEIVED) == [("acme", "dsar-1"), ("acme", "dsar-2")]
