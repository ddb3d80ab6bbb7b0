"""The protocol, spoken by others: the examples in Python and Java against the real broker, killed and started again."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import BaseModel
from tests.chassis.bus import Bus, Heard
from tests.holder.desk import DUE_AT, check, erasure, returning, task
from tests.holder.people import People

from chassis.access import Role, own_token
from contracts.bus import EVENTS
from contracts.cease import CeaseOrdered
from contracts.dsar import Act
from contracts.event import Event
from contracts.ordering import Scope
from contracts.task import TaskConfirmed, TaskFailed, Touched
from embedded.kafka import EmbeddedKafka
from embedded.kafka_install import install

pytestmark = [pytest.mark.servers, pytest.mark.slow]
EXAMPLES = Path(__file__).parents[2] / "examples" / "holders"
PERSONS = [
    {"client_id": client_id, "category": "client_contacts_crm", "created_at": "2026-01-01T00:00:00Z", "phone": phone}
    for client_id in ("acme", "borealis")
    for phone in ("+331", "+331", "+332")
]
RECORDS = [
    {"client_id": client_id, "category": category, "created_at": f"2026-01-{day:02}T00:00:00Z"}
    for client_id in ("acme", "borealis")
    for category in ("call_fax_logs", "faxes")
    for day in range(1, 11)
]
Command = Callable[[str, Path], list[str]]


async def _command(language: str, kafka: EmbeddedKafka, people: People) -> Command:
    """How the example is started, as its own text says."""
    token, packages = people.key.with_suffix(".token"), people.key.with_name("packages")
    token.write_text(own_token(people.key, "platform", Role.HOLDER))
    if language == "python":
        start = [sys.executable, str(EXAMPLES / "holder.py"), "--kafka", kafka.bootstrap, "--holder", "platform"]
        told = ["--requests", people.url, "--token-file", str(token), "--packages", str(packages)]
        return lambda prefix, records: [*start, *told, "--prefix", prefix, "--records", str(records)]
    runtime = (await install(lambda _: None)).runtime
    jars = ":".join(map(str, runtime.jars))
    java = [str(runtime.java.path), "-cp", jars, str(EXAMPLES / "Holder.java"), kafka.bootstrap]
    told = [people.url, str(token), str(packages)]
    return lambda prefix, records: [*java, prefix, "platform", str(records), *told]


@pytest.mark.parametrize("language", ["python", "java"])
async def test_an_example_keeps_the_protocol(
    language: str, kafka: EmbeddedKafka, tmp_path: Path, people: People
) -> None:
    """Every order is answered by its contract; a kill between orders, and an order that comes again, harm nothing."""
    bus = Bus(kafka.bootstrap, f"{uuid4().hex[:8]}.")
    await bus.make("cease", "erasure", "return", "task")
    records = tmp_path / "records.json"
    _write(records)
    command = await _command(language, kafka, people)
    cut_off = Scope(client_id="borealis", cutoff_at=datetime(2026, 1, 4, tzinfo=UTC))
    order = erasure("order-1", "call_fax_logs", "acme", cut_off)
    async with _running(command(bus.prefix, records)):
        await _publish(bus, order, _cease(), returning("order-3", "acme", "faxes"))
        assert await _answer(bus, "erasure.confirmed") == {"order_id": "order-1", "count": 13, "method": "clear"}
        assert await _answer(bus, "cease.confirmed") == {"order_id": "order-2"}
        assert await _answer(bus, "return.failed") == {"order_id": "order-3"}
    other = order.model_copy(update={"holder_id": "elsewhere", "order_id": "order-9"})
    await _publish(bus, other, order, check("order-1", "call_fax_logs", "acme"))
    async with _running(command(bus.prefix, records)):
        assert await _answer(bus, "erasure.checked") == {"order_id": "order-1", "remaining": 0}
        assert await _answer(bus, "erasure.confirmed", 2) == {"order_id": "order-1", "count": 13, "method": "clear"}
    left = [(each["client_id"], each["category"]) for each in json.loads(_read(records))["records"]]
    assert left.count(("acme", "call_fax_logs")) == 0
    assert left.count(("borealis", "call_fax_logs")) == 7
    assert len(left) == 33


@pytest.mark.parametrize("language", ["python", "java"])
async def test_an_example_assists_with_one_person(
    language: str, kafka: EmbeddedKafka, tmp_path: Path, people: People
) -> None:
    """Finds, exports and erases what is hers at this client; says what it can't; answers again what comes again."""
    bus = Bus(kafka.bootstrap, f"{uuid4().hex[:8]}.")
    await bus.make("cease", "erasure", "return", "task")
    records, category = tmp_path / "records.json", "client_contacts_crm"
    _write(records)
    command = await _command(language, kafka, people)
    acts = (Act.FIND, Act.EXPORT, Act.RESTRICT, Act.ERASE)
    orders = [task(f"task-{act}", act, "acme", category, "faxes") for act in acts]
    for order in orders:
        people.know(order.order_id, "acme", phone="+331")
    async with _running(command(bus.prefix, records)):
        await _publish(bus, *orders, task("task-nobody", Act.ERASE, "acme", category))
        await _tasks(bus, lambda answers: len(_ids(answers)) == len(orders) + 1)
    async with _running(command(bus.prefix, records)):
        await _publish(bus, orders[3])
        answers = await _tasks(bus, lambda answers: [each.order_id for each in answers].count("task-erase") > 1)
    two = (Touched(category=category, count=2), Touched(category="faxes", count=0))
    said = {order_id: {_told(each) for each in answers if each.order_id == order_id} for order_id in _ids(answers)}
    assert said == {
        "task-find": {two},
        "task-export": {two},
        "task-restrict": {"this holder can't restrict"},
        "task-erase": {two},
        "task-nobody": {"requests answers 410"},
    }
    assert ("platform", "task-find") in people.asked
    (exported,) = [each.package for each in answers if isinstance(each, TaskConfirmed) and each.package]
    (archive,) = people.key.with_name("packages").iterdir()
    assert sha256(archive.read_bytes()).hexdigest() == exported.package_sha256
    left = [each for each in json.loads(_read(records))["records"] if each["category"] == category]
    assert [(each["client_id"], each["phone"]) for each in left] == [
        ("acme", "+332"),
        ("borealis", "+331"),
        ("borealis", "+331"),
        ("borealis", "+332"),
    ]


