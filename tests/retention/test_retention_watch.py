"""What a scrape tells of orders, holds and flags."""

from math import inf

import pytest
from tests.retention.desk import TODAY, Desk

from agreement.calendar import DAY, shift
from contracts.cease import CeaseOrdered
from contracts.choice import Choice
from contracts.erasure import ErasureFailed, ErasureOrdered
from contracts.hold import HoldKind, HoldLifted, HoldPlaced
from contracts.holder import Finding, HolderReported
from retention import due
from retention.watch import Watch

pytestmark = pytest.mark.servers


def _scraped(desk: Desk, *names: str) -> dict[str, float]:
    lines = bytes(desk.runtime.metrics.response().body).decode().splitlines()
    said = [line.replace(',service="retention"', "").replace('{service="retention"}', "") for line in lines]
    found = dict(line.rsplit(" ", 1) for line in said if line.startswith(tuple(f"dutiful_{name}" for name in names)))
    return {name: float(value) for name, value in found.items() if "_created" not in name and float(value)}


async def test_who_has_not_answered_is_seen(desk: Desk) -> None:
    """Orders by their kind while they are open; overdue once their day is over; escalated when reminders don't help."""
    watch = Watch(desk.book, desk.runtime)
    await desk.sign("acme")
    await desk.declare("platform-db", "call_recordings")
    await desk.terminate("acme")
    await watch.look()
    assert _scraped(desk, "orders") == {'dutiful_orders_open{kind="cease"}': 1}
    [order] = desk.of(CeaseOrdered)
    desk.clock.jump_to(order.due_at)
    await watch.look()
    assert _scraped(desk, "orders") == {
        'dutiful_orders_open{kind="cease"}': 1,
        'dutiful_orders_overdue{kind="cease"}': 1,
    }
    await desk.pass_days(60)
    assert _scraped(desk, "orders_escalated")['dutiful_orders_escalated_total{kind="cease"}'] >= 1
    await desk.cease(order)
    await watch.look()
    assert 'dutiful_orders_open{kind="cease"}' not in _scraped(desk, "orders")


async def test_how_much_time_is_left_for_an_answer(desk: Desk) -> None:
    """§8.3: to the soonest open order of each kind; infinity where none is open; one that is over hides no other."""
    deadlines = due.deadlines(desk.runtime)
    await desk.sign("acme")
    await desk.declare("platform-db", "call_recordings")
    await desk.terminate("acme")
    [order] = desk.of(CeaseOrdered)
    await deadlines.look()
    left = _scraped(desk, "deadline_seconds_left")
    assert left['dutiful_deadline_seconds_left{kind="erasure"}'] == inf
    assert 0 < left['dutiful_deadline_seconds_left{kind="cease"}'] < inf
    desk.clock.jump_to(order.due_at + DAY)
    await deadlines.look()
    assert _scraped(desk, "deadline_seconds_left")['dutiful_deadline_seconds_left{kind="cease"}'] < 0
    await desk.sign("borealis")
    await desk.terminate("borealis")
    await deadlines.look()
    assert _scraped(desk, "deadline_seconds_left")['dutiful_deadline_seconds_left{kind="cease"}'] < 0
    to_come = _scraped(desk, "deadline_to_come")['dutiful_deadline_to_come_seconds_left{kind="cease"}']
    assert 0 < to_come < inf


async def test_what_people_must_act_upon_is_counted_from_nought(desk: Desk) -> None:
    """Prometheus sees no rise from a series that wasn't there, so an alert would miss the first."""
    Watch(desk.book, desk.runtime)
    scraped = bytes(desk.runtime.metrics.response().body).decode()
    assert 'dutiful_orders_failed_total{kind="erasure",service="retention"} 0.0' in scraped
    assert 'dutiful_orders_escalated_total{kind="cease",service="retention"} 0.0' in scraped
    assert 'dutiful_flags_total{service="retention"} 0.0' in scraped


async def test_what_can_not_be_done_is_seen(desk: Desk) -> None:
    """A holder that can't delete says so; its order stays open."""
    watch = Watch(desk.book, desk.runtime)
    await desk.sign("acme")
    await desk.declare("platform-db", "call_recordings")
    await desk.terminate("acme")
    await desk.choose("acme", Choice.DELETION)
    [order] = desk.of(ErasureOrdered, purpose="termination")
    await desk.hear(
        ErasureFailed(
            order_id=order.order_id, holder_id=order.holder_id, failed_at=desk.clock.now(), reason="read-only"
        )
    )
    await watch.look()
    assert _scraped(desk, "orders_failed", "orders_open") == {
        'dutiful_orders_failed_total{kind="erasure"}': 1,
        'dutiful_orders_open{kind="cease"}': 1,
        'dutiful_orders_open{kind="erasure"}': 1,
    }


async def test_holds_and_flags_are_seen(desk: Desk) -> None:
    """Holds while they stand, be they lifted or at their end; flags as they are raised."""
    watch = Watch(desk.book, desk.runtime)
    await desk.sign("acme")
    for hold_id, until in (("suit", None), ("inquiry", shift(TODAY, 3 * DAY))):
        await desk.hear(
            HoldPlaced(
                hold_id=hold_id,
                client_id="acme",
                kind=HoldKind.DISPUTE,
                legal_basis="Art. 17(3)(e)",
                reason="a suit",
                placed_by="counsel",
                until=until,
            )
        )
    await watch.look()
    assert _scraped(desk, "holds", "flags") == {"dutiful_holds": 2}
    await desk.pass_days(3)
    await watch.look()
    assert _scraped(desk, "holds") == {"dutiful_holds": 1}
    await desk.hear(HoldLifted(hold_id="suit", client_id="acme", reason="settled", lifted_by="counsel"))
    await watch.look()
    assert _scraped(desk, "holds") == {}
    await desk.hear(
        HolderReported(
            holder_id="platform-db",
            client_id="acme",
            finding=Finding.STORED,
            category="transactional_emails",
            seen_at=desk.clock.now(),
        )
    )
    assert _scraped(desk, "flags") == {"dutiful_flags_total": 1}
