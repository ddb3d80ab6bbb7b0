"""What the processor's staff read of a holder's orders, and what is counted for those who watch."""

import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from tests.holder.crm import fill
from tests.holder.desk import STARTS_AT, Desk, check, erasure, returning

from contracts.erasure import ErasureChecked, ErasureConfirmed, ErasureFailed
from contracts.returning import ReturnConfirmed

pytestmark = pytest.mark.servers


async def test_orders_say_how_far_they_are(desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Counts while it is open, what came of it when it is answered, and why it can't be done."""
    await fill(platform, acme=35, borealis=4)
    await desk.carry_out(erasure("order-1", "call_fax_logs", "acme", "borealis"), ErasureConfirmed)
    await desk.carry_out(check("order-1", "call_fax_logs", "acme"), ErasureChecked)
    await desk.carry_out(erasure("order-2", "faxes", "acme"), ErasureFailed)
    await desk.hear(returning("order-3", "borealis", "call_fax_logs"))
    listed = (await desk.get("operator", "/orders")).json()["items"]
    by_id = {(each["kind"], each["order_id"]): each for each in listed}
    done = by_id["erasure", "order-1"]
    assert (done["status"], done["counted"], done["clients"], done["client_id"]) == ("done", 39, 2, None)
    assert (done["category"], done["reason"], done["halted"]) == ("call_fax_logs", None, 0)
    assert done["clause"]
    assert (by_id["check", "order-1"]["remaining"], by_id["check", "order-1"]["client_id"]) == (0, "acme")
    failed = by_id["erasure", "order-2"]
    assert (failed["status"], failed["reason"]) == ("failed", "the data map of platform names no category faxes")
    waiting = by_id["return", "order-3"]
    assert (waiting["status"], waiting["client_id"], waiting["started_at"]) == ("open", "borealis", None)
    assert (await desk.get("operator", "/orders/erasure/order-1")).json() == done
    assert (await desk.get("operator", "/orders/return/order-1")).status_code == 404


async def test_orders_are_found_and_turned_over(desk: Desk) -> None:
    """By kind, status and client, wherever in an order the client stands; page by page, the newest first."""
    for nth in range(5):
        desk.clock.jump_to(STARTS_AT.replace(minute=nth))
        await desk.hear(erasure(f"order-{nth}", "call_fax_logs", "acme", f"client-{nth}"))
    await desk.hear(returning("order-1", "client-1", "call_fax_logs"))

    async def ids(query: str) -> list[str]:
        return [each["order_id"] for each in (await desk.get("operator", f"/orders?{query}")).json()["items"]]

    assert await ids("kind=return") == ["order-1"]
    assert await ids("client_id=client-1") == ["order-1", "order-1"]
    assert await ids("status=done") == []
    page = (await desk.get("operator", "/orders?kind=erasure&limit=2")).json()
    seen = [each["order_id"] for each in page["items"]]
    while page["next"]:
        page = (await desk.get("operator", f"/orders?kind=erasure&limit=2&cursor={page['next']}")).json()
        seen += [each["order_id"] for each in page["items"]]
    assert seen == ["order-4", "order-3", "order-2", "order-1", "order-0"]
    assert (await desk.get("operator", "/orders?cursor=bm9uc2Vuc2U")).status_code == 400


async def test_a_client_reads_no_orders(desk: Desk) -> None:
    """§12: an order may name others."""
    await desk.hear(erasure("order-1", "call_fax_logs", "acme"))
    for path in ("/orders", "/orders/erasure/order-1"):
        assert (await desk.get("acme", path)).status_code == 403
        assert (await desk.get("acme/manager", path)).status_code == 403


async def test_what_waits_and_what_came_of_it_is_counted(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Open orders and their age, answers by result, erased records by method, packages that lie ready."""
    await fill(platform, acme=35, borealis=4)
    await desk.carry_out(erasure("order-1", "call_fax_logs", "acme"), ErasureConfirmed)
    await desk.carry_out(erasure("order-2", "faxes", "acme"), ErasureFailed)
    await desk.carry_out(returning("order-3", "borealis", "call_fax_logs"), ReturnConfirmed)
    registry: CollectorRegistry = desk.runtime.metrics.registry
    assert _value(registry, "answers_total", kind="erasure", result="done") == 1
    assert _value(registry, "answers_total", kind="erasure", result="failed") == 1
    assert _value(registry, "erased_total", method="clear") == 35
    await desk.hear(erasure("order-1", "call_fax_logs", "acme", reminder=1))
    assert _value(registry, "erased_total", method="clear") == 35, "a reminder is answered again, and not done again"
    await desk.hear(erasure("order-4", "call_fax_logs", "acme"))
    desk.clock.jump_to(STARTS_AT.replace(minute=1))
    await desk.app.metrics(desk.runtime).look()
    assert _value(registry, "orders_open", kind="erasure") == 1
    assert _value(registry, "packages") == 1
    assert (_value(registry, "order_oldest_age_seconds") or 0) > 0


def _value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"dutiful_holder_{name}", {"service": "holder", **labels})
