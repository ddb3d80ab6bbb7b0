"""Deliveries on their way to real receivers: fair to all, tried again by the policy, recorded, and never lost."""

from datetime import datetime, timedelta

import asyncpg
import pytest
from tests.chassis.eventually import eventually
from tests.desk import Json
from tests.notifier.desk import Desk

from contracts.notice import NoticeEscalated, NoticeReceived
from embedded.receiver import Answer, WebhookReceiver
from embedded.smtp import SmtpSink

pytestmark = pytest.mark.servers


async def _register(desk: Desk, receiver: WebhookReceiver, client_id: str) -> str:
    """The client's webhooks go to its path of the receiver; return the endpoint's id."""
    url = receiver.url(f"/{client_id}")
    answer = await desk.post(client_id, f"/clients/{client_id}/endpoints", {"url": url})
    assert answer.status_code == 201, answer.text
    receiver.trust(f"/{client_id}", answer.json()["secret"])
    endpoint_id: str = answer.json()["endpoint"]["endpoint_id"]
    return endpoint_id


async def _webhook(desk: Desk) -> tuple[Json, list[Json]]:
    """The only webhook delivery and its attempts."""
    (one,) = [each for each in await desk.items("operator", "/deliveries") if each["channel"] == "webhook"]
    answer = (await desk.get("operator", f"/deliveries/{one['delivery_id']}")).json()
    return answer["delivery"], answer["attempts"]


def _at(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


async def test_a_hanging_endpoint_holds_up_nobody(desk: Desk, receiver: WebhookReceiver) -> None:
    """While it answers nothing at all, every webhook of the others arrives; it takes no more than its own share."""
    orders, fast = 70, ("acme", "borealis", "cedar")
    await desk.sign("hanging", *fast)
    for client_id in ("hanging", *fast):
        await _register(desk, receiver, client_id)
    receiver.answer("/hanging", Answer(hang_s=3600))
    for nth in range(orders):
        await desk.order("hanging", *fast, order_id=f"order-{nth}")
    async with desk.delivering():
        arrived = await receiver.wait_for(lambda got: sum(each.path != "/hanging" for each in got) >= 3 * orders, 60)
        hanging = [each for each in arrived if each.path == "/hanging"]
        assert 0 < len(hanging) <= desk.app.settings.per_endpoint
    assert len({each.headers["webhook-id"] for each in arrived}) == len(arrived)


async def test_a_failed_webhook_is_tried_again_by_the_policy(desk: Desk, receiver: WebhookReceiver) -> None:
    """Later each time by the agreement's factor, less its jitter; each attempt is recorded, under one id."""
    await desk.sign("acme")
    await _register(desk, receiver, "acme")
    receiver.answer("/acme", *[Answer(500)] * 5, Answer(204))
    await desk.order("acme")
    retry = desk.app.book.latest.notices.stages[0].retry
    async with desk.delivering():
        for nth in range(1, 6):
            await eventually(lambda nth=nth: _attempted(desk, nth))  # type: ignore[misc]
            delivery, attempts = await _webhook(desk)
            delay = min(retry.first_delay * retry.factor ** (nth - 1), retry.max_delay)
            next_at = _at(delivery["next_attempt_at"])
            assert _at(attempts[-1]["at"]) + delay * (1 - retry.jitter) <= next_at <= desk.clock.now() + delay
            assert delivery["status"] == "pending"
            desk.clock.jump_to(next_at)
        await eventually(lambda: _attempted(desk, 6))
    delivery, attempts = await _webhook(desk)
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 6)
    assert [(each["nth"], each["status"], each["ok"]) for each in attempts] == [
        *((nth, 500, False) for nth in range(1, 6)),
        (6, 204, True),
    ]
    assert {each["reason"] for each in attempts[:-1]} == {"status 500"}
    assert {each["address"] for each in attempts} == {receiver.url("/acme")}
    assert {each.headers["webhook-id"] for each in receiver.requests} == {delivery["delivery_id"]}
    assert all(each.verified for each in receiver.requests)