Answers = list[TaskConfirmed | TaskFailed]


def _ids(answers: Answers) -> set[str]:
    return {each.order_id for each in answers}


def _told(answer: TaskConfirmed | TaskFailed) -> object:
    return answer.touched if isinstance(answer, TaskConfirmed) else answer.reason


async def _tasks(bus: Bus, enough: Callable[[Answers], bool]) -> Answers:
    """The answers to tasks once there are enough, checked against their contracts."""

    def those(heard: Sequence[Heard]) -> Answers:
        models: dict[str, type[TaskConfirmed | TaskFailed]] = {
            "task.confirmed": TaskConfirmed,
            "task.failed": TaskFailed,
        }
        answers = [each for each in heard if each.headers["ce_type"] in models]
        return [models[each.headers["ce_type"]].model_validate_json(each.value or b"") for each in answers]

    return those(await bus.hear("task", lambda heard: enough(those(heard)), within_s=60))


def _write(records: Path) -> None:
    records.write_text(json.dumps({"records": RECORDS + PERSONS}))


def _read(records: Path) -> str:
    return records.read_text()


def _cease() -> CeaseOrdered:
    return CeaseOrdered(
        client_id="acme",
        holder_id="platform",
        order_id="order-2",
        categories=("faxes",),
        ceased_from=DUE_AT,
        due_at=DUE_AT,
        clause="8.3",
    )


@asynccontextmanager
async def _running(command: Sequence[str]) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield
        assert process.returncode is None
    finally:
        process.kill()
        await process.wait()


async def _publish(bus: Bus, *events: Event) -> None:
    for event in events:
        headers = {"ce_specversion": "1.0", "ce_id": uuid4().hex, "ce_source": "tests", "ce_type": event.TYPE}
        await bus.publish(event.topic(), (event.key, event.model_dump_json(exclude_none=True).encode(), headers))


async def _answer(bus: Bus, event_type: str, number: int = 1) -> dict[str, object]:
    """The answer of a type, checked against its contract; those of its fields that no clock decides."""

    def those(heard: Sequence[Heard]) -> list[Heard]:
        return [each for each in heard if each.headers.get("ce_type") == event_type]

    topic = event_type.partition(".")[0]
    heard = await bus.hear(topic, lambda heard: len(those(heard)) >= number, within_s=60)
    answer: BaseModel = EVENTS[event_type].model_validate_json(those(heard)[number - 1].value or b"")
    assert those(heard)[0].headers["ce_source"] == "/holders/platform"
    return {
        name: value
        for name, value in answer.model_dump().items()
        if name in {"order_id", "count", "method", "remaining"}
    }
