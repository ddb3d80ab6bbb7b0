"""§4 whole, from the event on the bus to the client's answer, on the real servers with a virtual clock."""

import asyncio
import sys
from datetime import date, timedelta

import asyncpg
import pytest
from pydantic_core import from_json
from tests.chassis.eventually import eventually
from tests.flows.street import Street, facts

from agreement import deadlines
from embedded.receiver import Answer

pytestmark = pytest.mark.servers


async def test_every_client_gets_webhook_and_email(street: Street) -> None:
    """§4.3, §15: the signature verifies with the reference library, and the email names the sub-processor."""
    for client_id in ("a-acme", "a-borealis"):
        await street.sign(client_id)
        await street.register(client_id)
    change_id = await street.announce("a-lingua")
    await street.received(change_id, "a-acme", "a-borealis")
    requests = await street.receiver.wait_for(lambda got: {each.path for each in got} >= {"/a-acme", "/a-borealis"})
    assert all(each.verified for each in requests)
    addresses = {"dpo@a-acme.example", "dpo@a-borealis.example"}
    mails = await street.house.smtp.wait_for(lambda got: {to for each in got for to in each.recipients} >= addresses)
    assert all("A-Lingua" in str(each.message) for each in mails)
    await street.terminate("a-acme", "a-borealis")


async def test_nothing_takes_effect_before_the_day(street: Street) -> None:
    """§4.3, §4.4: a minute before its day the change is in effect for nobody, and on its day for whoever is clear."""
    await street.sign("b-acme")
    change_id = await street.announce("b-lingua")
    await street.received(change_id, "b-acme")
    on = street.day_of(change_id)
    street.clock.jump_to(deadlines.start_of_day(street.house.book.latest, on) - timedelta(minutes=1))
    witness = await street.announce("b-witness")
    await street.received(witness, "b-acme")  # the registry has handled more since, and still nothing is in effect
    assert not street.of("change.took_effect", change_id=change_id)
    assert street.last("b-acme", "b-lingua") is None
    street.reach(on)
    await street.reads("b-acme", "b-lingua", "permitted")
    (permission,) = street.of("permission.set", client_id="b-acme", subprocessor_id="b-lingua")
    (window,) = street.of("change.window_opened", change_id=change_id, client_id="b-acme")
    assert permission["permitted_from"] == on.isoformat()
    assert str(window["last_day_on"]) < on.isoformat()
    await street.terminate("b-acme")


async def test_a_client_without_receipt_is_written_to_and_not_bound(street: Street) -> None:
    """§4.3, §4.4: it goes on to post, is reported, and isn't permitted on the day; a late receipt opens its window."""
    street.house.smtp.refuse("dpo@c-deaf.example")
    await street.sign("c-deaf")
    await street.sign("c-acme")
    change_id = await street.announce("c-lingua")
    await street.received(change_id, "c-acme")
    await street.until(lambda: street.of("notice.escalated", client_id="c-deaf", about=change_id))
    on = street.day_of(change_id)
    street.reach(on)
    await street.until(lambda: street.of("change.receipt_overdue", change_id=change_id, client_id="c-deaf"))
    await street.reads("c-acme", "c-lingua", "permitted")
    assert street.last("c-deaf", "c-lingua") is None
    letters = await street.get("operator", "notifier", "/letters")
    items = letters["items"]
    assert isinstance(items, list)
    (letter,) = [each for each in items if each["client_id"] == "c-deaf" and each["about"] == change_id]
    body = {"proof": "RK 1234", "received_on": on.isoformat()}
    await street.post("operator", "notifier", f"/deliveries/{letter['delivery_id']}/posted", body)
    await street.received(change_id, "c-deaf")
    (window,) = street.of("change.window_opened", change_id=change_id, client_id="c-deaf")
    last_day_on = date.fromisoformat(str(window["last_day_on"]))
    assert last_day_on > on
    assert street.last("c-deaf", "c-lingua") is None
    street.reach(last_day_on + timedelta(days=1))
    await street.reads("c-deaf", "c-lingua", "permitted")
    await street.terminate("c-deaf", "c-acme")


