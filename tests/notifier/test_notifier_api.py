"""What people read of clients and notices: addresses with their history, and the proof that a notice arrived."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from tests.chassis.eventually import eventually
from tests.desk import STARTS_AT, Json
from tests.notifier.desk import Desk

from chassis.errors import Rejected
from chassis.pages import encode_cursor
from contracts.client import ClientAmended
from contracts.contract import ContractTerminated
from contracts.notice import NoticeReceived
from embedded.smtp import SmtpSink

pytestmark = pytest.mark.servers


async def test_a_client_is_shown_with_the_contact_in_force_and_the_version_that_binds_it(desk: Desk) -> None:
    """§3.1, §15: what the signature said, until something else is said."""
    await desk.sign("acme")
    answer = (await desk.get("acme", "/clients/acme")).json()
    assert answer["agreement_version"] == desk.app.book.latest.version
    assert answer["contact"]["email"] == "privacy@acme.test"


async def test_an_amendment_binds_to_a_version_that_is_there_and_to_no_other(desk: Desk) -> None:
    """§15: one that nobody has here would stop every later notice; its publisher is told, and nothing changes."""
    await desk.sign("acme")
    version = desk.app.book.latest.version
    with pytest.raises(Rejected, match="no version 'never'"):
        await desk.hear(ClientAmended(client_id="acme", agreement_version="never", signed_on=date(2026, 11, 1)))
    assert (await desk.get("acme", "/clients/acme")).json()["agreement_version"] == version
    await desk.hear(ClientAmended(client_id="acme", agreement_version=version, signed_on=date(2026, 11, 1)))


async def test_an_amendment_for_a_later_day_binds_from_that_day(desk: Desk) -> None:
    """§15: as the registry has it: until then, and by a word of an earlier day, the version before it binds."""
    await desk.sign("acme")
    latest = desk.app.book.latest.version
    today = STARTS_AT.date()
    await desk.hear(ClientAmended(client_id="acme", agreement_version="0", signed_on=today + timedelta(days=9)))
    await desk.hear(ClientAmended(client_id="acme", agreement_version="0", signed_on=date(2026, 1, 1)))
    await desk.order("acme")
    assert (await desk.get("acme", "/clients/acme")).json()["agreement_version"] == latest
    desk.clock.jump_to(STARTS_AT + timedelta(days=9))
    assert (await desk.get("acme", "/clients/acme")).json()["agreement_version"] == "0"
    await desk.order("acme", order_id="order-2")
    assert (await desk.get("acme", "/clients/acme")).json()["agreement_version"] == "0"
    await desk.hear(ClientAmended(client_id="acme", agreement_version=latest, signed_on=today + timedelta(days=9)))
    assert (await desk.get("acme", "/clients/acme")).json()["agreement_version"] == latest


async def test_a_day_beyond_the_calendar_is_no_day_of_a_contract(desk: Desk) -> None:
    """§8.3, §15: the registry and the notifier refuse the same."""
    await desk.sign("acme")
    for said in (
        ClientAmended(client_id="acme", agreement_version="0", signed_on=date.max),
        ContractTerminated(client_id="acme", terminated_on=date.min),
    ):
        with pytest.raises(Rejected, match="are not known"):
            await desk.hear(said)


async def test_clients_come_in_pages_that_miss_none(desk: Desk) -> None:
    """A page says where the next begins, also when a client comes in between."""
    await desk.sign("a", "c", "e")
    first = (await desk.get("operator", "/clients", limit=2)).json()
    assert [client["client_id"] for client in first["items"]] == ["a", "c"]
    await desk.sign("b", "d")
    second = (await desk.get("operator", "/clients", limit=2, cursor=first["next"])).json()
    assert [client["client_id"] for client in second["items"]] == ["d", "e"]
    assert second["next"] is None


async def test_a_new_contact_is_in_force_from_now_on_and_the_old_one_is_history(desk: Desk) -> None:
    """§15: addresses may change; which one was in force when stays known."""
    await desk.sign("acme")
    desk.clock.jump_to(STARTS_AT + timedelta(days=1))
    body: Json = {"name": "Ana", "email": "ana@acme.test", "language": "fr"}
    for _ in range(2):
        answer = await desk.send("acme/administrator", "PUT", "/clients/acme/contact", body)
        assert answer.json()["contact"] == body | {"postal_address": None}
    new, old = (await desk.get("acme", "/clients/acme/contacts")).json()
    assert (new["email"], new["valid_until"]) == ("ana@acme.test", None)
    assert (old["email"], old["valid_until"]) == ("privacy@acme.test", new["valid_from"])
    assert datetime.fromisoformat(new["valid_from"]) >= STARTS_AT + timedelta(days=1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Ana", "email": "ana"}, "email"),
        ({"name": "Ana", "email": "a@b.test, c@d.test"}, "email"),
        ({"name": "", "email": "ana@acme.test"}, "name"),
        ({"name": "Ana", "email": "ana@acme.test", "language": "de"}, "language"),
        ({"name": "Ana", "email": "ana@acme.test", "phone": "1"}, "phone"),
    ],
)
async def test_a_contact_that_nobody_can_write_to_is_refused(desk: Desk, body: Json, field: str) -> None:
    """The answer names the field, and nothing has changed."""
    await desk.sign("acme")
    answer = await desk.send("acme", "PUT", "/clients/acme/contact", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert len((await desk.get("acme", "/clients/acme/contacts")).json()) == 1


async def test_a_notice_keeps_the_address_that_it_was_sent_to(desk: Desk, smtp: SmtpSink) -> None:
    """CLI-1: a notice goes to the address in force when it is sent; the change comes after it, or before the next."""
    await desk.sign("acme")
    async with desk.delivering():
        await desk.order("acme")
        await smtp.wait_for(1)
        body: Json = {"name": "Ana", "email": "ana@acme.test"}
        await desk.send("acme", "PUT", "/clients/acme/contact", body)
        await desk.order("acme", order_id="order-2")
        mails = await smtp.wait_for(2)
        await _received(desk, 2)
    assert [mail.recipients for mail in mails] == [("privacy@acme.test",), ("ana@acme.test",)]
    addresses = []
    for delivery in await desk.items("acme", "/deliveries"):
        made = (await desk.get("acme", f"/deliveries/{delivery['delivery_id']}")).json()["attempts"]
        addresses += [attempt["address"] for attempt in made]
    assert addresses == ["ana@acme.test", "privacy@acme.test"]


async def test_a_client_that_reads_its_notice_has_received_it(desk: Desk) -> None:
    """§4.4: the agreement counts it; one event says so, once, in the flow that ordered the notice."""
    await desk.sign("acme")
    await desk.order("acme")
    (before,) = await desk.items("acme", "/notices")
    assert (before["state"], before["received_at"]) == ("under way", None)
    path = f"/notices/{before['notice_id']}"
    answers = [(await desk.get("acme", path)).json() for _ in range(2)]
    assert "Voix" in answers[0]["words"]["subject"]
    assert "To Acme" in answers[0]["words"]["text"]
    assert answers[0]["facts"]["actions"] == ["speech to text"]
    assert answers[0]["notice"] == answers[1]["notice"]
    assert (answers[0]["notice"]["state"], answers[0]["notice"]["receipt_channel"]) == ("received", "api")
    (event,) = await desk.said(NoticeReceived)
    assert (event["client_id"], event["channel"], event["about"]) == ("acme", "api", "change-1")
    assert event["proof"] == "read by acme@example"


async def test_readers_at_once_make_one_receipt(desk: Desk) -> None:
    """The first proof counts, whoever comes first."""
    await desk.sign("acme")
    await desk.order("acme")
    (notice,) = await desk.items("acme", "/notices")
    path = f"/notices/{notice['notice_id']}"
    answers = await asyncio.gather(*[desk.get("acme", path) for _ in range(5)])
    assert {answer.json()["notice"]["state"] for answer in answers} == {"received"}
    assert len(await desk.said(NoticeReceived)) == 1


async def test_staff_who_read_a_notice_prove_nothing(desk: Desk) -> None:
    """Only the client's own reading shows that it has the notice; and a list shows no words."""
    await desk.sign("acme")
    await desk.order("acme")
    (notice,) = await desk.items("operator", "/notices")
    assert (await desk.get("operator", f"/notices/{notice['notice_id']}")).json()["words"] is not None
    assert (await desk.items("acme", "/notices"))[0]["state"] == "under way"
    assert await desk.said(NoticeReceived) == []


