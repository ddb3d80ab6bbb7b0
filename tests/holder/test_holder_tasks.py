"""Tasks about one person, from the order to the answer, on a platform's database, an S3 API and what requests tells."""

import io
import json
import logging
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pyrage
import pytest
from tests.chassis.eventually import eventually
from tests.holder import s3
from tests.holder.crm import PERSONS, meet
from tests.holder.desk import Desk, Json, erasure, task
from tests.holder.people import People

from contracts.choice import Encryption, Recipient
from contracts.dsar import Act
from contracts.task import (
    TaskAcknowledged,
    TaskConfirmed,
    TaskDownloaded,
    TaskFailed,
    TaskHalted,
    TaskScope,
)
from holder.data_map import Bucket

pytestmark = pytest.mark.servers
CONTACTS = "client_contacts"
PHONE, SECRET = "+33612345678", "33612345678"


@pytest.fixture
def data_map(data_map: Path) -> Path:
    """The data map, with what tells persons apart."""
    data_map.write_text(data_map.read_text() + PERSONS)
    return data_map


async def _tar(desk: Desk, package: Json, who: str = "acme") -> dict[str, bytes]:
    """The files of a package, as the client's own token opens it."""
    page = await desk.get(who, urlsplit(str(package["url"])).path)
    assert page.status_code == 200, page.text
    parts = urlsplit(str(page.json()["url"]))
    answer = await desk.http.get(f"{parts.path}?{parts.query}")
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]


async def test_finding_counts_and_changes_nothing(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", bucket: Bucket, people: People
) -> None:
    """A dry run of all the others: how much of each category, and where nobody can be told apart."""
    await meet(platform, "acme", 3, phone=PHONE)
    await meet(platform, "borealis", 2, phone=PHONE)
    await s3.put(bucket, **{f"voicemail__acme__{PHONE}__a": "x"})
    people.know("task-1", "acme", phone=PHONE)
    order = task("task-1", Act.FIND, "acme", CONTACTS, "voicemail", "call_fax_logs", "transcriptions")
    answer = await desk.carry_out(order, TaskConfirmed)
    assert answer == {
        "order_id": "task-1",
        "holder_id": "platform",
        "client_id": "acme",
        "act": "find",
        "started_at": answer["started_at"],
        "finished_at": answer["finished_at"],
        "touched": [
            {"category": CONTACTS, "count": 3},
            {"category": "voicemail", "count": 1},
            {"category": "call_fax_logs", "count": 0},
            {"category": "transcriptions", "count": 0},
        ],
        "unreached": [
            "call_fax_logs in crm:crm.call: nothing there tells one person's data from others'",
            "transcriptions in main:key: nothing there tells one person's data from others'",
        ],
        "halted": False,
        "confirmed_by": "Dutiful's holder",
    }
    assert people.asked == [("platform", "task-1")]
    assert await platform.fetchval("SELECT count(*) FROM crm.contact") == 5


