"""Data of categories that are never stored: whoever has some is reported, whatever kind of system it lies in."""

import secrets
from pathlib import Path

import asyncpg
import pytest
from tests.holder import s3
from tests.holder.conftest import OpenDesk
from tests.holder.crm import fill
from tests.holder.desk import STARTS_AT, Desk

from contracts.holder import HolderReported
from holder.data_map import Bucket
from holder.pace import Pace
from shredding import MasterKey, PostgresKeys, Shredder

pytestmark = pytest.mark.servers


@pytest.fixture
def never_map(data_map: Path) -> Path:
    """A data map none of whose categories is to be stored."""
    categories = ["call_fax_logs", "call_recordings", "transcriptions"]
    data_map.write_text(f"never_stored = {categories}\n{data_map.read_text()}")
    return data_map


@pytest.fixture
async def never_desk(open_desk: OpenDesk, never_map: Path) -> Desk:
    """A holder of that map."""
    return await open_desk(Pace())


async def test_what_lies_in_a_table_a_bucket_or_under_a_key_is_found(
    never_desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", bucket: Bucket
) -> None:
    """RET-1: by client and category, in every version of an object; what isn't there is not reported."""
    await fill(platform, acme=3, borealis=1)
    await s3.put(bucket, recordings__acme__a="1", recordings__acme__b="1", elsewhere__delta="1")
    await s3.put(bucket, recordings__acme__a="2", recordings__cedar__a="1")
    shredder = Shredder(PostgresKeys(platform), MasterKey(secrets.token_bytes(32)))
    await shredder.encrypt("acme", "transcriptions", b"text")
    async with never_desk.working():
        await never_desk.until(HolderReported, 5)
    reports = await never_desk.said(HolderReported)
    assert {(each["category"], each["client_id"], each["count"]) for each in reports} == {
        ("call_fax_logs", "acme", 3),
        ("call_fax_logs", "borealis", 1),
        ("call_recordings", "acme", 3),
        ("call_recordings", "cedar", 1),
        ("transcriptions", "acme", 1),
    }
    assert {each["finding"] for each in reports} == {"stored"}
    assert {each["detail"] for each in reports} == {
        "3 rows in crm:crm.call",
        "1 row in crm:crm.call",
        "3 object versions in media:recordings/{client}/",
        "1 object version in media:recordings/{client}/",
        "1 key in main:key",
    }


async def test_it_is_said_once_for_each_growth_and_anew_when_it_comes_back(
    never_desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Three, one more, one less, none, and three again: less is no news. Each look is a jump of the clock."""
    await fill(platform, acme=3)
    steps = (
        ("SELECT", 3),
        ("INSERT INTO crm.call (call_id, client_id) VALUES (900, 'acme')", 4),
        ("DELETE FROM crm.call WHERE call_id = 900", 3),
        ("DELETE FROM crm.call", 0),
        ("INSERT INTO crm.call (call_id, client_id) SELECT n, 'acme' FROM generate_series(1, 3) AS n", 3),
    )
    looks = 0
    async with never_desk.working():
        for statement, there in steps:
            await platform.execute(statement)
            looks += 1
            never_desk.clock.jump_to(STARTS_AT + never_desk.app.settings.watch_within * 2 * looks)
            await never_desk.until_stored(there)
    assert [each["count"] for each in await never_desk.said(HolderReported)] == [3, 4, 3]


async def test_a_name_that_is_no_clients_stops_nothing(
    never_desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """A column may hold anything: what can't be a client is left to the log, and the others are reported."""
    await platform.execute("INSERT INTO crm.call (call_id, client_id) VALUES (1, ''), (2, E'no\\nid'), (3, 'acme')")
    async with never_desk.working():
        assert (await never_desk.until(HolderReported))["client_id"] == "acme"
    assert len(await never_desk.said(HolderReported)) == 1