async def test_reading_is_no_receipt_where_the_agreement_does_not_count_it(desk: Desk) -> None:
    """What counts is the agreement's to say."""
    await desk.sign("acme")
    await desk.order("acme")
    _uncount_api(desk)
    (notice,) = await desk.items("acme", "/notices")
    answer = (await desk.get("acme", f"/notices/{notice['notice_id']}")).json()
    assert answer["words"] is not None
    assert answer["notice"]["state"] == "under way"
    assert await desk.said(NoticeReceived) == []


async def test_notices_are_found_by_what_they_are_about(desk: Desk) -> None:
    """The newest first, in pages; of one change alone where it is named."""
    await desk.sign("acme")
    for n in range(5):
        await desk.order("acme", order_id=f"order-{n}", change_id=f"change-{n % 2}")
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 2}
    while True:
        page = (await desk.get("acme", "/notices", **query)).json()
        seen += [notice["order_id"] for notice in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == ["order-4", "order-3", "order-2", "order-1", "order-0"]
    about = await desk.items("acme", "/notices", about="change-1")
    assert [notice["order_id"] for notice in about] == ["order-3", "order-1"]


async def test_a_notice_to_a_client_that_is_not_known_yet_is_shown_to_staff(desk: Desk) -> None:
    """It waits for the signature; until then there is nobody to put it into words for."""
    await desk.order("acme")
    (notice,) = await desk.items("operator", "/notices")
    answer = (await desk.get("operator", f"/notices/{notice['notice_id']}")).json()
    assert (answer["words"], answer["notice"]["state"]) == (None, "under way")


async def test_a_made_up_cursor_is_refused(desk: Desk) -> None:
    """Whatever it decodes to, the database isn't asked."""
    made_up = [
        "?",
        encode_cursor("x"),
        encode_cursor(1, 2),
        encode_cursor("today", "x"),
        encode_cursor("2026-11-24", "x"),
        encode_cursor("2026-11-24T09:00:00+00:00", "x\0"),
        encode_cursor("0001-01-01T00:00:00+05:00", "x"),
        encode_cursor("9999-12-31T23:59:59-05:00", "x"),
    ]
    for cursor in made_up:
        for path in ("/notices", "/deliveries", "/letters"):
            assert (await desk.get("operator", path, cursor=cursor)).status_code == 400, cursor
    assert (await desk.get("operator", "/clients", cursor=encode_cursor("x\0"))).status_code == 400


def _uncount_api(desk: Desk) -> None:
    agreement = desk.app.book.latest
    receipts = [each.model_copy(update={"counts": each.channel != "api"}) for each in agreement.notices.receipts]
    notices = agreement.notices.model_copy(update={"receipts": tuple(receipts)})
    changed = agreement.model_copy(update={"notices": notices})
    desk.app.book = type(desk.app.book).of_agreements([changed])


async def _received(desk: Desk, number: int) -> None:
    """So many notices are recorded as received."""

    async def recorded() -> bool:
        states = [notice["state"] for notice in await desk.items("operator", "/notices")]
        return states.count("received") == number

    await eventually(recorded)