async def test_an_export_is_a_package_that_the_clients_own_token_opens(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", bucket: Bucket, people: People
) -> None:
    """With a manifest, as a return; the bus has no link that lets in, and another client finds nothing there."""
    await meet(platform, "acme", 70, phone=PHONE, name="Ada")
    await meet(platform, "acme", 3, phone="1", name="Bob")
    await meet(platform, "borealis", 3, phone=PHONE, name="Ada")
    await s3.put(bucket, **{f"voicemail__acme__{PHONE}__a": "hello", f"voicemail__borealis__{PHONE}__a": "no"})
    people.know("task-1", "acme", phone=PHONE)
    answer = await desk.carry_out(task("task-1", Act.EXPORT, "acme", CONTACTS, "voicemail"), TaskConfirmed)
    assert answer["touched"] == [{"category": CONTACTS, "count": 70}, {"category": "voicemail", "count": 1}]
    package = answer["package"]
    assert isinstance(package, dict)
    assert "signature" not in str(package["url"])
    files = await _tar(desk, package)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["client_id"], manifest["instruction_id"], manifest["clause"]) == ("acme", "instruction-1", "9")
    assert {each["file"] for each in manifest["files"]} == files.keys() - {"manifest.json"}
    tables = [name for name in files if name.startswith("client_contacts/crm.contact.")]
    assert len(tables) > 1
    rows = [json.loads(line) for name in tables for line in files[name].splitlines()]
    assert rows == [{"phone": PHONE, "email": None, "name": "Ada"}] * 70
    assert [text for name, text in files.items() if name.startswith("voicemail/")] == [b"hello"]
    assert (await desk.get("borealis", urlsplit(str(package["url"])).path)).status_code == 404
    assert (await desk.said(TaskDownloaded))[0]["order_id"] == "task-1"
    acknowledged = await desk.post("acme", "/packages/task-1/acknowledgement")
    assert acknowledged.status_code == 200
    assert (await desk.said(TaskAcknowledged))[0]["holder_id"] == "platform"
    async with desk.working():
        await eventually(lambda: _removed(desk, "task-1"))
    names = await desk.runtime.pool.fetch("SELECT DISTINCT name, file, resume FROM package_file")
    assert [tuple(row) for row in names] == [("", "", None)], "what is gone leaves no name behind"


async def _removed(desk: Desk, order_id: str) -> bool:
    query = "SELECT removed_at IS NOT NULL FROM package WHERE order_id = $1"
    return bool(await desk.runtime.pool.fetchval(query, order_id))


