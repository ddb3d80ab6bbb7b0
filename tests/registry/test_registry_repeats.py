"""What is said twice, or under an id that was used: nothing is lost, and nobody is told anything twice (§4.3, §4.4)."""

from datetime import date

import pytest
from pydantic_core import from_json
from tests.desk import STARTS_AT, Json
from tests.registry.desk import Desk, addition

from chassis.outbox import SHARDS, read
from contracts.mitigation import MitigationAnswered, MitigationKind, MitigationOffered
from contracts.objection import ObjectionRaised
from contracts.subprocessor import SubprocessorAdded, SubprocessorRemoved

pytestmark = pytest.mark.servers
LATER = date(2027, 3, 1)


def objection(
    change_id: str, client_id: str, statement: str, ground: str | None = "legal_obligation"
) -> ObjectionRaised:
    """An objection under an id that everybody uses."""
    return ObjectionRaised(
        objection_id="o-1",
        change_id=change_id,
        client_id=client_id,
        received_at=STARTS_AT,
        ground=ground,
        statement=statement,
    )


def offer(change_id: str, client_id: str, description: str) -> MitigationOffered:
    """An offer under an id that everybody uses."""
    return MitigationOffered(
        mitigation_id="m-1",
        change_id=change_id,
        client_id=client_id,
        kind=MitigationKind.CONFIGURATION,
        description=description,
        offered_by="the DPO",
    )


async def test_every_objection_is_kept_whatever_its_id(desk: Desk) -> None:
    """§4.4: two clients chose the same id, and one client used it again: each ground and statement is recorded."""
    await desk.sign("acme", "blue")
    change_id = await desk.announce()
    await desk.hear(objection(change_id, "acme", "groundless", ground=None))
    await desk.hear(objection(change_id, "acme", "ours"))
    await desk.hear(objection(change_id, "blue", "theirs"))
    items = (await desk.get("operator", f"/changes/{change_id}/objections")).json()["items"]
    assert [(each["client_id"], each["statement"], each["accepted"]) for each in items] == [
        ("acme", "groundless", False),
        ("acme", "ours", True),
        ("blue", "theirs", True),
    ]


async def test_an_offer_under_a_used_id_is_refused(desk: Desk) -> None:
    """§4.4: the first offer stands as it was made and answered; the publisher reads why the other is none."""
    await desk.sign("acme", "blue")
    change_id = await desk.announce()
    for client_id in ("acme", "blue"):
        await desk.hear(objection(change_id, client_id, "no"))
    await desk.hear(offer(change_id, "acme", "first"))
    await desk.hear(offer(change_id, "blue", "second"))
    refused = MitigationAnswered(
        mitigation_id="m-1", change_id=change_id, client_id="acme", accepted=False, received_at=desk.clock.now()
    )
    await desk.hear(refused)
    await desk.hear(offer(change_id, "acme", "third"))
    items = (await desk.get("operator", f"/changes/{change_id}/mitigations")).json()["items"]
    assert [(each["client_id"], each["description"], each["accepted"]) for each in items] == [("acme", "first", False)]
    told = [each for each in await _said(desk) if "was used for an earlier offer" in str(each.get("reason"))]
    assert [each["client_id"] for each in told] == ["blue", "acme"]


async def test_a_removal_that_is_said_again_tells_nobody(desk: Desk) -> None:
    """§4.3: the same removal is refused with the planned one's id; for another day it overtakes it."""
    await desk.sign("acme")
    first = await desk.announce(SubprocessorRemoved(subprocessor_id="bics"))
    again = await desk.announce(SubprocessorRemoved(subprocessor_id="bics"))
    assert await _kinds(desk) == ["change_announced"]
    assert (await _change(desk, first))["status"] == "announced"
    assert (await _change(desk, again))["reason"] == f"this change is already planned as {first}"
    await desk.announce(SubprocessorRemoved(subprocessor_id="bics", effective_on=LATER))
    assert await _kinds(desk) == ["change_announced", "change_withdrawn", "change_announced"]


@pytest.mark.parametrize("planned", [SubprocessorRemoved(subprocessor_id="voix"), addition(location="FR")])
async def test_what_is_planned_is_taken_back_by_what_is_listed(
    desk: Desk, planned: SubprocessorAdded | SubprocessorRemoved
) -> None:
    """§4.3: the clients read that it will not be; the list stays, and there is no new announcement."""
    await desk.sign("acme")
    await desk.reach_day(await desk.announce(), date(2026, 12, 24))
    change_id = await desk.announce(planned)
    before = await _kinds(desk)
    await desk.announce(addition())
    assert await _kinds(desk) == [*before, "change_withdrawn"]
    withdrawn = await _change(desk, change_id)
    assert (withdrawn["status"], withdrawn["reason"]) == ("withdrawn", "its publisher took it back")
    await desk.reach_day(change_id, LATER)
    lines = (await desk.get("acme", "/sub-processors")).json()["items"]
    assert [each["location"] for each in lines if each["subprocessor_id"] == "voix"] == ["DE"]


async def test_a_slip_put_right_while_a_removal_is_planned_takes_it_back(desk: Desk) -> None:
    """§4.3: whoever asks for what is listed under another name asks for no removal; a mere correction leaves it."""
    await desk.sign("acme")
    await desk.reach_day(await desk.announce(), date(2026, 12, 24))
    change_id = await desk.announce(SubprocessorRemoved(subprocessor_id="voix"))
    await desk.announce(addition(name="Voix SAS"))
    assert (await _change(desk, change_id))["status"] == "withdrawn"


async def test_a_parent_and_its_child_never_pass_each_other(desk: Desk) -> None:
    """§4.1: while a removal is planned nobody begins to work for it, and while a child is planned it stays."""
    await desk.announce(addition(parent_id="bics"))
    removal = await _change(desk, await desk.announce(SubprocessorRemoved(subprocessor_id="bics")))
    assert "it is the parent of voix" in str(removal["reason"])
    await desk.announce(SubprocessorRemoved(subprocessor_id="voix"))
    await desk.announce(SubprocessorRemoved(subprocessor_id="bics"))
    child = await _change(desk, await desk.announce(addition(parent_id="bics")))
    assert "'bics' is to leave the list" in str(child["reason"])
    own = await _change(desk, await desk.announce(addition(parent_id="voix")))
    assert "it can't work for itself" in str(own["reason"])
    clause = desk.book.latest.sub_processing.clause
    assert {removal["clause"], child["clause"], own["clause"]} == {clause}


async def _change(desk: Desk, change_id: str) -> Json:
    change: Json = (await desk.get("operator", f"/changes/{change_id}")).json()
    return change


async def _said(desk: Desk) -> list[Json]:
    async with desk.runtime.pool.acquire() as connection:
        return [from_json(row.value) for row in await read(connection, list(range(SHARDS)), 10_000) if row.value]


async def _kinds(desk: Desk) -> list[object]:
    """The notices that were ordered, in their order."""
    async with desk.runtime.pool.acquire() as connection:
        rows = sorted(await read(connection, list(range(SHARDS)), 10_000))
    said = [from_json(row.value) for row in rows if row.value]
    return [each["kind"] for each in said if "order_id" in each and each.get("client_ids")]
