"""Retention is killed while contracts end: each client is asked, returned to, deleted and certified, each once."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json

from chassis.access import make_key
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes
from retention.app import Retention
from retention.signing import Signer, verify

pytestmark = [pytest.mark.servers, pytest.mark.slow]

CLIENTS = [f"client-{n}" for n in range(60)]
CATEGORIES = ("call_recordings", "transcriptions", "sso_user_numbers")
HOLDER = "vault"
KILLS = 12
WITHIN_S = 120
Json = Mapping[str, object]


async def test_kills_while_contracts_end(make_system: Callable[[str], Awaitable[Processes]], tmp_path: Path) -> None:
    """TER-2 to TER-6: after a dozen kills nothing was ordered twice, and every certificate is there and verifies."""
    key = tmp_path / "certificate-key.pem"
    make_key(key)
    system = await make_system("ending")
    system.settings = {"DUTIFUL_CERTIFICATE_KEY": str(key)}
    await migrate(system.dsn("retention"), "retention", shipped(CHASSIS_TABLES, Retention.migrations))
    await system.start("retention")
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        speaker = Speaker(producer, system.prefix)
        await _sign(speaker, system)
        async with _answering(speaker, system):
            killer = asyncio.create_task(_kill(system))
            for n, client_id in enumerate(CLIENTS):
                await speaker.say("contract.terminated", client_id, {"client_id": client_id, "terminated_on": _today()})
                await asyncio.sleep(0.1)
                await _until(system, f"SELECT count(*) FROM termination WHERE client_id = '{client_id}'", 1)
                choice = "return" if n % 2 else "deletion"
                made = {"client_id": client_id, "choice": choice, "made_by": "DPO", "received_at": _now()}
                await speaker.say("choice.made", client_id, made)
            await killer
            await _until(system, "SELECT count(*) FROM certificate", len(CLIENTS))
            await _until(system, "SELECT count(*) FROM termination WHERE stage = 'complete'", len(CLIENTS))
            await _until(system, "SELECT count(*) FROM outbox", 0)
    await _nothing_twice(system)
    public = Signer(key).public_pem.encode()
    for row in await _fetch(system, "SELECT document FROM certificate"):
        said = verify(row["document"].encode(), public)
        deleted = said["deleted"]
        assert isinstance(deleted, list)
        assert sorted(each["category"] for each in deleted) == sorted(CATEGORIES)


async def _nothing_twice(system: Processes) -> None:
    """One order per client, holder and category, one package per return, one confirmation per order."""
    counted = "SELECT kind, count(*) AS number FROM holder_order WHERE purpose = 'termination' GROUP BY kind"
    numbers = {row["kind"]: row["number"] for row in await _fetch(system, counted)}
    assert numbers == {
        "cease": len(CLIENTS),
        "return": len(CLIENTS) // 2,
        "erasure": len(CLIENTS) * len(CATEGORIES),
    }
    assert len(await _fetch(system, "SELECT order_id FROM package")) == len(CLIENTS) // 2
    evidence = await _fetch(system, "SELECT jsonb_array_length(evidence) AS number FROM task WHERE state = 'done'")
    assert [row["number"] for row in evidence] == [1] * len(CLIENTS) * len(CATEGORIES)


class Speaker:
    """A plain producer; the same event said twice keeps its id."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix

    async def say(self, event_type: str, key: str, data: Json) -> None:
        """One event, twice, as publishers do."""
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"{event_type}/{key}/{data.get('subprocessor_id', '')}".encode()),
            ("ce_source", b"test"),
            ("ce_type", event_type.encode()),
        ]
        topic = self._prefix + event_type.partition(".")[0]
        for _ in range(2):
            await self._producer.send_and_wait(topic, to_json(data), key=key.encode(), headers=headers)


async def _sign(speaker: Speaker, system: Processes) -> None:
    declared = {"holder_id": HOLDER, "name": "Vault", "kind": "subprocessor", "categories": list(CATEGORIES)}
    await speaker.say("holder.declared", HOLDER, declared)
    for client_id in CLIENTS:
        signed = {
            "client_id": client_id,
            "name": client_id,
            "agreement_id": "quicktalk",
            "agreement_version": "1",
            "signed_on": "2026-01-05",
            "contact": {"name": "DPO", "email": f"dpo@{client_id}.example"},
        }
        await speaker.say("client.signed", client_id, signed)
        permitted = {
            "client_id": client_id,
            "subprocessor_id": HOLDER,
            "standing": "permitted",
            "permitted_from": "2026-01-05",
            "reason": "on the list",
            "clause": "4.3",
        }
        await speaker.say("permission.set", f"{client_id}/{HOLDER}", permitted)
    await _until(system, "SELECT count(*) FROM client", len(CLIENTS))
    await _until(system, "SELECT count(*) FROM client_subprocessor", len(CLIENTS))
    await _until(system, "SELECT count(*) FROM holder", 1)


@asynccontextmanager
async def _answering(speaker: Speaker, system: Processes) -> AsyncIterator[None]:
    """A holder that answers what it is ordered, and a client that acknowledges what it gets."""

    async def answer() -> None:
        topics = [system.prefix + name for name in ("cease", "erasure", "return")]
        async with AIOKafkaConsumer(*topics, bootstrap_servers=system.kafka, auto_offset_reset="earliest") as consumer:
            async for record in consumer:
                await _answer(speaker, dict(record.headers)["ce_type"].decode(), from_json(record.value))

    task = asyncio.create_task(answer())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _answer(speaker: Speaker, said: str, order: Json) -> None:
    same = {name: order[name] for name in ("order_id", "holder_id", "client_id") if name in order}
    done = same | {"started_at": _now(), "finished_at": _now(), "confirmed_by": HOLDER}
    order_id, client_id = str(order.get("order_id")), str(order.get("client_id"))
    match said:
        case "cease.ordered":
            await speaker.say("cease.confirmed", client_id, same | {"ceased_at": _now(), "confirmed_by": HOLDER})
        case "erasure.ordered" if order["purpose"] == "termination":
            await speaker.say("erasure.confirmed", order_id, done | {"count": 3, "method": "purge"})
        case "return.ordered":
            made = {"contents": [], "manifest_sha256": "0" * 64, "package_sha256": "1" * 64, "url": "http://127.0.0.1/"}
            await speaker.say("return.confirmed", client_id, done | made | {"expires_at": order["available_until"]})
        case "return.confirmed":
            word = {"client_id": client_id, "acknowledged_by": "DPO", "received_at": _now()}
            await speaker.say("return.acknowledged", client_id, word)
        case _:
            pass


async def _kill(system: Processes) -> None:
    dice = random.Random(20261125)
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(1.5, 3.0))
        await system.kill("retention")
        await system.start("retention")


async def _until(system: Processes, query: str, expected: int) -> None:
    found = None
    try:
        async with asyncio.timeout(WITHIN_S):
            while (found := (await _fetch(system, query))[0][0]) != expected:  # noqa: ASYNC110 - another process makes it so
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{query} stays at {found}, expected {expected}") from None


async def _fetch(system: Processes, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(system.dsn("retention"), server_settings={"search_path": "retention"})
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