async def test_an_export_is_for_the_client_s_own_key(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """With one, nothing of the person lies readable on the shelf, and no name of a file tells anything."""
    identity = pyrage.x25519.Identity.generate()
    await meet(platform, "acme", 3, phone=PHONE, name="Ada")
    people.know("task-1", "acme", phone=PHONE)
    recipient = Recipient(encryption=Encryption.AGE, public_key=str(identity.to_public()))
    order = task("task-1", Act.EXPORT, "acme", CONTACTS).model_copy(update={"recipient": recipient})
    answer = await desk.carry_out(order, TaskConfirmed)
    package = answer["package"]
    assert isinstance(package, dict)
    assert package["encryption"] == "age"
    files = await _tar(desk, package)
    assert set(files) == {"manifest.json.age", "000001.age"}
    assert b"Ada" not in b"".join(files.values())
    rows = pyrage.decrypt(files["000001.age"], [identity]).splitlines()
    assert {json.loads(row)["name"] for row in rows} == {"Ada"}


@pytest.mark.parametrize(
    ("act", "left", "marked", "named"),
    [
        (Act.RECTIFY, 35, 0, "Ada Lovelace"),
        (Act.RESTRICT, 35, 30, "Ada"),
        (Act.ERASE, 5, 0, None),
    ],
)
async def test_what_is_asked_is_done_for_this_person_of_this_client(
    desk: Desk,
    platform: "asyncpg.Connection[asyncpg.Record]",
    people: People,
    act: Act,
    left: int,
    marked: int,
    named: str | None,
) -> None:
    """Two clients know the same person: the other's data are as they were."""
    await meet(platform, "acme", 30, email="ADA@x.eu", name="Ada")
    await meet(platform, "acme", 5, email="bob@x.eu", name="Bob")
    await meet(platform, "borealis", 30, email="ada@x.eu", name="Ada")
    people.know("task-1", "acme", {"name": "Ada Lovelace"} if act is Act.RECTIFY else None, email="ada@x.eu")
    answer = await desk.carry_out(task("task-1", act, "acme", CONTACTS), TaskConfirmed)
    assert answer["touched"] == [{"category": CONTACTS, "count": 30}]
    rows = await platform.fetch("SELECT * FROM crm.contact WHERE client_id = 'acme'")
    assert (len(rows), sum(row["restricted_at"] is not None for row in rows)) == (left, marked)
    assert {row["name"] for row in rows if row["email"] == "ADA@x.eu"} == ({named} if named else set())
    other = await platform.fetch(
        "SELECT name, restricted_at, count(*) FROM crm.contact WHERE client_id <> 'acme' GROUP BY 1, 2"
    )
    assert [tuple(row) for row in other] == [("Ada", None, 30)]
    if act is Act.ERASE:
        assert (answer["method"], answer["unreached"]) == ("clear", ["nightly backups, until 2026-12-29"])


async def test_a_restriction_is_released(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """What was marked for the person is marked no more."""
    await meet(platform, "acme", 3, phone=PHONE)
    for order_id, act in (("task-1", Act.RESTRICT), ("task-2", Act.RELEASE)):
        people.know(order_id, "acme", phone=PHONE)
        answer = await desk.carry_out(task(order_id, act, "acme", CONTACTS), TaskConfirmed)
        assert answer["touched"] == [{"category": CONTACTS, "count": 3}]
    assert await platform.fetchval("SELECT count(restricted_at) FROM crm.contact") == 0


async def test_what_the_law_keeps_stays(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """A category's cut-off counts for one person as for all."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "acme", phone=PHONE)
    kept = TaskScope(category=CONTACTS, cutoff_at=datetime(2025, 6, 1, tzinfo=UTC))
    answer = await desk.carry_out(task("task-1", Act.ERASE, "acme", kept), TaskConfirmed)
    assert answer["touched"] == [{"category": CONTACTS, "count": 0}]
    assert await platform.fetchval("SELECT count(*) FROM crm.contact") == 3


async def test_a_reminder_is_answered_as_before_without_asking_again(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """Who it was about may be erased by then."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "acme", phone=PHONE)
    answer = await desk.carry_out(task("task-1", Act.ERASE, "acme", CONTACTS), TaskConfirmed)
    del people.subjects["task-1"]
    await desk.hear(task("task-1", Act.ERASE, "acme", CONTACTS, reminder=1))
    assert (await desk.said(TaskConfirmed))[1] == answer
    assert len(people.asked) == 1


async def test_a_task_that_is_over_does_nothing_more(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """Halted before it began: nobody is asked who it was, nothing is touched, and the holder says so."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "acme", phone=PHONE)
    await desk.hear(task("task-1", Act.ERASE, "acme", CONTACTS))
    halted = TaskHalted(order_id="task-1", holder_id="platform", client_id="acme", reason="withdrawn")
    answer = await desk.carry_out(halted, TaskConfirmed)
    assert (answer["halted"], answer["touched"]) == (True, [{"category": CONTACTS, "count": 0}])
    assert (await platform.fetchval("SELECT count(*) FROM crm.contact"), people.asked) == (3, [])


async def test_an_export_that_is_halted_is_gone(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """What was made for a client that wants it no more is not kept."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "acme", phone=PHONE)
    await desk.carry_out(task("task-1", Act.EXPORT, "acme", CONTACTS), TaskConfirmed)
    await desk.hear(TaskHalted(order_id="task-1", holder_id="platform", client_id="acme", reason="withdrawn"))
    async with desk.working():
        await eventually(lambda: _removed(desk, "task-1"))


async def test_the_end_of_a_contract_ends_what_was_exported(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """What is deleted for good does not lie in a package; another client's stays."""
    for client_id in ("acme", "borealis"):
        await meet(platform, client_id, 3, phone=PHONE)
        people.know(f"task-{client_id}", client_id, phone=PHONE)
        await desk.carry_out(task(f"task-{client_id}", Act.EXPORT, client_id, CONTACTS), TaskConfirmed)
    await desk.hear(erasure("order-1", "call_fax_logs", "acme"))
    async with desk.working():
        await eventually(lambda: _removed(desk, "task-acme"))
    assert not await _removed(desk, "task-borealis")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "doesn't take this holder's token"),
        (403, "doesn't let this holder's token read"),
        (404, "knows no such task"),
        (410, "the task is over"),
    ],
)
async def test_who_can_not_be_told_is_nobody(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People, status: int, reason: str
) -> None:
    """The task fails with its reason, nothing is touched, and a reminder tries it again."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "acme", phone=PHONE)
    people.answers = [status]
    failed = await desk.carry_out(task("task-1", Act.ERASE, "acme", CONTACTS), TaskFailed)
    assert reason in str(failed["reason"])
    assert await platform.fetchval("SELECT count(*) FROM crm.contact") == 3
    again = await desk.carry_out(task("task-1", Act.ERASE, "acme", CONTACTS, reminder=1), TaskConfirmed)
    assert again["touched"] == [{"category": CONTACTS, "count": 3}]


async def test_requests_that_is_away_is_asked_again(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """No failure: the world is down for a while."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "acme", phone=PHONE)
    people.answers = [503, 500]
    answer = await desk.carry_out(task("task-1", Act.FIND, "acme", CONTACTS), TaskConfirmed)
    assert answer["touched"] == [{"category": CONTACTS, "count": 3}]
    assert await desk.said(TaskFailed) == []


async def test_a_subject_of_another_client_is_refused(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """What requests answers must be about the order's client."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "borealis", phone=PHONE)
    failed = await desk.carry_out(task("task-1", Act.ERASE, "acme", CONTACTS), TaskFailed)
    assert failed["reason"] == "requests names somebody of another task"


@pytest.mark.parametrize(
    ("act", "categories", "identifiers", "reason"),
    [
        (Act.ERASE, (CONTACTS,), {"passport": PHONE}, "client_contacts in crm:crm.contact: nobody is found there by"),
        (Act.RECTIFY, (CONTACTS,), {"phone": PHONE}, "nothing to correct is named"),
        (Act.RESTRICT, ("call_fax_logs",), {"phone": PHONE}, "nothing there tells one person's data from others'"),
        (Act.FIND, ("payroll",), {"phone": PHONE}, "the data map of platform names no category payroll"),
    ],
)
async def test_what_can_not_be_done_at_all_is_said(
    desk: Desk, people: People, act: Act, categories: tuple[str, ...], identifiers: dict[str, str], reason: str
) -> None:
    """Nothing that was reached is no confirmation of nothing."""
    people.know("task-1", "acme", None, **identifiers)
    failed = await desk.carry_out(task("task-1", act, "acme", *categories), TaskFailed)
    assert reason in str(failed["reason"])


async def test_a_person_is_named_nowhere(
    desk: Desk,
    platform: "asyncpg.Connection[asyncpg.Record]",
    people: People,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not in what is said, not in the holder's own tables, not in a log, whether it goes well or not."""
    await meet(platform, "acme", 15, phone=PHONE, name="Ada")
    caplog.set_level(logging.DEBUG)
    for act in (Act.FIND, Act.RESTRICT, Act.RECTIFY, Act.ERASE):
        people.know(f"task-{act}", "acme", {"mobile": f"mobile {SECRET}"}, phone=PHONE)
        said = TaskFailed if act is Act.RECTIFY else TaskConfirmed
        await desk.carry_out(task(f"task-{act}", act, "acme", CONTACTS), said)
    held = []
    for table in ("job", "part", "halt", "package", "package_file", "outbox", "inbox", "agenda"):
        held += [str(dict(row)) for row in await desk.runtime.pool.fetch(f"SELECT * FROM {table}")]
    held += [str(row["value"]) for row in await desk.runtime.pool.fetch("SELECT value FROM outbox")]
    spoken = capsys.readouterr()
    assert len(held) > 8
    assert SECRET not in "\n".join([*held, caplog.text, spoken.out, spoken.err])


async def test_the_staff_read_how_far_a_task_is(
    desk: Desk, platform: "asyncpg.Connection[asyncpg.Record]", people: People
) -> None:
    """What it does, for which client, how much; and not for whom."""
    await meet(platform, "acme", 3, phone=PHONE)
    people.know("task-1", "acme", phone=PHONE)
    await desk.carry_out(task("task-1", Act.ERASE, "acme", CONTACTS), TaskConfirmed)
    order = (await desk.get("operator", "/orders/task/task-1")).json()
    assert (order["act"], order["client_id"], order["status"], order["counted"]) == ("erase", "acme", "done", 3)
    listed = (await desk.get("operator", "/orders?client_id=acme&kind=task")).json()["items"]
    assert listed == [order]
