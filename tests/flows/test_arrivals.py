"""What arrives early, late, twice or in another order than it was said, on the real servers with a virtual clock."""

import random
from functools import partial
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord
from tests.chassis.eventually import eventually
from tests.flows.street import Street, facts

pytestmark = pytest.mark.servers
Items = list[dict[str, object]]
Record = ConsumerRecord[bytes | None, bytes | None]


async def test_an_order_waits_for_a_client_that_is_not_known_yet(street: Street) -> None:
    """§15: the notice is there and goes nowhere; with the signature it goes out, to the endpoint that waits too."""
    await street.sign("q-acme")
    change_id = await street.announce("q-lingua")
    await street.received(change_id, "q-acme")
    await street.register("q-late")
    (order,) = street.of("change.notice_ordered", change_id=change_id)
    early = dict(order) | {"order_id": f"q-{uuid4().hex}", "client_ids": ["q-late"]}
    await street.publish("change.notice_ordered", str(early["order_id"]), early)
    await eventually(lambda: _notices(street, "q-late"))
    assert await _deliveries(street, "q-late") == []
    assert not [each for each in street.receiver.requests if each.path == "/q-late"]
    await street.publish("client.signed", "q-late", street.signature("q-late"))
    requests = await street.receiver.wait_for(lambda got: "/q-late" in {each.path for each in got})
    assert all(each.verified for each in requests if each.path == "/q-late")
    await street.received(change_id, "q-late")
    await street.terminate("q-acme", "q-late")


async def test_a_resent_notice_is_the_receipt(street: Street) -> None:
    """§4.4, §15: what could not be delivered is sent again by staff, and the client's days run from then."""
    street.house.smtp.refuse("dpo@r-acme.example")
    await street.sign("r-acme")
    change_id = await street.announce("r-lingua")
    await street.until(lambda: street.of("notice.escalated", client_id="r-acme", about=change_id))
    assert not street.of("change.window_opened", change_id=change_id)
    street.house.smtp.refuse("dpo@r-acme.example", None)
    await _resend(street, "r-acme", change_id)
    await street.received(change_id, "r-acme")
    (receipt,) = street.of("notice.received", client_id="r-acme", about=change_id)
    (window,) = street.of("change.window_opened", change_id=change_id, client_id="r-acme")
    assert (receipt["channel"], window["received_at"]) == ("email", receipt["received_at"])
    await street.terminate("r-acme")


async def test_a_receipt_that_comes_behind_an_objection_leaves_it_standing(street: Street) -> None:
    """§4.4: the client objects before it has the notice; resent, the notice is its receipt, and the bar stands."""
    street.house.smtp.refuse("dpo@s-acme.example")
    await street.sign("s-acme")
    change_id = await street.announce("s-lingua")
    await street.until(lambda: street.of("notice.escalated", client_id="s-acme", about=change_id))
    await street.object_to(change_id, "s-acme")
    await street.reads("s-acme", "s-lingua", "barred")
    street.house.smtp.refuse("dpo@s-acme.example", None)
    await _resend(street, "s-acme", change_id)
    await street.received(change_id, "s-acme")
    street.reach(street.day_of(change_id))
    await street.until(lambda: street.of("deadline.day_reached", change_id=change_id))
    witness = await street.announce("s-witness")
    await street.until(lambda: street.of("notice.received", client_id="s-acme", about=witness))
    assert street.last("s-acme", "s-lingua") == "barred"
    await street.terminate("s-acme")


