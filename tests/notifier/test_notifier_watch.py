"""What a scrape tells of notices."""

from contextlib import suppress
from datetime import timedelta

import pytest
from tests.notifier.desk import Desk

from contracts.escalation import EscalationDue
from notifier.watch import Watch

pytestmark = pytest.mark.servers


def _scraped(desk: Desk) -> list[str]:
    lines = bytes(desk.runtime.metrics.response().body).decode().splitlines()
    return [line for line in lines if line.startswith("dutiful_notices_") and "_created" not in line]


async def test_who_has_no_receipt_is_seen(desk: Desk) -> None:
    """Escalations by the channel that is next, failures at the deadline, and how many wait; what is undone is not."""
    watch = Watch(desk.runtime)
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
    Watch(desk.runtime)
    await desk.sign("acme")
    await desk.order("acme")
    with suppress(ConnectionResetError):
        async with desk.runtime.processor.transaction() as tx:
            await desk.app.on_escalation_due(EscalationDue(order_id="order-1", final=False), tx)
            raise ConnectionResetError
    assert _scraped(desk) == []
