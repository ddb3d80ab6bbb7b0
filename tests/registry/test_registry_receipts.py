"""A receipt, wherever the client that gives it stands: it is recorded, and its days run from it (§4.4)."""

from datetime import timedelta

import pytest
from tests.desk import Json
from tests.registry.desk import Desk

from contracts.subprocessor import SubprocessorRemoved

pytestmark = pytest.mark.servers
OBJECTION: Json = {"ground": "legal_obligation"}


async def test_a_receipt_while_an_objection_stands_is_recorded(desk: Desk) -> None:
    """The objection and its bar stand, and the client can read until when it could have objected."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.post("acme", f"/changes/{change_id}/objections", OBJECTION)
    await desk.receive(change_id, "acme")
    standing = await _standing(desk, change_id)
    assert (standing["status"], standing["receipt_channel"]) == ("objected", "email")
    assert (str(standing["received_at"])[:10], standing["last_day_on"]) == ("2026-11-24", "2026-12-08")
    desk.clock.jump_to(desk.clock.now() + timedelta(days=1))
    await desk.receive(change_id, "acme")
    assert await _standing(desk, change_id) == standing


async def test_an_objection_taken_back_after_the_receipt_leaves_the_rest_of_the_days(desk: Desk) -> None:
    """The window that opened behind the objection runs on, and can be used again."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.post("acme", f"/changes/{change_id}/objections", OBJECTION)
    await desk.receive(change_id, "acme")
    await desk.post("acme", f"/changes/{change_id}/objections/withdrawal")
    assert (await _standing(desk, change_id))["status"] == "window_open"
    again = await desk.post("acme", f"/changes/{change_id}/objections", OBJECTION)
    assert again.json()["accepted"]


async def test_an_objection_taken_back_before_the_receipt_leaves_all_of_the_days(desk: Desk) -> None:
    """The client is not clear before it has the notice: its window opens then."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.post("acme", f"/changes/{change_id}/objections", OBJECTION)
    await desk.post("acme", f"/changes/{change_id}/objections/withdrawal")
    assert (await _standing(desk, change_id))["status"] == "awaiting_receipt"
    await desk.receive(change_id, "acme")
    assert (await _standing(desk, change_id))["status"] == "window_open"


async def test_a_receipt_after_an_accepted_offer_leaves_what_was_agreed(desk: Desk) -> None:
    """The client agreed to a configuration before its notice came in: it stays clear."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.post("acme", f"/changes/{change_id}/objections", OBJECTION)
    offer: Json = {"client_id": "acme", "kind": "configuration", "description": "Off"}
    made = (await desk.post("operator", f"/changes/{change_id}/mitigations", offer)).json()
    await desk.post("acme", f"/mitigations/{made['mitigation_id']}/answer", {"accepted": True})
    await desk.receive(change_id, "acme")
    standing = await _standing(desk, change_id)
    assert (standing["status"], standing["last_day_on"]) == ("clear", "2026-12-08")


async def test_a_receipt_of_what_has_ended_opens_nothing(desk: Desk) -> None:
    """It proves that the client had the notice, and there is nothing left to object to."""
    await desk.sign("acme")
    change_id = await desk.announce()
    await desk.hear(SubprocessorRemoved(subprocessor_id="voix"))
    await desk.receive(change_id, "acme")
    standing = await _standing(desk, change_id)
    assert (standing["status"], standing["receipt_channel"]) == ("ended", "email")
    assert (standing["last_day_on"], standing["closes_at"]) == (None, None)


async def test_a_receipt_of_a_removal_has_no_days(desk: Desk) -> None:
    """A removal has notice and nothing to object to: with its receipt the client is clear."""
    await desk.sign("acme")
    listed = desk.book.latest.sub_processors[0].id
    removal = (await desk.hear(SubprocessorRemoved(subprocessor_id=listed))).derive("change")
    await desk.receive(removal, "acme")
    standing = await _standing(desk, removal)
    assert (standing["status"], standing["receipt_channel"], standing["closes_at"]) == ("clear", "email", None)


async def _standing(desk: Desk, change_id: str) -> Json:
    standing: Json = (await desk.get("acme", f"/changes/{change_id}")).json()["standing"]
    return standing
