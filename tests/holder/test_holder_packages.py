"""Return packages: made, fetched through their link, acknowledged, and gone."""

import asyncio
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pyrage
import pysequoia
import pytest
from tests.chassis.eventually import eventually
from tests.holder import s3
from tests.holder.crm import fill
from tests.holder.desk import STARTS_AT, Desk, Json, check, returning

from contracts.choice import Encryption, Recipient
from contracts.erasure import ErasureChecked
from contracts.retention import RetentionFetchingMoved
from contracts.returning import ReturnAcknowledged, ReturnConfirmed, ReturnDownloaded, ReturnFailed
from holder.data_map import Bucket
from holder.shelves import BucketShelf

pytestmark = pytest.mark.servers
CATEGORIES = ("call_fax_logs", "call_recordings")


def _files(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]


def _check(files: Mapping[str, bytes], manifest: Json) -> None:
    """Every file that the manifest names is there as it says, and no other."""
    entries = manifest["files"]
    assert isinstance(entries, list)
    assert {entry["file"] for entry in entries} == files.keys() - {"manifest.json", "manifest.json.age"}
    for entry in entries:
        data = files[entry["file"]]
        assert (entry["bytes"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


async def _fetch(desk: Desk, url: object, **headers: str) -> httpx.Response:
    parts = urlsplit(str(url))
    return await desk.http.get(f"{parts.path}?{parts.query}", headers=headers)


async def test_a_package_holds_what_the_client_has_and_says_so(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", bucket: Bucket
) -> None:
    """Rows in files of a bounded size, objects as they are, a manifest with their sums; the whole has its sum too."""
    await fill(platform, acme=60, borealis=5)
    await s3.put(bucket, recordings__acme__a="sound", recordings__acme__b__c="more", recordings__borealis__a="x")
    confirmed = await desk.carry_out(returning("order-1", "acme", *CATEGORIES), ReturnConfirmed)
    answer = await _fetch(desk, confirmed["url"])
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == confirmed["package_sha256"]
    files = _files(answer.content)
    assert hashlib.sha256(files["manifest.json"]).hexdigest() == confirmed["manifest_sha256"]
    manifest = json.loads(files["manifest.json"])
    _check(files, manifest)
    tables = [files[name] for name in files if name.startswith("call_fax_logs/crm.call.")]
    assert len(tables) > 2
    rows = [json.loads(line) for data in tables for line in data.splitlines()]
    assert [row["call_id"] for row in rows] == list(range(1, 61))
    assert (files["call_recordings/1/a"], files["call_recordings/1/b/c"]) == (b"sound", b"more")
    assert confirmed["contents"] == manifest["categories"]
    assert [(each["category"], each["records"]) for each in manifest["categories"]] == [
        ("call_fax_logs", 60),
        ("call_recordings", 2),
    ]
    assert [each["bytes"] for each in await desk.said(ReturnDownloaded)] == [len(answer.content)]
    assert await platform.fetchval("SELECT count(*) FROM crm.call WHERE client_id = 'acme'") == 60


async def test_a_package_can_be_fetched_in_parts(desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Any part, in any order; it counts as downloaded once every byte went out."""
    await fill(platform, acme=30)
    confirmed = await desk.carry_out(returning("order-1", "acme", "call_fax_logs"), ReturnConfirmed)
    size = (await desk.runtime.pool.fetchval("SELECT bytes FROM package")) or 0
    cuts = [0, 100, 512, 513, 3000, size - 5, size]
    parts = {}
    for first, end in reversed(list(pairwise(cuts))):
        assert await desk.said(ReturnDownloaded) == []
        answer = await _fetch(desk, confirmed["url"], Range=f"bytes={first}-{end - 1}")
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
        assert int(answer.headers["content-length"]) == len(answer.content) == end - first
        parts[first] = answer.content
    assert len(await desk.said(ReturnDownloaded)) == 1
    whole = b"".join(parts[first] for first in sorted(parts))
    assert hashlib.sha256(whole).hexdigest() == confirmed["package_sha256"]
    assert (await _fetch(desk, confirmed["url"], Range="bytes=-5")).content == whole[-5:]
    assert (await _fetch(desk, confirmed["url"], Range=f"bytes={size}-")).status_code == 416
    assert (await _fetch(desk, confirmed["url"])).content == whole
    assert len(await desk.said(ReturnDownloaded)) == 1


async def _fetch_and_hang_up(desk: Desk, url: object, *, after: int) -> int:
    """Fetch through the link as a client that is gone once it has so many bytes; returns how many it was sent."""
    parts, gone, sent = urlsplit(str(url)), asyncio.Event(), 0
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(b"host", b"holder")],
    }

    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, object]:
        for message in asked:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))
        if sent >= after:
            gone.set()

    await desk.app.api(desk.runtime)(scope, receive, send)
    return sent


async def test_a_download_counts_though_its_client_hangs_up_with_the_last_byte(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """TER-5: many clients close the connection at once; one that is gone before the last byte has not fetched it."""
    await fill(platform, acme=200)
    confirmed = await desk.carry_out(returning("order-1", "acme", "call_fax_logs"), ReturnConfirmed)
    size = (await desk.runtime.pool.fetchval("SELECT bytes FROM package")) or 0
    assert await _fetch_and_hang_up(desk, confirmed["url"], after=100) < size
    assert await desk.said(ReturnDownloaded) == []
    assert await _fetch_and_hang_up(desk, confirmed["url"], after=size) == size
    assert (await desk.until(ReturnDownloaded))["bytes"] == size


async def test_a_link_that_was_changed_or_is_over_lets_nobody_in(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Neither another package, nor a made-up signature, nor one whose time to fetch is over."""
    await fill(platform, acme=1)
    confirmed = await desk.carry_out(returning("order-1", "acme", "call_fax_logs"), ReturnConfirmed)
    query = {name: values[0] for name, values in parse_qs(urlsplit(str(confirmed["url"])).query).items()}
    wrong = [
        ("order-2", query),
        ("order-1", query | {"signature": "0" * 64}),
        ("order-1", query | {"signature": "é"}),
    ]
    for order_id, params in wrong:
        assert (await desk.http.get(f"/packages/{order_id}.tar", params=params)).status_code == 403
    assert (await desk.http.get("/packages/order-1.tar")).status_code == 422
    desk.clock.jump_to(STARTS_AT + timedelta(days=30, seconds=1))
    assert (await _fetch(desk, confirmed["url"])).status_code == 410


async def test_a_link_ends_with_the_time_to_fetch_and_moves_with_it(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """One date for all packages: later than the order said where another is awaited, or earlier; the link stays."""
    await fill(platform, acme=1)
    confirmed = await desk.carry_out(returning("order-1", "acme", "call_fax_logs"), ReturnConfirmed)
    until = STARTS_AT + timedelta(days=40)
    moved = RetentionFetchingMoved(client_id="acme", order_ids=("order-1", "order-of-another"), available_until=until)
    await desk.hear(moved)
    desk.clock.jump_to(STARTS_AT + timedelta(days=39))
    assert (await _fetch(desk, confirmed["url"])).status_code == 200
    assert (await desk.get("acme", "/packages/order-1")).json()["url"] == confirmed["url"]
    await desk.hear(moved.model_copy(update={"available_until": desk.clock.now()}))
    assert (await _fetch(desk, confirmed["url"])).status_code == 410


async def test_the_client_acknowledges_and_the_package_goes(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    """With its own token, once; until the files are gone a second look counts them."""
    await fill(platform, acme=3)
    await desk.carry_out(returning("order-1", "acme", "call_fax_logs"), ReturnConfirmed)
    assert (await desk.get("acme", "/packages/order-1")).json()["url"].startswith("http://holder/packages/order-1.tar?")
    assert (await desk.get("borealis", "/packages/order-1")).status_code == 404
    assert (await desk.get("acme/user", "/packages/order-1")).status_code == 403
    assert (await desk.post("borealis", "/packages/order-1/acknowledgement")).status_code == 404
    await platform.execute("DELETE FROM crm.call")
    assert (await desk.carry_out(check("check-1", "call_fax_logs", "acme"), ErasureChecked))["remaining"] == 3
    assert (await desk.post("acme", "/packages/order-1/acknowledgement")).json()["acknowledged_at"]
    (acknowledged,) = await desk.said(ReturnAcknowledged)
    assert (acknowledged["acknowledged_by"], acknowledged["order_id"]) == ("acme@example", "order-1")
    assert list((tmp_path / "packages").rglob("*.*")) == []
    async with desk.working():

        async def gone() -> bool:
            return not (tmp_path / "packages" / "order-1").exists()

        await eventually(gone)
        await eventually(lambda: desk.runtime.pool.fetchval("SELECT removed_at FROM package"))
    assert (await desk.carry_out(check("check-2", "call_fax_logs", "acme"), ErasureChecked))["remaining"] == 0
    assert (await desk.get("acme", "/packages/order-1")).json()["url"] is None


async def test_a_package_is_encrypted_for_the_client_s_age_key(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", bucket: Bucket
) -> None:
    """Not even a name is readable without it."""
    await fill(platform, acme=20)
    await s3.put(bucket, recordings__acme__secret_name="sound")
    identity = pyrage.x25519.Identity.generate()
    recipient = Recipient(encryption=Encryption.AGE, public_key=str(identity.to_public()))
    order = returning("order-1", "acme", *CATEGORIES).model_copy(update={"recipient": recipient})
    confirmed = await desk.carry_out(order, ReturnConfirmed)
    assert confirmed["encryption"] == "age"
    archive = (await _fetch(desk, confirmed["url"])).content
    assert b"secret_name" not in archive
    assert b"client_id" not in archive
    files = _files(archive)
    manifest = json.loads(pyrage.decrypt(files["manifest.json.age"], [identity]))
    _check(files, manifest)
    plain = {entry["name"]: pyrage.decrypt(files[entry["file"]], [identity]) for entry in manifest["files"]}
    assert plain["call_recordings/1/secret_name"] == b"sound"
    for entry in manifest["files"]:
        assert hashlib.sha256(plain[entry["name"]]).hexdigest() == entry["plain_sha256"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_package_is_encrypted_for_the_client_s_pgp_key(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """And a key that is none is told, so that the client can give another."""
    await fill(platform, acme=3)
    secret = pysequoia.Tsk.generate("Privacy desk <privacy@acme.test>")
    recipient = Recipient(encryption=Encryption.PGP, public_key=str(secret.extract_certificate()))
    order = returning("order-1", "acme", "call_fax_logs").model_copy(update={"recipient": recipient})
    confirmed = await desk.carry_out(order, ReturnConfirmed)
    files = _files((await _fetch(desk, confirmed["url"])).content)
    decrypted = pysequoia.decrypt(files["manifest.json.pgp"], decryptor=secret.decryptor())
    manifest = json.loads(bytes(decrypted.bytes or b""))
    assert manifest["client_id"] == "acme"
    for encryption in Encryption:
        wrong = order.model_copy(
            update={"order_id": encryption.value, "recipient": Recipient(encryption=encryption, public_key="nothing")}
        )
        assert "key" in str((await desk.carry_out(wrong, ReturnFailed))["reason"]) or encryption is Encryption.PGP


async def test_packages_can_lie_in_a_bucket(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", bucket: Bucket
) -> None:
    """Whole, in parts, and gone in all versions."""
    desk.app.shelf = BucketShelf(bucket, s3.CREDENTIALS)
    await fill(platform, acme=30)
    confirmed = await desk.carry_out(returning("order-1", "acme", "call_fax_logs"), ReturnConfirmed)
    archive = (await _fetch(desk, confirmed["url"])).content
    assert hashlib.sha256(archive).hexdigest() == confirmed["package_sha256"]
    assert (await _fetch(desk, confirmed["url"], Range="bytes=700-900")).content == archive[700:901]
    await desk.hear(ReturnAcknowledged(client_id="acme", acknowledged_by="Ann", received_at=STARTS_AT))
    async with desk.working():
        await eventually(lambda: desk.runtime.pool.fetchval("SELECT removed_at FROM package"))
    assert await s3.keys(bucket) == []


async def test_a_package_of_nothing_is_a_package(desk: Desk) -> None:
    """A client without data gets a manifest that says so."""
    confirmed = await desk.carry_out(returning("order-1", "acme", "call_fax_logs"), ReturnConfirmed)
    assert confirmed["contents"] == [{"category": "call_fax_logs", "records": 0, "files": 0, "bytes": 0}]
    files = _files((await _fetch(desk, confirmed["url"])).content)
    assert json.loads(files["manifest.json"])["files"] == []