async def test_a_refusal_is_told_in_the_clients_language(street: Street) -> None:
    """§4.4: the platform reads the reason in English, the client in French."""
    await street.sign("t-acme")
    change_id = await street.announce("t-lingua")
    await street.received(change_id, "t-acme")
    await street.object_to(change_id, "t-acme", "commercial_preference")
    mails = await street.house.smtp.wait_for(
        lambda got: any("n'est pas acceptée" in str(each.message["subject"]) and _to(each, "t-acme") for each in got)
    )
    (refused,) = street.of("change.objection_refused", change_id=change_id)
    body = mails[-1].message.get_body(("plain",))
    assert body
    assert "n'est pas objectif" in body.get_content()
    assert "is not objective" in str(refused["reason"])
    await street.terminate("t-acme")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_events_in_any_order_and_twice_come_to_the_same(street: Street, seed: int) -> None:
    """Signatures and announcements, shuffled and doubled: one change each, one notice and one window per client."""
    clients, subs = [f"u{seed}-{name}" for name in ("acme", "blue")], [f"u{seed}-{name}" for name in ("la", "lb")]
    events = [("client.signed", each, street.signature(each)) for each in clients]
    events += [("subprocessor.added", each, facts(each)) for each in subs]
    said = events * 2
    random.Random(seed).shuffle(said)
    for event_type, key, data in said:
        await street.publish(event_type, key, data, f"{event_type}/{key}")
    for each in subs:
        await street.until(partial(street.of, "change.announced", subprocessor_id=each))
    changes = [str(street.of("change.announced", subprocessor_id=each)[0]["change_id"]) for each in subs]
    for change_id in changes:
        await street.received(change_id, *clients)
    street.reach(max(street.day_of(change_id) for change_id in changes))
    for client_id in clients:
        for each in subs:
            await street.reads(client_id, each, "permitted")
            assert len(street.of("permission.set", client_id=client_id, subprocessor_id=each)) == 1
        for change_id in changes:
            assert len(street.of("notice.received", client_id=client_id, about=change_id)) == 1
            assert len(street.of("change.window_opened", client_id=client_id, change_id=change_id)) == 1
    assert all(len(street.of("change.announced", subprocessor_id=each)) == 1 for each in subs)
    await street.terminate(*clients)


async def test_what_the_services_said_again_backwards_changes_nothing(street: Street) -> None:
    """A relay that lost what it had sent publishes it again: notices, receipts and windows are as they were."""
    await street.sign("v-acme")
    await street.register("v-acme")
    change_id = await street.announce("v-lingua")
    await street.received(change_id, "v-acme")
    street.reach(street.day_of(change_id))
    await street.reads("v-acme", "v-lingua", "permitted")
    notices, deliveries = await _notices(street, "v-acme"), await _deliveries(street, "v-acme")
    standing = await street.get("v-acme/super_administrator", "subprocessor_registry", f"/changes/{change_id}")
    for record in reversed(await _records(street, change_id)):
        await street.producer.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))
    witness = await street.announce("v-witness")
    await street.received(witness, "v-acme")  # both services have handled more since
    others = {str(each["notice_id"]) for each in await _notices(street, "v-acme") if each["about"] == witness}
    assert [each for each in await _notices(street, "v-acme") if each["about"] != witness] == notices
    assert [each for each in await _deliveries(street, "v-acme") if each["notice_id"] not in others] == deliveries
    assert standing == await street.get("v-acme/super_administrator", "subprocessor_registry", f"/changes/{change_id}")
    assert len(street.of("permission.set", client_id="v-acme", subprocessor_id="v-lingua")) == 1
    assert len({each.headers["webhook-id"] for each in street.receiver.requests if each.path == "/v-acme"}) == 2
    await street.terminate("v-acme")


async def _resend(street: Street, client_id: str, change_id: str) -> None:
    """Staff send the email of an announcement again."""
    (mail,) = [
        each
        for each in await _deliveries(street, client_id)
        if (each["about"], each["kind"], each["channel"]) == (change_id, "change_announced", "email")
    ]
    await street.post("operator", "notifier", f"/deliveries/{mail['delivery_id']}/resend", {})


async def _notices(street: Street, client_id: str) -> Items:
    return _items(await street.get("operator", "notifier", "/notices", client_id=client_id))


async def _deliveries(street: Street, client_id: str) -> Items:
    return _items(await street.get("operator", "notifier", "/deliveries", client_id=client_id))


def _items(page: dict[str, object]) -> Items:
    items = page["items"]
    assert isinstance(items, list)
    return items


def _to(mail: object, client_id: str) -> bool:
    return f"dpo@{client_id}.example" in getattr(mail, "recipients", ())


async def _records(street: Street, change_id: str) -> list[Record]:
    """What the services said of a change, as it lies on the bus."""
    found: list[Record] = []
    async with AIOKafkaConsumer(
        "change", "notice", bootstrap_servers=street.house.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while [each for each, end in ends.items() if await consumer.position(each) < end]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [record for record in records if change_id.encode() in (record.value or b"")]
    return found
