"""Letters: a work list, a page to print, and the record of delivery that proves receipt (§4.4, §15)."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.desk import STARTS_AT, Json
from tests.notifier.desk import Desk

from contracts.client import Contact
from contracts.notice import NoticeReceived

pytestmark = pytest.mark.servers


async def test_who_has_no_receipt_in_time_is_on_the_work_list_for_the_post(desk: Desk) -> None:
    """The longest waiting first, with what goes on the envelope; who has received isn't on it."""
    await desk.sign("acme", "blue")
    await desk.order("acme", "blue")
    (notice,) = await desk.items("blue", "/notices")
    await desk.get("blue", f"/notices/{notice['notice_id']}")
    await desk.escalate()
    await desk.order("acme", order_id="order-2")
    await desk.escalate("order-2")
    letters = await desk.items("operator", "/letters")
    assert [letter["client_id"] for letter in letters] == ["acme", "acme"]
    assert [letter["client_name"] for letter in letters] == ["Acme", "Acme"]
    assert letters[0]["postal_address"] == "1 Main Street\nDublin"
    assert str(letters[0]["created_at"]) < str(letters[1]["created_at"])
    first = (await desk.get("operator", "/letters", limit=1)).json()
    second = (await desk.get("operator", "/letters", limit=1, cursor=first["next"])).json()
    assert first["items"] + second["items"] == letters


async def test_a_letter_is_printed_with_both_addresses_and_no_markup_of_anybodys(desk: Desk) -> None:
    """A page that asks for nothing from elsewhere; whatever the facts and names are, they stay text."""
    contact = Contact(name="A & B", email="a@b.test", postal_address="1 <i>St\nX")
    await desk.sign_as("acme", "<b>Acme</b>", contact)
    path = await _letter(desk)
    answer = await desk.get("operator", f"{path}/letter")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for text in ("&lt;b&gt;Acme&lt;/b&gt;", "A &amp; B", "1 &lt;i&gt;St\nX", "Voix"):
        assert text in answer.text
    assert desk.app.book.latest.processor.postal_address in answer.text
    assert "<b>" not in answer.text
    assert "http" not in answer.text


async def test_a_letter_goes_from_the_work_list_to_posted_to_received(desk: Desk) -> None:
    """Posting proves nothing; the record of delivery does, from the end of its day in the agreement's timezone."""
    await desk.sign("acme")
    path = await _letter(desk)
    desk.clock.jump_to(datetime(2026, 11, 27, 10, 0, tzinfo=UTC))
    posted = (await desk.post("operator", f"{path}/posted", {"proof": "RR 123"})).json()
    assert posted["status"] == "posted"
    assert await desk.items("operator", "/letters") == []
    assert len(await desk.items("operator", "/letters", status="posted")) == 1
    assert await desk.said(NoticeReceived) == []
    desk.clock.jump_to(datetime(2026, 12, 1, 10, 0, tzinfo=UTC))
    record: Json = {"proof": "RR 123, signed for", "received_on": "2026-11-30"}
    for _ in range(2):
        received = await desk.post("operator", f"{path}/posted", record, key="record")
        assert received.json()["status"] == "delivered"
    (event,) = await desk.said(NoticeReceived)
    assert (event["channel"], event["proof"]) == ("post", "RR 123, signed for")
    assert datetime.fromisoformat(str(event["received_at"])) == datetime(2026, 11, 30, 22, 59, 59, 999999, tzinfo=UTC)
    attempts = (await desk.get("acme", path)).json()["attempts"]
    assert [attempt["answer"] for attempt in attempts] == ["RR 123", "RR 123, signed for"]


async def test_a_record_of_today_is_received_now(desk: Desk) -> None:
    """No receipt lies in the future."""
    await desk.sign("acme")
    path = await _letter(desk)
    await desk.post("operator", f"{path}/posted", {"proof": "by courier", "received_on": "2026-11-24"})
    (event,) = await desk.said(NoticeReceived)
    received_at = datetime.fromisoformat(str(event["received_at"]))
    assert STARTS_AT < received_at <= desk.clock.now()


