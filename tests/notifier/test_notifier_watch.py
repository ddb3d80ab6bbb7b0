"""What a scrape tells of notices."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from math import inf

import pytest
from tests.notifier.desk import Desk

from contracts.escalation import EscalationDue
from notifier import due
from notifier.metrics import NoticeMetrics
from notifier.watch import Watch

pytestmark = pytest.mark.servers


def _scraped(desk: Desk) -> list[str]:
    """What is waiting, and what has happened at all."""
    return [line for line in _all(desk) if not ("_total" in line and line.endswith(" 0.0"))]


def _all(desk: Desk) -> list[str]:
    lines = bytes(desk.runtime.metrics.response().body).decode().splitlines()
    return [line for line in lines if line.startswith("dutiful_notices_") and "_created" not in line]


async def test_what_people_must_act_upon_is_counted_from_nought(desk: Desk) -> None:
    """Prometheus sees no rise from a series that wasn't there, so an alert would miss the first."""
    Watch(desk.runtime, NoticeMetrics(desk.runtime.metrics))
    assert 'dutiful_notices_failed_total{service="notifier"} 0.0' in _all(desk)
    assert 'dutiful_notices_escalated_total{channel="post",service="notifier"} 0.0' in _all(desk)


async def test_attempts_are_counted_from_nought(desk: Desk) -> None:
    """The share that fails would be unknown until one has failed, and the first one would not count."""
    Watch(desk.runtime, NoticeMetrics(desk.runtime.metrics))
    told = desk.runtime.metrics.registry.get_sample_value
    for channel in ("webhook", "email", "alert"):
        for result in ("ok", "failed"):
            labels = {"service": "notifier", "channel": channel, "result": result, "attempt": "first"}
            assert told("dutiful_delivery_attempts_total", labels) == 0


async def test_how_much_time_is_left_for_a_receipt(desk: Desk) -> None:
    """§15: to the soonest deadline of a notice that nobody has confirmed; infinity where none is open."""
    deadlines = due.deadlines(desk.runtime)
    left = partial(
        desk.runtime.metrics.registry.get_sample_value,
        "dutiful_deadline_seconds_left",
        {"service": "notifier", "kind": "notice"},
    )
    await deadlines.look()
    assert left() == inf
    await desk.sign("acme")
    await desk.order("acme")
    await deadlines.look()
    before = left()
    assert before is not None
    assert 0 < before < inf
    desk.clock.jump_to(desk.clock.now() + timedelta(seconds=before + 60))
    await deadlines.look()
    assert -120 < (left() or 0) < 0
    await desk.sign("borealis")
    await desk.order("borealis", order_id="order-2", change_id="change-2")
    await deadlines.look()
    assert -120 < (left() or 0) < 0
    to_come = desk.runtime.metrics.registry.get_sample_value(
        "dutiful_deadline_to_come_seconds_left", {"service": "notifier", "kind": "notice"}
    )
    assert 0 < (to_come or 0) < inf, "one that is over hides no other"
    await desk.escalate("order-2", final=True)
    await desk.escalate(final=True)
    await deadlines.look()
    assert left() == inf, "it has failed, which is told otherwise"


async def test_who_has_no_receipt_is_seen(desk: Desk) -> None:
    """Escalations by the channel that is next, failures at the deadline, and how many wait; what is undone is not."""
    watch = Watch(desk.runtime, NoticeMetrics(desk.runtime.metrics))
    await desk.sign("acme", "borealis")
    await desk.order("acme", "borealis")
    await watch.look()
    assert _scraped(desk) == ['dutiful_notices_unreceived{service="notifier"} 2.0']
    await desk.escalate()
    await watch.look()
    assert _scraped(desk) == [
        'dutiful_notices_escalated_total{channel="post",service="notifier"} 2.0',
        'dutiful_notices_unreceived{service="notifier"} 2.0',
    ]
    desk.clock.jump_to(desk.clock.now() + timedelta(days=11))
    await desk.escalate(final=True)
    await watch.look()
    assert _scraped(desk) == [
        'dutiful_notices_escalated_total{channel="post",service="notifier"} 2.0',
        'dutiful_notices_failed_total{service="notifier"} 2.0',
        'dutiful_notices_unreceived{service="notifier"} 0.0',
    ]


async def test_only_what_is_committed_counts(desk: Desk) -> None:
    """An escalation whose transaction is undone was none."""
    Watch(desk.runtime, NoticeMetrics(desk.runtime.metrics))
    await desk.sign("acme")
    await desk.order("acme")
    with suppress(ConnectionResetError):
        async with desk.runtime.processor.transaction() as tx:
            await desk.app.on_escalation_due(EscalationDue(order_id="order-1", final=False), tx)
            raise ConnectionResetError
    assert _scraped(desk) == []
