"""Webhook endpoints: guarded at the door, their secrets shown once and rotated without a gap, their history kept."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from pydantic_core import from_json
from standardwebhooks import Webhook, WebhookVerificationError
from tests.chassis.eventually import eventually
from tests.desk import Json
from tests.notifier.desk import Desk

from contracts.notice import NoticeEscalated
from embedded.receiver import Answer, ReceivedRequest, WebhookReceiver

pytestmark = pytest.mark.servers

INSIDE = [
    ("http://example.com/hook", "https"),
    ("https://127.0.0.1/", "loopback"),
    ("https://localhost/", "inside"),
    ("https://[::1]/", "loopback"),
    ("https://10.0.0.8/", "private"),
    ("https://169.254.169.254/latest/meta-data/", "link-local"),
    ("https://[::ffff:a00:8]/", "IPv4-mapped"),
    ("https://0x7f000001/", "0x7f000001"),
    ("https://2130706433/", "2130706433"),
    ("https://db.internal/", "inside"),
    ("https://user:pass@example.com/", "user"),
    ("https://example.com:25/", "port 25"),
    ("ftp://example.com/", "https"),
    ("", "character"),
]


async def test_an_address_that_leads_inside_is_refused_at_the_door(guarded: Desk) -> None:
    """With production's settings; the answer names the field and why, and nothing is registered."""
    for url, why in INSIDE:
        answer = await guarded.post("acme", "/clients/acme/endpoints", {"url": url})
        assert answer.status_code == 422, url
        (error,) = answer.json()["errors"]
        assert error["field"] == "url"
        assert why in error["message"], url
    assert (await guarded.get("acme", "/clients/acme/endpoints")).json() == []


async def test_a_public_address_is_registered_before_the_signature_is_heard(guarded: Desk) -> None:
    """The client's token says whose it is; the bus may come later."""
    body: Json = {"url": "https://hooks.example.com/dutiful", "description": "ours"}
    answer = await guarded.post("acme", "/clients/acme/endpoints", body)
    assert answer.status_code == 201
    (endpoint,) = (await guarded.get("acme", "/clients/acme/endpoints")).json()
    assert (endpoint["url"], endpoint["description"]) == (body["url"], body["description"])
    assert "this client is not known yet: nothing is sent here until" in answer.json()["note"]
    await guarded.sign("acme")
    known = await guarded.post("acme", "/clients/acme/endpoints", body)
    assert known.json()["note"] == "keep the secret: it is shown this once"


async def test_a_secret_is_shown_once(desk: Desk, receiver: WebhookReceiver) -> None:
    """At registration and at each rotation; a repeated request is told so; nothing that can be read holds one."""
    body: Json = {"url": receiver.url("/hook")}
    first = (await desk.post("acme", "/clients/acme/endpoints", body, key="once")).json()
    again = (await desk.post("acme", "/clients/acme/endpoints", body, key="once")).json()
    assert first["secret"].startswith("whsec_")
    assert again["endpoint"] == first["endpoint"]
    assert again["secret"] is None
    assert "was shown" in again["note"]
    endpoint = f"/endpoints/{first['endpoint']['endpoint_id']}"
    rotated = (await desk.post("acme", f"{endpoint}/secret/rotation", key="turn")).json()
    repeated = (await desk.post("acme", f"{endpoint}/secret/rotation", key="turn")).json()
    assert rotated["secret"] not in (None, first["secret"])
    assert repeated["secret"] is None
    assert repeated["endpoint"] == rotated["endpoint"]
    for path in ("/clients/acme/endpoints", endpoint, "/clients/acme", "/deliveries", "/notices", "/openapi.json"):
        for who in ("acme", "auditor"):
            read = (await desk.get(who, path)).text
            assert first["secret"] not in read
            assert rotated["secret"] not in read


async def test_one_key_registers_one_endpoint(desk: Desk) -> None:
    """Sent five times at once it is carried out once; for another URL it is refused; another client's is its own."""
    path, body = "/clients/acme/endpoints", Json(url="http://127.0.0.1:9/a")
    answers = await asyncio.gather(*[desk.post("acme", path, body, key="k") for _ in range(5)])
    assert sorted(answer.status_code for answer in answers) == [201] * 5
    assert sum(answer.json()["secret"] is not None for answer in answers) == 1
    assert len((await desk.get("acme", path)).json()) == 1
    other = await desk.post("acme", path, {"url": "http://127.0.0.1:9/b"}, key="k")
    assert other.status_code == 422
    assert (await desk.post("blue", "/clients/blue/endpoints", body, key="k")).json()["secret"]
    assert (await desk.http.post(path, json=body, headers=desk.headers("acme"))).status_code == 400