async def test_an_instant_is_taken_as_it_is(desk: Desk) -> None:
    """A courier's record states the minute."""
    await desk.sign("acme")
    path = await _letter(desk)
    desk.clock.jump_to(STARTS_AT + timedelta(days=2))
    record: Json = {"proof": "by courier", "received_at": "2026-11-25T14:30:00+01:00"}
    await desk.post("operator", f"{path}/posted", record)
    (notice,) = await desk.items("acme", "/notices")
    assert (notice["state"], notice["received_at"]) == ("received", "2026-11-25T13:30:00Z")


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({"received_on": "2026-11-23"}, "received_on"),
        ({"received_on": "2026-11-25"}, "received_on"),
        ({"received_on": "0001-01-01"}, "received_on"),
        ({"received_on": "9999-12-31"}, "received_on"),
        ({"received_at": "2026-11-24T08:59:00Z"}, "received_at"),
        ({"received_at": "2026-11-24T23:00:00Z"}, "received_at"),
        ({"received_at": "2026-11-24T09:00:00"}, "received_at"),
        ({"received_on": "2026-11-24", "received_at": "2026-11-24T09:00:00Z"}, "body"),
        ({"proof": ""}, "proof"),
    ],
)
async def test_a_record_that_cannot_be_is_refused(desk: Desk, when: Json, field: str) -> None:
    """Before the notice or after now; the letter is where it was, and the same key may be used again."""
    await desk.sign("acme")
    path = await _letter(desk)
    answer = await desk.post("operator", f"{path}/posted", {"proof": "RR 1"} | when, key="k")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert len(await desk.items("operator", "/letters")) == 1
    assert (await desk.post("operator", f"{path}/posted", {"proof": "RR 1"}, key="k")).json()["status"] == "posted"


async def test_a_posted_letter_keeps_the_address_that_it_went_to(desk: Desk) -> None:
    """CLI-1: a new address is for new letters, and for this one when it is sent again."""
    await desk.sign("acme")
    path = await _letter(desk)
    await desk.post("operator", f"{path}/posted", {"proof": "RR 1"})
    moved: Json = {"name": "Privacy desk", "email": "privacy@acme.test", "postal_address": "2 New Street"}
    await desk.send("acme", "PUT", "/clients/acme/contact", moved)
    assert "1 Main Street" in (await desk.get("operator", f"{path}/letter")).text
    assert (await desk.post("operator", f"{path}/resend")).json()["status"] == "pending"
    assert len(await desk.items("operator", "/letters")) == 1
    assert "2 New Street" in (await desk.get("operator", f"{path}/letter")).text
    await desk.post("operator", f"{path}/posted", {"proof": "RR 2"})
    attempts = (await desk.get("acme", path)).json()["attempts"]
    assert [attempt["address"] for attempt in attempts] == ["1 Main Street\nDublin", "2 New Street"]


async def test_a_client_without_a_postal_address_gets_no_letter_until_it_has_one(desk: Desk) -> None:
    """It is on the work list, without an address; what is missing is said."""
    await desk.sign("acme", postal_address=None)
    path = await _letter(desk)
    for answer in (
        await desk.get("operator", f"{path}/letter"),
        await desk.post("operator", f"{path}/posted", {"proof": "RR 1"}),
    ):
        assert answer.status_code == 409
        assert "no postal address of client acme" in answer.json()["detail"]


async def test_only_a_letter_can_be_posted(desk: Desk) -> None:
    """An email has no letter to print and no record of delivery."""
    await desk.sign("acme")
    await desk.order("acme")
    (email,) = await desk.items("operator", "/deliveries")
    path = f"/deliveries/{email['delivery_id']}"
    assert (await desk.get("operator", f"{path}/letter")).status_code == 404
    assert (await desk.post("operator", f"{path}/posted", {"proof": "RR 1"})).status_code == 409


async def _letter(desk: Desk) -> str:
    """The path of the letter that acme gets when nothing else arrived."""
    await desk.order("acme")
    await desk.escalate()
    (letter,) = await desk.items("operator", "/letters")
    return f"/deliveries/{letter['delivery_id']}"
