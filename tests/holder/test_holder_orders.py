"""The holder from an order to its answer, on a platform's own database, an S3 API and a vault."""

import asyncpg
import pytest
from pydantic_core import from_json
from tests.chassis.eventually import eventually
from tests.holder import s3
from tests.holder.crm import fill
from tests.holder.desk import STARTS_AT, Desk, check, erasure

from contracts.cease import CeaseConfirmed, CeaseLifted, CeaseOrdered
from contracts.erasure import ErasureChecked, ErasureConfirmed, ErasureFailed, ErasureHalted
from contracts.holder import HolderDeclared, HolderReported
from contracts.ordering import Scope
from holder.data_map import Bucket

pytestmark = pytest.mark.servers


async def test_an_order_is_carried_out_and_answered(desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Count, method, times and what stays out of reach; the second look finds nothing."""
    await fill(platform, acme=35, borealis=4)
    answer = await desk.carry_out(erasure("order-1", "call_fax_logs", "acme"), ErasureConfirmed)
    assert answer == {
        "order_id": "order-1",
        "holder_id": "platform",
        "started_at": answer["started_at"],
        "finished_at": answer["finished_at"],
        "count": 35,
        "method": "clear",
        "confirmed_by": "Dutiful's holder",
        "evidence": "crm:crm.call: 35 by clear",
        "unreached": ["nightly backups, until 2026-12-29"],
        "halted": False,
    }
    assert await platform.fetchval("SELECT count(*) FROM crm.call") == 4
    looked = await desk.carry_out(check("order-1", "call_fax_logs", "acme"), ErasureChecked)
    assert looked["remaining"] == 0


async def test_an_order_of_many_clients_has_a_cut_off_for_each(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Rolling retention: what is older goes, client by client, and one number says how much."""
    await fill(platform, acme=48, borealis=48, cedar=48)
    at = await platform.fetchval("SELECT '2026-01-02Z'::timestamptz")
    scopes = (Scope(client_id="acme", cutoff_at=at), Scope(client_id="borealis"), Scope(client_id="nobody"))
    answer = await desk.carry_out(erasure("order-1", "call_fax_logs", *scopes), ErasureConfirmed)
    assert answer["count"] == 23 + 48
    rows = await platform.fetch("SELECT client_id, count(*) FROM crm.call GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("acme", 25), ("cedar", 48)]


async def test_objects_are_purged(desk: Desk, bucket: Bucket) -> None:
    """In all versions, by the method that the map names."""
    await s3.put(bucket, recordings__acme__a="1", recordings__borealis__a="1")
    await s3.put(bucket, recordings__acme__a="2")
    answer = await desk.carry_out(erasure("order-1", "call_recordings", "acme"), ErasureConfirmed)
    assert (answer["count"], answer["method"]) == (2, "purge")
    assert await s3.keys(bucket) == ["recordings/borealis/a"]


async def test_what_can_not_be_done_is_said_and_done_once_it_can(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """A category that the map doesn't name, and a table that is gone; a reminder tries again."""
    answer = await desk.carry_out(erasure("order-1", "faxes", "acme"), ErasureFailed)
    assert answer["reason"] == "the data map of platform names no category faxes"
    await fill(platform, acme=3)
    await platform.execute("ALTER TABLE crm.call RENAME TO away")
    answer = await desk.carry_out(erasure("order-2", "call_fax_logs", "acme"), ErasureFailed)
    assert answer["reason"] == "table crm.call is missing"
    await platform.execute("ALTER TABLE crm.away RENAME TO call")
    again = await desk.carry_out(erasure("order-2", "call_fax_logs", "acme", reminder=1), ErasureConfirmed)
    assert again["count"] == 3


async def test_what_went_before_an_order_failed_still_counts(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Another row refers to one in the middle: people mend it, and the answer says everything that was deleted."""
    await fill(platform, acme=35)
    await platform.execute("CREATE TABLE crm.note (call_id bigint REFERENCES crm.call)")
    await platform.execute("INSERT INTO crm.note VALUES (25)")
    answer = await desk.carry_out(erasure("order-1", "call_fax_logs", "acme"), ErasureFailed)
    assert "foreign key" in str(answer["reason"])
    left = await platform.fetchval("SELECT count(*) FROM crm.call")
    assert left == 15
    await platform.execute("DROP TABLE crm.note")
    again = await desk.carry_out(erasure("order-1", "call_fax_logs", "acme", reminder=1), ErasureConfirmed)
    assert again["count"] == 35


async def test_an_order_that_comes_again_harms_nothing(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """A reminder is answered as before; the order itself, said again, looks again and finds nothing."""
    await fill(platform, acme=12)
    order = erasure("order-1", "call_fax_logs", "acme")
    first = await desk.carry_out(order, ErasureConfirmed)
    reminded = await desk.carry_out(erasure("order-1", "call_fax_logs", "acme", reminder=1), ErasureConfirmed)
    assert reminded == first
    await fill(platform, acme=2)
    again = await desk.carry_out(order, ErasureConfirmed)
    assert again["count"] == 2


async def test_orders_to_others_are_none_of_its_business(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Only what carries its own id is taken on."""
    await fill(platform, acme=2)
    other = erasure("order-1", "call_fax_logs", "acme").model_copy(update={"holder_id": "elsewhere"})
    await desk.hear(other)
    assert await desk.runtime.pool.fetchval("SELECT count(*) FROM job") == 0


async def test_a_hold_that_is_placed_meanwhile_stops_the_deletion(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """What is left of the client stays, the other client's goes on, and the answer says so with what was deleted."""
    await fill(platform, acme=30, borealis=30)
    holding = platform.transaction()
    await holding.start()
    await platform.execute("SELECT FROM crm.call WHERE call_id = 25 FOR UPDATE")
    await desk.hear(erasure("order-1", "call_fax_logs", "acme", "borealis"))
    async with desk.working():

        async def is_held_up() -> bool:
            settled = "SELECT counted = 20 FROM part WHERE client_id = 'acme' AND intent_count IS NULL"
            return bool(await desk.runtime.pool.fetchval(settled))

        await eventually(is_held_up)
        halted = ErasureHalted(order_id="order-1", holder_id="platform", client_ids=("acme",), reason="a dispute")
        await desk.hear(halted)
        await eventually(is_held_up)  # a batch that was under way is given up; no other begins
        await holding.rollback()
        answer = await desk.until(ErasureConfirmed)
    assert (answer["halted"], answer["count"]) == (True, 50)
    rows = await platform.fetch("SELECT client_id, count(*) FROM crm.call GROUP BY 1")
    assert [tuple(row) for row in rows] == [("acme", 10)]


async def test_processing_after_the_end_is_reported(desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A cease is confirmed at once; what comes to be after it is said, once for each growth, until it is lifted."""
    await fill(platform, acme=5)
    order = CeaseOrdered(
        client_id="acme",
        holder_id="platform",
        order_id="order-1",
        categories=("call_fax_logs",),
        ceased_from=STARTS_AT,
        due_at=STARTS_AT,
        clause="8.3",
    )
    await desk.hear(order)
    assert [each["order_id"] for each in await desk.said(CeaseConfirmed)] == ["order-1"]
    later = "INSERT INTO crm.call (call_id, client_id, started_at) VALUES ($1, 'acme', '2026-11-25Z')"
    await platform.execute(later, 1000)
    async with desk.working():
        reported = await desk.until(HolderReported)
        assert (reported["finding"], reported["category"], reported["count"]) == ("processed", "call_fax_logs", 1)
        await platform.execute(later, 1001)
        desk.clock.jump_to(STARTS_AT + desk.app.settings.watch_within * 2)
        assert (await desk.until(HolderReported, 2))["count"] == 2
    await desk.hear(CeaseLifted(client_id="acme", holder_id="platform", order_id="order-1", reason="reinstated"))
    assert await desk.runtime.pool.fetchval("SELECT count(*) FROM ceased") == 0


async def test_it_says_who_it_is_once_for_each_change_of_its_map(desk: Desk) -> None:
    """However often it starts with the same map; a map that comes back is said again, under an id of its own."""
    before = desk.app.reach.data_map
    for name in ("Platform", "Platform", "Another", "Platform"):
        desk.app.reach.data_map = before.model_copy(update={"name": name})
        async with desk.runtime.processor.transaction() as tx:
            await desk.app.begin(tx)
    said = await desk.said(HolderDeclared)
    assert [each["name"] for each in said] == ["Platform", "Another", "Platform"]
    assert said[0]["categories"] == ["call_fax_logs", "call_recordings", "transcriptions"]
    ids = await desk.runtime.pool.fetch("SELECT headers FROM outbox")
    assert len({from_json(row["headers"])["ce_id"] for row in ids}) == 3