async def test_while_a_rotation_overlaps_both_secrets_verify(desk: Desk, receiver: WebhookReceiver) -> None:
    """The reference library verifies with either, until the overlap ends; from then on with the new one alone."""
    await desk.sign("acme")
    old, endpoint = await _register(desk, receiver.url("/hook"))
    async with desk.delivering():
        rotated = (await desk.post("acme", f"{endpoint}/secret/rotation", {"overlap": 2})).json()
        assert rotated["endpoint"]["overlap_until"] is not None
        await desk.order("acme")
        await receiver.wait_for(1)
        desk.clock.jump_to(desk.clock.now() + timedelta(hours=2, seconds=1))
        await desk.order("acme", order_id="order-2")
        during, after = await receiver.wait_for(2)
    new = rotated["secret"]
    assert [_verifies(secret, during) for secret in (old, new)] == [True, True]
    assert [_verifies(secret, after) for secret in (old, new)] == [False, True]
    assert (await desk.get("acme", endpoint)).json()["overlap_until"] is None


async def test_a_secret_that_leaked_ends_at_once(desk: Desk, receiver: WebhookReceiver) -> None:
    """Overlap 0 ends every older secret, those of an earlier overlap too."""
    await desk.sign("acme")
    first, endpoint = await _register(desk, receiver.url("/hook"))
    second = (await desk.post("acme", f"{endpoint}/secret/rotation")).json()["secret"]
    third = (await desk.post("acme", f"{endpoint}/secret/rotation", {"overlap": 0})).json()["secret"]
    async with desk.delivering():
        await desk.order("acme")
        (request,) = await receiver.wait_for(1)
    assert [_verifies(secret, request) for secret in (first, second, third)] == [False, False, True]


async def test_a_later_rotation_prolongs_no_overlap(desk: Desk, receiver: WebhookReceiver) -> None:
    """A secret ends when it was first said to end, however long the next overlap is."""
    await desk.sign("acme")
    first, endpoint = await _register(desk, receiver.url("/hook"))
    second = (await desk.post("acme", f"{endpoint}/secret/rotation", {"overlap": 1})).json()["secret"]
    third = (await desk.post("acme", f"{endpoint}/secret/rotation", {"overlap": 48})).json()["secret"]
    desk.clock.jump_to(desk.clock.now() + timedelta(hours=2))
    async with desk.delivering():
        await desk.order("acme")
        (request,) = await receiver.wait_for(1)
    assert [_verifies(secret, request) for secret in (first, second, third)] == [False, True, True]


async def test_no_more_than_four_secrets_sign(desk: Desk) -> None:
    """Each is a signature in every header: the fifth waits, or ends the others."""
    _, endpoint = await _register(desk, "http://127.0.0.1:9/hook")
    path = f"{endpoint}/secret/rotation"
    answers = [(await desk.post("acme", path)).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 409]
    assert (await desk.post("acme", path, {"overlap": 0})).status_code == 201
    for overlap in (-1, 24 * 7 + 1, "a day"):
        assert (await desk.post("acme", path, {"overlap": overlap})).status_code == 422


async def test_a_disabled_endpoint_gets_nothing_until_it_is_enabled(desk: Desk, receiver: WebhookReceiver) -> None:
    """What was on its way there ends; its history stays; new notices go there once it is enabled."""
    await desk.sign("acme")
    _, endpoint = await _register(desk, receiver.url("/hook"))
    await desk.order("acme")
    assert (await desk.send("acme", "DELETE", endpoint)).status_code == 204
    assert (await desk.send("acme", "DELETE", endpoint)).status_code == 204
    shown = (await desk.get("acme", endpoint)).json()
    assert shown["disabled_at"] is not None
    assert shown["reason"] == "disabled by acme@example"
    assert [each["endpoint_id"] for each in (await desk.get("acme", "/clients/acme/endpoints")).json()]
    await desk.order("acme", order_id="order-2")
    enabled = (await desk.post("acme", f"{endpoint}/enable")).json()
    assert (enabled["disabled_at"], enabled["reason"]) == (None, None)
    async with desk.delivering():
        await desk.order("acme", order_id="order-3")
        await receiver.wait_for(1)
        await eventually(lambda: _is_done(desk))
    assert len(receiver.requests) == 1
    webhooks = [each for each in await desk.items("acme", "/deliveries") if each["channel"] == "webhook"]
    assert [each["status"] for each in webhooks] == ["delivered", "failed"]


