"""§9: a person asks, its client instructs, and the ready holder helps: from the request to the package."""

import asyncio
import io
import json
import tarfile
from datetime import timedelta
from functools import partial
from hashlib import sha256

import asyncpg
import pytest
from tests.flows.street import STARTS_AT, WITHIN_S, Json, Street

pytestmark = pytest.mark.servers
PHONE, DIGITS = "+33 6 12 34 56 78", "612345678"
HELD = ["client_contacts_manual", "call_fax_logs"]


async def test_a_person_s_data_are_handed_out_and_deleted_for_its_client_alone(inhabited: Street) -> None:
    """Two clients know the same person: one instructs; what the law keeps stays; the topics name nobody."""
    street = inhabited
    await _swept(street)  # or its orders would delete the old calls, sooner or later than the help does
    for client_id in ("acme", "borealis"):
        await street.sign(client_id)
    await street.until(lambda: street.of("holder.declared", holder_id="platform"))
    platform = await asyncpg.connect(street.house.sample_dsn)
    try:
        await _fill(platform)
        assistance_id = await _ask_for_help(street)
        await street.post("operator", "requests", f"/requests/dsar-1/assistance/{assistance_id}/start", {})
        await street.until(partial(street.of, "request.assistance_moved", assistance_id=assistance_id, standing="done"))
        await street.until(lambda: _told(street))
        rows = await platform.fetch(
            "SELECT client_id, phone, count(*) FROM platform.contact GROUP BY 1, 2 ORDER BY 1, 2"
        )
        assert [tuple(row) for row in rows] == [("acme", "other", 4), ("borealis", PHONE, 3)]
        calls = await platform.fetch("SELECT client_id, count(*) FROM platform.call GROUP BY 1 ORDER BY 1")
        assert [tuple(row) for row in calls] == [("acme", 2), ("borealis", 5)], "the law keeps the younger ones"
    finally:
        await platform.close()
    path = f"/clients/acme/requests/dsar-1/assistance/{assistance_id}/package"
    package = await street.get("acme/super_administrator", "requests", path)
    assert (package["standing"], package["complete"]) == ("done", False)
    assert "which the law keeps" in str(package["gaps"])
    tasks = package["tasks"]
    assert isinstance(tasks, list)
    counts = {(each["act"], one["category"]): one["count"] for each in tasks for one in each["touched"]}
    assert counts == {
        ("export", "client_contacts_manual"): 3,
        ("export", "call_fax_logs"): 5,
        ("erase", "client_contacts_manual"): 3,
        ("erase", "call_fax_logs"): 3,
    }
    names = await _fetch(street, tasks[0]["package"]["url"])
    assert names == ["Ada"] * 3
    assert await _gather(street, path) == [f"platform/{tasks[0]['order_id']}.tar"]
    await street.until(partial(street.of, "task.downloaded", client_id="acme"))
    assert not [each for each in street.said if DIGITS in str(each.data).replace(" ", "")]


async def _swept(street: Street) -> None:
    """Wait until the orders of the first day, of which nobody outside hears while there is no client, are given."""
    assert street.house.postgres
    retention = await asyncpg.connect(
        street.house.postgres.dsn(user="retention"), server_settings={"search_path": "retention"}
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            while await retention.fetchval("SELECT begun_on FROM sweep") != STARTS_AT.date() + timedelta(days=1):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.05)
    finally:
        await retention.close()


def _told(street: Street) -> list[Json]:
    return [each for each in street.of("notice.received", kind="assistance_done") if each["client_id"] == "acme"]


async def _fill(platform: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Contacts and calls of the same person, and of another."""
    for client_id, phone, rows in (("acme", PHONE, 3), ("acme", "other", 4), ("borealis", PHONE, 3)):
        await platform.execute(
            """
            INSERT INTO platform.contact (client_id, origin, created_at, name, phone, detail)
            SELECT $1, 'manual', '2026-01-01Z', 'Ada', $2, 'contact' FROM generate_series(1, $3::int)
            """,
            client_id,
            phone,
            rows,
        )
    await platform.execute(
        """
        INSERT INTO platform.call (client_id, created_at, phone, detail)
        SELECT client_id, created_at, '+33612345678', 'call'
          FROM unnest(ARRAY ['acme', 'borealis']) AS client_id,
               unnest(ARRAY ['2025-01-01Z', '2025-02-01Z', '2025-03-01Z', '2026-04-01Z', '2026-04-02Z']::timestamptz[])
               AS created_at
        """
    )


async def _ask_for_help(street: Street) -> str:
    """The person asks, its client instructs and asks for help; the help's id."""
    request = {
        "request_id": "dsar-1",
        "right": "erasure",
        "received_at": street.clock.now().isoformat(),
        "text": "Show me what you have of me, and delete it.",
        "client_id": "acme",
        "identifiers": [{"kind": "phone", "value": PHONE}],
    }
    await street.publish("dsar.received", "dsar-1", request)
    await street.until(lambda: street.of("request.matched", request_id="dsar-1"))
    instruction = {"text": "Do as she asks.", "purpose": "dsar", "data_categories": HELD, "request_id": "dsar-1"}
    given = await street.post("acme/super_administrator", "requests", "/clients/acme/instructions", instruction)
    wanted = {"instruction_id": given["instruction_id"], "acts": ["export", "erase"]}
    path = "/clients/acme/requests/dsar-1/assistance"
    asked = await street.post("acme/super_administrator", "requests", path, wanted)
    helps: list[Json] = asked["assistance"]  # type: ignore[assignment]
    return str(helps[0]["assistance_id"])


async def _gather(street: Street, path: str) -> list[str]:
    """The files of the one package, each as its manifest says."""
    url = f"{street.house.url('requests')}{path}.tar"
    async with street.http.get(url, headers=street.authorized("acme/super_administrator")) as answer:
        assert answer.status == 200, await answer.text()
        archive = await answer.read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        files = {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]
    manifest = json.loads(files.pop("manifest.json"))
    assert [(each["file"], each["sha256"]) for each in manifest["files"]] == [
        (name, sha256(content).hexdigest()) for name, content in files.items()
    ]
    return list(files)


async def _fetch(street: Street, url: str) -> list[str]:
    """The names in what was exported, through the link that the client's own token gets."""
    path = url.removeprefix(street.house.url("holder"))
    page = await street.get("acme/super_administrator", "holder", path)
    async with street.http.get(str(page["url"])) as answer:
        archive = await answer.read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        files = {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]
    (contacts,) = [text for name, text in files.items() if name.startswith("client_contacts_manual/")]
    return [json.loads(line)["name"] for line in contacts.splitlines()]