async def test_an_accepted_objection_bars_until_it_is_withdrawn(street: Street) -> None:
    """§4.4: raised on the bus, it bars one client alone; taken back after the day, the change takes effect for it."""
    for client_id in ("d-acme", "d-borealis"):
        await street.sign(client_id)
    change_id = await street.announce("d-lingua")
    await street.received(change_id, "d-acme", "d-borealis")
    said = {"change_id": change_id, "client_id": "d-acme", "received_at": street.clock.now().isoformat()}
    raised = said | {"objection_id": "d-1", "ground": "sector_secrecy"}
    await street.publish("objection.raised", change_id, raised)
    await street.reads("d-acme", "d-lingua", "barred")
    street.reach(street.day_of(change_id))
    await street.reads("d-borealis", "d-lingua", "permitted")
    assert street.last("d-acme", "d-lingua") == "barred"
    await street.publish("objection.withdrawn", change_id, said | {"received_at": street.clock.now().isoformat()})
    await street.reads("d-acme", "d-lingua", "permitted")
    await street.terminate("d-acme", "d-borealis")


async def test_a_timely_objection_handled_after_the_day_bars_again(street: Street) -> None:
    """§4.4: what counts is when it reached the processor, not when it was handled."""
    await street.sign("e-acme")
    change_id = await street.announce("e-lingua")
    await street.received(change_id, "e-acme")
    received_at = street.clock.now().isoformat()
    street.reach(street.day_of(change_id))
    await street.reads("e-acme", "e-lingua", "permitted")
    raised = {"objection_id": "e-1", "change_id": change_id, "client_id": "e-acme", "ground": "legal_obligation"}
    await street.publish("objection.raised", change_id, raised | {"received_at": received_at})
    await street.reads("e-acme", "e-lingua", "barred")
    await street.terminate("e-acme")


@pytest.mark.parametrize(
    ("kind", "accepted", "standing"),
    [
        ("configuration", True, "permitted"),
        ("configuration", False, "barred"),
        ("alternative", True, "barred"),
    ],
)
async def test_what_follows_from_an_offer(street: Street, kind: str, standing: str, *, accepted: bool) -> None:
    """§4.4: refused stays barred; an accepted configuration is permitted on the day; an alternative goes around it."""
    name = f"f-{kind}-{accepted}".lower()
    client_id, other = f"{name}-acme", f"{name}-borealis"
    for each in (client_id, other):
        await street.sign(each)
    change_id = await street.announce(name)
    await street.received(change_id, client_id, other)
    await street.object_to(change_id, client_id)
    await street.reads(client_id, name, "barred")
    offer = {"client_id": client_id, "kind": kind, "description": "Otherwise"}
    made = await street.post("operator", "subprocessor_registry", f"/changes/{change_id}/mitigations", offer)
    path = f"/mitigations/{made['mitigation_id']}/answer"
    await street.post(f"{client_id}/super_administrator", "subprocessor_registry", path, {"accepted": accepted})
    street.reach(street.day_of(change_id))
    await street.reads(other, name, "permitted")
    await street.reads(client_id, name, standing)
    await street.terminate(client_id, other)


async def test_a_removal_has_notice_and_ends_in_tombstones(street: Street) -> None:
    """§4.3: its clients are told, nothing changes before its day, and then nobody may use it."""
    await street.sign("g-acme")
    change_id = await street.announce("g-lingua")
    await street.received(change_id, "g-acme")
    street.reach(street.day_of(change_id))
    await street.reads("g-acme", "g-lingua", "permitted")
    await street.publish("subprocessor.removed", "g-lingua", {"subprocessor_id": "g-lingua"})
    await street.until(lambda: street.of("change.announced", subprocessor_id="g-lingua", kind="removal"))
    (removal,) = street.of("change.announced", subprocessor_id="g-lingua", kind="removal")
    await street.until(lambda: street.of("notice.received", about=removal["change_id"], client_id="g-acme"))
    assert street.last("g-acme", "g-lingua") == "permitted"
    street.reach(street.day_of(str(removal["change_id"])))
    await street.reads("g-acme", "g-lingua", None)
    await street.terminate("g-acme")


async def test_an_announcement_overtakes_another_and_a_removal_withdraws_it(street: Street) -> None:
    """§4.3: what was planned is withdrawn, with the reason, and its clients are told."""
    await street.sign("h-acme")
    first = await street.announce("h-lingua")
    second = await street.announce("h-lingua", actions=["Translation", "Summaries"])
    await street.until(lambda: street.of("change.withdrawn", change_id=first))
    assert second in str(street.of("change.withdrawn", change_id=first)[0]["reason"])
    await street.publish("subprocessor.removed", "h-lingua", {"subprocessor_id": "h-lingua"})
    await street.until(lambda: street.of("change.withdrawn", change_id=second))
    await street.until(lambda: street.of("notice.received", about=second, client_id="h-acme", kind="change_withdrawn"))
    assert street.last("h-acme", "h-lingua") is None
    await street.terminate("h-acme")