async def test_what_was_under_way_to_a_disabled_endpoint_alone_goes_on_by_the_next_stage(desk: Desk) -> None:
    """The client isn't left without its notice: with its email refused already, it gets a letter."""
    await desk.sign("acme")
    _, endpoint = await _register(desk, "http://127.0.0.1:9/hook")
    await desk.order("acme")
    await desk.runtime.pool.execute("UPDATE delivery SET status = 'failed' WHERE channel = 'email'")
    await desk.send("acme", "DELETE", endpoint)
    (letter,) = await desk.items("operator", "/letters")
    assert letter["client_id"] == "acme"
    (event,) = await desk.said(NoticeEscalated)
    assert (event["to_channels"], event["reason"]) == (["post"], "the endpoint was disabled")
    headers = await desk.runtime.pool.fetchval("SELECT headers FROM outbox WHERE headers LIKE '%notice.escalated%'")
    assert from_json(headers)["ce_flowid"] == "tests"


async def test_an_attempt_that_fails_after_its_endpoint_was_disabled_is_the_last(
    desk: Desk, receiver: WebhookReceiver
) -> None:
    """Disabled while a webhook hangs: its failure is recorded and doesn't open the delivery again."""
    await desk.sign("acme")
    receiver.answer("/hook", Answer(status=500, hang_s=0.5))
    _, endpoint = await _register(desk, receiver.url("/hook"))
    async with desk.delivering():
        await desk.order("acme")
        await receiver.wait_for(1)
        await desk.send("acme", "DELETE", endpoint)
        delivery = await _webhook(desk)
        await eventually(lambda: _attempts(desk, delivery))
    assert (await _webhook(desk))["status"] == "failed"


async def test_a_delivery_is_shown_with_every_attempt_and_sent_again(desk: Desk, receiver: WebhookReceiver) -> None:
    """Status, latency and a bounded answer of each; resending, also of what arrived, keeps the webhook's id."""
    await desk.sign("acme")
    await _register(desk, receiver.url("/hook"))
    async with desk.delivering():
        await desk.order("acme")
        await receiver.wait_for(1)
        await eventually(lambda: _is_done(desk))
        delivery = await _webhook(desk)
        path = f"/deliveries/{delivery['delivery_id']}"
        assert delivery["status"] == "delivered"
        for _ in range(2):
            resent = await desk.post("operator", f"{path}/resend", key="again")
            assert resent.status_code == 202
        first, second = await receiver.wait_for(2)
        await eventually(lambda: _is_done(desk))
        assert (await desk.post("operator", f"{path}/resend", key="again")).json()["status"] == "delivered"
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery["delivery_id"]
    shown = (await desk.get("acme", path)).json()
    assert [attempt["nth"] for attempt in shown["attempts"]] == [1, 2]
    for attempt in shown["attempts"]:
        assert (attempt["ok"], attempt["status"], attempt["address"]) == (True, 204, receiver.url("/hook"))
        assert attempt["latency_ms"] > 0
    assert len(receiver.requests) == 2


async def test_nothing_is_resent_to_a_disabled_endpoint(desk: Desk) -> None:
    """The answer says what to do first."""
    await desk.sign("acme")
    _, endpoint = await _register(desk, "http://127.0.0.1:9/hook")
    await desk.order("acme")
    await desk.send("acme", "DELETE", endpoint)
    delivery = await _webhook(desk)
    path = f"/deliveries/{delivery['delivery_id']}/resend"
    refused = await desk.post("operator", path, key="again")
    assert refused.status_code == 409
    assert "enable it first" in refused.json()["detail"]
    await desk.post("acme", f"{endpoint}/enable")
    assert (await desk.post("operator", path, key="again")).json()["status"] == "pending"


async def _register(desk: Desk, url: str) -> tuple[str, str]:
    """The secret and the path of a new endpoint of acme."""
    answer = (await desk.post("acme", "/clients/acme/endpoints", {"url": url})).json()
    return answer["secret"], f"/endpoints/{answer['endpoint']['endpoint_id']}"


async def _webhook(desk: Desk) -> Json:
    """Acme's newest delivery by webhook."""
    return next(each for each in await desk.items("acme", "/deliveries") if each["channel"] == "webhook")


async def _is_done(desk: Desk) -> bool:
    return await desk.items("operator", "/deliveries", status="pending") == []


async def _attempts(desk: Desk, delivery: Json) -> Sequence[object]:
    attempts: Sequence[object] = (await desk.get("acme", f"/deliveries/{delivery['delivery_id']}")).json()["attempts"]
    return attempts


def _verifies(secret: str, request: ReceivedRequest) -> bool:
    try:
        Webhook(secret).verify(request.body, dict(request.headers), json_parse=False)
    except WebhookVerificationError:
        return False
    return True
