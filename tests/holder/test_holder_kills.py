"""The holder as a process, killed again and again in the middle of a deletion and of a package."""

import asyncio
import hashlib
import io
import json
import random
import socket
import tarfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr
from tests.chassis.bus import Bus, Heard
from tests.chassis.eventually import eventually
from tests.holder.crm import PERSONS, fill, meet
from tests.holder.desk import erasure, returning, task
from tests.holder.people import People

from chassis.access import Role, mint
from chassis.service import prepare
from chassis.topics import Shape, ensure_topics
from contracts.dsar import Act
from contracts.event import Event
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres
from embedded.processes import Processes
from holder.app import Holder
from holder.settings import HolderSettings

pytestmark = [pytest.mark.servers, pytest.mark.slow]
ROWS, KILLS, FILES = 4000, 8, 150
AGREEMENT = Path(__file__).parents[2] / "agreements" / "quicktalk.toml"


@pytest.fixture
def data_map(data_map: Path) -> Path:
    """The data map, with what tells persons apart."""
    data_map.write_text(data_map.read_text() + PERSONS)
    return data_map


@pytest.fixture
async def system(
    kafka: EmbeddedKafka, postgres: EmbeddedPostgres, data_map: Path, tmp_path: Path, people: People
) -> AsyncIterator[Processes]:
    """A holder that is slow, so that there is a middle to be killed in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "DUTIFUL_DATA_MAP": str(data_map),
        "DUTIFUL_LINK_KEY": "k" * 32,
        "DUTIFUL_PACKAGES": str(tmp_path / "packages"),
        "DUTIFUL_SPOOL": str(tmp_path),
        "DUTIFUL_PACE__ROWS": "20",
        "DUTIFUL_PACE__REST": "3",
        "DUTIFUL_PACE__FILE_BYTES": "2000",
        "DUTIFUL_PORT": str(port),
        "DUTIFUL_TOKEN_KEY": str(people.key),
        "DUTIFUL_REQUESTS_URL": people.url,
    }
    name = f"holder_kills_{tmp_path.name.replace('-', '_')[-20:]}"
    made = Processes(kafka.bootstrap, postgres, name, f"{name}.", AGREEMENT, tmp_path, settings=settings)
    await made.make_database(["holder"])
    await ensure_topics(kafka.bootstrap, Shape(made.prefix), ["holder"])
    yield made
    await made.stop()


async def test_kills_in_the_middle_leave_an_exact_count_and_a_whole_package(
    system: Processes, platform: "asyncpg.Connection[asyncpg.Record]", data_map: Path
) -> None:
    """One client is deleted and another's package made; each kill is followed by a start that goes on."""
    await fill(platform, acme=ROWS, borealis=ROWS, cedar=10)
    await _migrate(system, data_map)
    package = returning("order-2", "borealis", "call_fax_logs")
    await _publish(system, erasure("order-1", "call_fax_logs", "acme"), package)
    begun: list[tuple[int, int]] = []
    dice = random.Random(20261125)
    while len(begun) < KILLS and (not begun or begun[-1][0] < ROWS * 3 // 4):
        before = await _progress(system)
        await system.start("holder")
        await eventually(lambda before=before: _is_beyond(system, before))  # type: ignore[misc]
        await asyncio.sleep(dice.uniform(0, 0.2))
        await system.kill("holder")
        begun.append(await _progress(system))
    left = await platform.fetchval("SELECT count(*) FROM crm.call WHERE client_id = 'acme'")
    assert 0 < left < ROWS
    assert len(begun) > 2
    assert len({files for _, files in begun}) > 2, "too few kills came in the middle of the package"
    await system.start("holder")
    bus = Bus(system.kafka, system.prefix)
    (confirmed,) = await _answers(bus, "erasure", "erasure.confirmed")
    assert confirmed["count"] == ROWS
    rows = await platform.fetch("SELECT client_id, count(*) FROM crm.call GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [("borealis", ROWS), ("cedar", 10)]
    (returned,) = await _answers(bus, "return", "return.confirmed")
    await _check_package(returned)


async def test_kills_in_the_middle_of_tasks_about_persons_leave_them_whole(
    system: Processes, platform: "asyncpg.Connection[asyncpg.Record]", data_map: Path, people: People
) -> None:
    """One person's data are handed out while another's are deleted; each kill is followed by a start that goes on."""
    for client_id, phone in (("acme", "1"), ("acme", "2"), ("acme", "3"), ("borealis", "1"), ("borealis", "2")):
        await meet(platform, client_id, ROWS if client_id == "acme" else 5, phone=phone)
    people.know("task-1", "acme", phone="1")
    people.know("task-2", "acme", phone="2")
    await _migrate(system, data_map)
    category = "client_contacts"
    await _publish(system, task("task-1", Act.EXPORT, "acme", category), task("task-2", Act.ERASE, "acme", category))
    begun: list[tuple[int, int]] = []
    while len(begun) < KILLS // 2:
        before = await _progress(system)
        await system.start("holder")
        await eventually(lambda before=before: _is_beyond(system, before))  # type: ignore[misc]
        await system.kill("holder")
        begun.append(await _progress(system))
    assert len({files for _, files in begun}) > 2, "too few kills came in the middle of the export"
    await system.start("holder")
    answers = await _answers(Bus(system.kafka, system.prefix), "task", "task.confirmed", 2)
    touched = {str(each["order_id"]): each["touched"] for each in answers}
    assert touched == {each: [{"category": category, "count": ROWS}] for each in ("task-1", "task-2")}
    rows = await platform.fetch("SELECT client_id, phone, count(*) FROM crm.contact GROUP BY 1, 2 ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [
        ("acme", "1", ROWS),
        ("acme", "3", ROWS),
        ("borealis", "1", 5),
        ("borealis", "2", 5),
    ]
    (package,) = [each["package"] for each in answers if "package" in each]
    assert isinstance(package, dict)
    files = await _fetch(await _opened(str(package["url"]), people), str(package["package_sha256"]))
    manifest = json.loads(files.pop("manifest.json"))
    assert {entry["file"] for entry in manifest["files"]} == files.keys()
    assert sum(len(files[name].splitlines()) for name in files) == ROWS


async def _opened(url: str, people: People) -> str:
    """The link that the client's own token gets."""
    token = mint(
        people.key,
        subject="ada",
        role=Role.SUPER_ADMINISTRATOR,
        client_id="acme",
        ttl=timedelta(hours=1),
        now=datetime.now(UTC),
    )
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http, http.get(url) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["url"])


async def test_a_holder_that_was_down_goes_on_when_it_is_back(
    system: Processes, platform: "asyncpg.Connection[asyncpg.Record]", data_map: Path
) -> None:
    """What was ordered meanwhile waits on the bus; what it was told is in the order in which it was said."""
    await fill(platform, acme=30, borealis=30)
    await _migrate(system, data_map)
    await _publish(system, *[erasure(f"order-{who}", "call_fax_logs", who) for who in ("acme", "borealis")])
    await system.start("holder")
    answers = await _answers(Bus(system.kafka, system.prefix), "erasure", "erasure.confirmed", 2)
    assert sorted((str(each["order_id"]), each["count"]) for each in answers) == [
        ("order-acme", 30),
        ("order-borealis", 30),
    ]


async def _progress(system: Processes) -> tuple[int, int]:
    """How far the deletion is, and the package."""
    connection = await asyncpg.connect(system.dsn("holder"), server_settings={"search_path": "holder"})
    counted = await connection.fetchval("SELECT coalesce(sum(counted), 0)::bigint FROM part")
    files = await connection.fetchval("SELECT count(*) FROM package_file")
    await connection.close()
    return counted, files


async def _is_beyond(system: Processes, before: tuple[int, int]) -> bool:
    counted, files = await _progress(system)
    return counted > before[0] and (files > before[1] or files >= FILES)


async def _migrate(system: Processes, data_map: Path) -> None:
    settings = HolderSettings(
        database_url=SecretStr(system.dsn("holder")), data_map=data_map, link_key=SecretStr("k" * 32), packages="x"
    )
    await prepare(Holder(settings), settings)


async def _publish(system: Processes, *events: Event) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=system.kafka)
    await producer.start()
    for nth, event in enumerate(events):
        headers = {"ce_specversion": "1.0", "ce_id": f"e-{nth}", "ce_source": "tests", "ce_type": event.TYPE}
        value = event.model_dump_json(exclude_none=True).encode()
        encoded = [(name, text.encode()) for name, text in headers.items()]
        await producer.send_and_wait(system.prefix + event.topic(), value, key=event.key.encode(), headers=encoded)
    await producer.stop()


async def _answers(bus: Bus, topic: str, event_type: str, number: int = 1) -> list[dict[str, object]]:
    def those(heard: "list[Heard]") -> list[Heard]:
        return [each for each in heard if each.headers.get("ce_type") == event_type]

    heard = await bus.hear(topic, lambda all_: len(those(list(all_))) >= number, within_s=90)
    return [json.loads(each.value or b"") for each in those(heard)]


async def _check_package(confirmed: dict[str, object]) -> None:
    files = await _fetch(str(confirmed["url"]), str(confirmed["package_sha256"]))
    manifest = json.loads(files.pop("manifest.json"))
    assert {entry["file"] for entry in manifest["files"]} == files.keys()
    ids = [json.loads(line)["call_id"] for name in sorted(files) for line in files[name].splitlines()]
    assert ids == list(range(ROWS + 1, 2 * ROWS + 1))


async def _fetch(url: str, sha256: str) -> dict[str, bytes]:
    async with aiohttp.ClientSession() as http:

        async def ready() -> bool:
            async with http.get(url) as answer:
                return answer.status == 200

        await eventually(ready)
        async with http.get(url) as answer:
            archive = await answer.read()
    assert hashlib.sha256(archive).hexdigest() == sha256
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]