async def test_who_signs_while_a_change_is_pending_is_told(street: Street) -> None:
    """§4.3: its window opens like the others', and the change is not in effect for it before."""
    await street.sign("i-acme")
    change_id = await street.announce("i-lingua")
    await street.received(change_id, "i-acme")
    await street.sign("i-late")
    await street.received(change_id, "i-late")
    assert street.last("i-late", "i-lingua") is None
    await street.terminate("i-acme", "i-late")


async def test_a_contract_that_ends_later_erases_permissions_on_its_day(street: Street) -> None:
    """§8.3: until the day the client's permissions stand; from the day on there are none."""
    await street.sign("j-acme")
    listed = [each.id for each in street.house.book.latest.sub_processors]
    ends_on = street.clock.now().date() + timedelta(days=5)
    data = {"client_id": "j-acme", "terminated_on": ends_on.isoformat()}
    await street.publish("contract.terminated", "j-acme", data)
    street.reach(ends_on - timedelta(days=1))
    change_id = await street.announce("j-lingua")
    await street.received(change_id, "j-acme")  # still a client, it is still told
    assert all(street.last("j-acme", each) == "permitted" for each in listed)
    street.reach(ends_on)
    await street.until(lambda: all(street.last("j-acme", each) is None for each in listed))


async def test_who_signs_again_before_its_end_stays(street: Street) -> None:
    """§8.3: a termination that a new signature overtakes erases nothing on its day."""
    await street.sign("k-acme")
    ends_on = street.clock.now().date() + timedelta(days=5)
    data = {"client_id": "k-acme", "terminated_on": ends_on.isoformat()}
    await street.publish("contract.terminated", "k-acme", data)
    await eventually(lambda: _is_dated(street, "client-ended/k-acme"))
    listed = street.house.book.latest.sub_processors[0].id
    await street.sign("k-witness")
    await street.publish("contract.terminated", "k-witness", data | {"client_id": "k-witness"})
    await street.publish("client.signed", "k-acme", street.signature("k-acme"))
    await eventually(lambda: _isnt_dated(street, "client-ended/k-acme"))
    await eventually(lambda: _is_dated(street, "client-ended/k-witness"))
    change_id = await street.announce("k-lingua")
    await street.received(change_id, "k-acme", "k-witness")
    street.reach(ends_on)
    await street.reads("k-witness", listed, None)
    assert not street.of("deadline.client_ended", client_id="k-acme")
    assert street.last("k-acme", listed) == "permitted"
    await street.terminate("k-acme")


async def test_duplicates_change_nothing(street: Street) -> None:
    """The same event published again is one change, one window and one permission."""
    await street.sign("l-acme")
    for _ in range(3):
        await street.publish("subprocessor.added", "l-lingua", facts("l-lingua"), "l-event")
    change_id = str((await _announced(street, "l-lingua"))["change_id"])
    await street.received(change_id, "l-acme")
    street.reach(street.day_of(change_id))
    await street.reads("l-acme", "l-lingua", "permitted")
    assert len(street.of("change.announced", subprocessor_id="l-lingua")) == 1
    assert not street.of("change.refused", subprocessor_id="l-lingua")
    assert len(street.of("permission.set", client_id="l-acme", subprocessor_id="l-lingua")) == 1
    await street.terminate("l-acme")


async def test_one_gate_for_all_waits_for_the_last_objection(gated: Street) -> None:
    """§4.3: where the agreement says so, one open objection holds the change back for everybody."""
    for client_id in ("acme", "borealis"):
        await gated.sign(client_id)
    change_id = await gated.announce("lingua")
    await gated.received(change_id, "acme", "borealis")
    await gated.object_to(change_id, "acme")
    gated.reach(gated.day_of(change_id))
    await gated.until(lambda: gated.of("deadline.day_reached", change_id=change_id))
    witness = await gated.announce("witness")
    await gated.received(witness, "borealis")  # the registry has handled more since, and still nothing is in effect
    assert not gated.of("change.took_effect", change_id=change_id)
    withdrawn = {"change_id": change_id, "client_id": "acme", "received_at": gated.clock.now().isoformat()}
    await gated.publish("objection.withdrawn", change_id, withdrawn)
    await gated.reads("borealis", "lingua", "permitted")
    await gated.reads("acme", "lingua", "permitted")


