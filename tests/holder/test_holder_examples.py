"""The protocol, spoken by others: the examples in Python and Java against the real broker, killed and started again."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import BaseModel
from tests.chassis.bus import Bus, Heard
from tests.holder.desk import DUE_AT, check, erasure, returning

from contracts.bus import EVENTS
from contracts.cease import CeaseOrdered
from contracts.event import Event
from contracts.ordering import Scope
from embedded.kafka import EmbeddedKafka
from embedded.kafka_install import install

pytestmark = [pytest.mark.servers, pytest.mark.slow]
EXAMPLES = Path(__file__).parents[2] / "examples" / "holders"
RECORDS = [
    {"client_id": client_id, "category": category, "created_at": f"2026-01-{day:02}T00:00:00Z"}
    for client_id in ("acme", "borealis")
    for category in ("call_fax_logs", "faxes")
    for day in range(1, 11)
]
Command = Callable[[str, Path], list[str]]


async def _command(language: str, kafka: EmbeddedKafka) -> Command:
    """How the example is started, as its own text says."""
    if language == "python":
        start = [sys.executable, str(EXAMPLES / "holder.py"), "--kafka", kafka.bootstrap, "--holder", "platform"]
        return lambda prefix, records: [*start, "--prefix", prefix, "--records", str(records)]
    runtime = (await install(lambda _: None)).runtime
    jars = ":".join(map(str, runtime.jars))
    java = [str(runtime.java.path), "-cp", jars, str(EXAMPLES / "Holder.java"), kafka.bootstrap]
    return lambda prefix, records: [*java, prefix, "platform", str(records)]


@pytest.mark.parametrize("language", ["python", "java"])
async def test_an_example_keeps_the_protocol(language: str, kafka: EmbeddedKafka, tmp_path: Path) -> None:
    """Every order is answered by its contract; a kill between orders, and an order that comes again, harm nothing."""
    bus = Bus(kafka.bootstrap, f"{uuid4().hex[:8]}.")
    await bus.make("cease", "erasure", "return")
    records = tmp_path / "records.json"
    _write(records)
    command = await _command(language, kafka)
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
    assert len(left) == 27


def _write(records: Path) -> None:
    records.write_text(json.dumps({"records": RECORDS}))


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