async def test_attempts_end_at_the_deadline(desk: Desk, receiver: WebhookReceiver, smtp: SmtpSink) -> None:
    """An attempt that would come after it is not made: the delivery has failed, and the letter is on the work list."""
    smtp.refuse("privacy@acme.test")
    await desk.sign("acme")
    await _register(desk, receiver, "acme")
    receiver.answer("/acme", Answer(503))
    await desk.order("acme")
    desk.clock.jump_to(desk.clock.now() + timedelta(days=10, seconds=-1))
    async with desk.delivering():
        await eventually(lambda: _said(desk, NoticeEscalated))
    delivery, _ = await _webhook(desk)
    assert delivery["status"] == "failed"
    (letter,) = await desk.items("operator", "/letters")
    assert letter["client_id"] == "acme"


async def test_what_was_sent_and_not_recorded_is_sent_again_under_its_id(
    desk: Desk, receiver: WebhookReceiver, database: str
) -> None:
    """A deliverer killed between the two leaves no attempt; the next one sends the same id, and records it once."""
    await desk.sign("acme")
    await _register(desk, receiver, "acme")
    await desk.order("acme")
    holding = await asyncpg.connect(database, server_settings={"search_path": "notifier"})
    await holding.execute("BEGIN; LOCK TABLE attempt IN EXCLUSIVE MODE")  # reading goes on, recording waits
    async with desk.delivering():
        await receiver.wait_for(1)
        await eventually(lambda: _is_recording(holding))
    await holding.execute("ROLLBACK")
    await holding.close()
    assert (await _webhook(desk))[1] == []
    async with desk.delivering():
        await eventually(lambda: _attempted(desk, 1))
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    delivery, attempts = await _webhook(desk)
    assert (delivery["status"], len(attempts)) == ("delivered", 1)
    assert len(await desk.said(NoticeReceived)) == 1


async def test_an_endpoint_that_is_gone_gets_nothing_more(desk: Desk, receiver: WebhookReceiver) -> None:
    """410 disables it: what waits to be tried again there has failed, and the next notice goes by email alone."""
    await desk.sign("acme")
    endpoint_id = await _register(desk, receiver, "acme")
    receiver.answer("/acme", Answer(500), Answer(410))
    await desk.order("acme", order_id="order-1")
    async with desk.delivering():
        await eventually(lambda: _attempted(desk, 1))
        await desk.order("acme", order_id="order-2")
        await eventually(lambda: _is_disabled(desk, endpoint_id))
        desk.clock.jump_to(desk.clock.now() + timedelta(hours=2))  # the first would be due again
        await desk.order("acme", order_id="order-3")
        await eventually(lambda: _mailed(desk, 3))
    deliveries = [each for each in await desk.items("operator", "/deliveries") if each["channel"] == "webhook"]
    assert {str(each["status"]) for each in deliveries} == {"failed"}
    assert len(receiver.requests) == 2


async def _attempted(desk: Desk, times: int) -> bool:
    delivery, _ = await _webhook(desk)
    return delivery["attempts"] == times


async def _said(desk: Desk, event_type: type[NoticeEscalated]) -> list[Json]:
    return await desk.said(event_type)


async def _is_disabled(desk: Desk, endpoint_id: str) -> bool:
    return (await desk.get("acme", f"/endpoints/{endpoint_id}")).json()["disabled_at"] is not None


async def _mailed(desk: Desk, count: int) -> bool:
    deliveries = await desk.items("operator", "/deliveries", status="delivered")
    return sum(each["channel"] == "email" for each in deliveries) == count


async def _is_recording(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether somebody waits for the table of attempts."""
    waits = "SELECT true FROM pg_locks WHERE relation = 'attempt'::regclass AND NOT granted"
    return bool(await connection.fetchval(waits))