async def test_a_gate_for_all_opens_when_the_last_against_it_leaves(gated: Street) -> None:
    """§4.3, §8.3: a client whose contract has ended holds nobody back."""
    for client_id in ("m-acme", "m-borealis"):
        await gated.sign(client_id)
    change_id = await gated.announce("m-lingua")
    await gated.received(change_id, "m-acme", "m-borealis")
    await gated.object_to(change_id, "m-acme")
    gated.reach(gated.day_of(change_id))
    await gated.until(lambda: gated.of("deadline.day_reached", change_id=change_id))
    await gated.terminate("m-acme")
    await gated.reads("m-borealis", "m-lingua", "permitted")


async def test_an_unknown_client_is_a_dead_letter_until_it_is_known(street: Street) -> None:
    """The reason names the field; replayed by the command once the client has signed, it takes effect."""
    data = {"client_id": "n-acme", "terminated_on": street.clock.now().date().isoformat()}
    await street.publish("contract.terminated", "n-acme", data)
    await eventually(lambda: _dead(street, "n-acme"))
    (letter,) = await _dead(street, "n-acme")
    assert letter["field"] == "client_id"
    await street.sign("n-acme")
    await _dutiful("replay", str(letter["id"]), "--kafka", street.house.bootstrap)
    await street.until(lambda: street.of("deadline.client_ended", client_id="n-acme"))
    assert not await _dead(street, "n-acme")


async def test_a_gone_endpoint_is_disabled(street: Street) -> None:
    """§15: after 410 nothing goes there any more; the email is the receipt."""
    await street.sign("o-acme")
    endpoint_id = await street.register("o-acme")
    street.receiver.answer("/o-acme", Answer(410))
    change_id = await street.announce("o-lingua")
    await street.received(change_id, "o-acme")
    await eventually(lambda: _is_disabled(street, endpoint_id))
    second = await street.announce("o-other")
    await street.received(second, "o-acme")
    assert sum(each.path == "/o-acme" for each in street.receiver.requests) == 1
    await street.terminate("o-acme")


async def test_a_correction_keeps_the_day_and_the_history(street: Street) -> None:
    """§4.3: the list says the new name for the same days; what it said before is still to be read."""
    await street.sign("p-acme")
    change_id = await street.announce("p-lingua")
    await street.received(change_id, "p-acme")
    on = street.day_of(change_id)
    street.reach(on)
    await street.reads("p-acme", "p-lingua", "permitted")
    known_at = street.clock.now().isoformat()
    corrected = facts("p-lingua", name="P-Lingua SAS", reason="a typing error")
    await street.publish("subprocessor.corrected", "p-lingua", corrected)
    await street.until(lambda: street.of("change.corrected", subprocessor_id="p-lingua"))
    assert await _named(street, on=on.isoformat()) == "P-Lingua SAS"
    assert await _named(street, on=on.isoformat(), known_at=known_at) == "P-Lingua"
    assert await _named(street, on=(on - timedelta(days=1)).isoformat()) is None
    await street.terminate("p-acme")


async def _named(street: Street, **query: str) -> str | None:
    answer = await street.get("operator", "subprocessor_registry", "/sub-processors", format="json", **query)
    items = answer["items"]
    assert isinstance(items, list)
    return next((each["name"] for each in items if each["subprocessor_id"] == "p-lingua"), None)


async def _is_disabled(street: Street, endpoint_id: str) -> bool:
    return (await street.get("operator", "notifier", f"/endpoints/{endpoint_id}"))["disabled_at"] is not None


async def _dead(street: Street, client_id: str) -> list[dict[str, object]]:
    """What `dutiful dead-letters list --json` shows of the registry's letters about a client."""
    lines = (await _dutiful("list", "--json", "--kafka", street.house.bootstrap)).splitlines()
    letters = [from_json(line) for line in lines]
    return [each for each in letters if client_id in each["reason"] and each["service"] == "subprocessor_registry"]


async def _dutiful(*arguments: str) -> str:
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dutiful", "dead-letters", *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await command.communicate()
    assert command.returncode == 0
    return out.decode()


async def _is_dated(street: Street, name: str) -> bool:
    assert street.house.postgres
    connection = await asyncpg.connect(
        street.house.postgres.dsn(user="subprocessor_registry"),
        server_settings={"search_path": "subprocessor_registry"},
    )
    try:
        return bool(await connection.fetchval("SELECT true FROM agenda WHERE name = $1", name))
    finally:
        await connection.close()


async def _isnt_dated(street: Street, name: str) -> bool:
    return not await _is_dated(street, name)


async def _announced(street: Street, subprocessor_id: str) -> dict[str, object]:
    await street.until(lambda: street.of("change.announced", subprocessor_id=subprocessor_id))
    return dict(street.of("change.announced", subprocessor_id=subprocessor_id)[0])
