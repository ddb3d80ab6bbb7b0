"""Retention is killed while contracts end: each client is asked, returned to, deleted and certified, each once."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json
from tests.faults.speaking import Json, fetch, kill, say, signed, until

from chassis.access import make_key
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes
from retention.app import Retention
from retention.signing import Signer, verify

pytestmark = [pytest.mark.servers, pytest.mark.slow]

RETENTION = Retention.name
CLIENTS = [f"client-{n}" for n in range(60)]
CATEGORIES = ("call_recordings", "transcriptions", "sso_user_numbers")
HOLDER = "vault"
KILLS = 12


async def test_kills_while_contracts_end(make_system: Callable[[str], Awaitable[Processes]], tmp_path: Path) -> None:
    """TER-2 to TER-6: after a dozen kills nothing was ordered twice, and every certificate is there and verifies."""
    key = tmp_path / "certificate-key.pem"
    make_key(key)
    system = await make_system("ending")
    system.settings = {"DUTIFUL_CERTIFICATE_KEY": str(key)}
    await migrate(system.dsn(RETENTION), RETENTION, shipped(CHASSIS_TABLES, Retention.migrations))
    await system.start(RETENTION)
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        await _sign(producer, system)
        async with _answering(producer, system):
            killer = asyncio.create_task(kill(system, RETENTION, random.Random(20261125), kills=KILLS))
            for n, client_id in enumerate(CLIENTS):
                await say(
                    producer,
                    system,
                    "contract.terminated",
                    client_id,
                    {"client_id": client_id, "terminated_on": _today()},
                )
                await asyncio.sleep(0.1)
                await until(system, RETENTION, f"SELECT count(*) FROM termination WHERE client_id = '{client_id}'", 1)
                choice = "return" if n % 2 else "deletion"
                made = {"client_id": client_id, "choice": choice, "made_by": "DPO", "received_at": _now()}
                await say(producer, system, "choice.made", client_id, made)
            await killer
            await until(system, RETENTION, "SELECT count(*) FROM certificate", len(CLIENTS))
            await until(system, RETENTION, "SELECT count(*) FROM termination WHERE stage = 'complete'", len(CLIENTS))
            await until(system, RETENTION, "SELECT count(*) FROM outbox", 0)
    await _nothing_twice(system)
    public = Signer(key).public_pem.encode()
    for row in await fetch(system, RETENTION, "SELECT document FROM certificate"):
        said = verify(row["document"].encode(), public)
        deleted = said["deleted"]
        assert isinstance(deleted, list)
        assert sorted(each["category"] for each in deleted) == sorted(CATEGORIES)


async def _nothing_twice(system: Processes) -> None:
    """One order per client, holder and category, one package per return, one confirmation per order."""
    counted = "SELECT kind, count(*) AS number FROM holder_order WHERE purpose = 'termination' GROUP BY kind"
    numbers = {row["kind"]: row["number"] for row in await fetch(system, RETENTION, counted)}
    assert numbers == {
        "cease": len(CLIENTS),
        "return": len(CLIENTS) // 2,
        "erasure": len(CLIENTS) * len(CATEGORIES),
    }
    assert len(await fetch(system, RETENTION, "SELECT order_id FROM package")) == len(CLIENTS) // 2
    evidence = await fetch(
        system, RETENTION, "SELECT jsonb_array_length(evidence) AS number FROM task WHERE state = 'done'"
    )
    assert [row["number"] for row in evidence] == [1] * len(CLIENTS) * len(CATEGORIES)


async def _sign(producer: AIOKafkaProducer, system: Processes) -> None:
    declared = {"holder_id": HOLDER, "name": "Vault", "kind": "subprocessor", "categories": list(CATEGORIES)}
    await say(producer, system, "holder.declared", HOLDER, declared)
    for client_id in CLIENTS:
        await say(producer, system, "client.signed", client_id, signed(client_id))
        permitted = {
            "client_id": client_id,
            "subprocessor_id": HOLDER,
            "standing": "permitted",
            "permitted_from": "2026-01-05",
            "reason": "on the list",
            "clause": "4.3",
        }
        await say(producer, system, "permission.set", f"{client_id}/{HOLDER}", permitted)
    await until(system, RETENTION, "SELECT count(*) FROM client", len(CLIENTS))
    await until(system, RETENTION, "SELECT count(*) FROM client_subprocessor", len(CLIENTS))
    await until(system, RETENTION, "SELECT count(*) FROM holder", 1)


@asynccontextmanager
async def _answering(producer: AIOKafkaProducer, system: Processes) -> AsyncIterator[None]:
    """A holder that answers what it is ordered, and a client that acknowledges what it gets."""

    async def answer() -> None:
        topics = [system.prefix + name for name in ("cease", "erasure", "return")]
        async with AIOKafkaConsumer(*topics, bootstrap_servers=system.kafka, auto_offset_reset="earliest") as consumer:
            async for record in consumer:
                await _answer(producer, system, dict(record.headers)["ce_type"].decode(), from_json(record.value))

    task = asyncio.create_task(answer())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _answer(producer: AIOKafkaProducer, system: Processes, said: str, order: Json) -> None:
    same = {name: order[name] for name in ("order_id", "holder_id", "client_id") if name in order}
    done = same | {"started_at": _now(), "finished_at": _now(), "confirmed_by": HOLDER}
    order_id, client_id = str(order.get("order_id")), str(order.get("client_id"))
    match said:
        case "cease.ordered":
            await say(
                producer, system, "cease.confirmed", client_id, same | {"ceased_at": _now(), "confirmed_by": HOLDER}
            )
        case "erasure.ordered" if order["purpose"] == "termination":
            await say(producer, system, "erasure.confirmed", order_id, done | {"count": 3, "method": "purge"})
        case "return.ordered":
            made = {"contents": [], "manifest_sha256": "0" * 64, "package_sha256": "1" * 64, "url": "http://127.0.0.1/"}
            await say(
                producer, system, "return.confirmed", client_id, done | made | {"expires_at": order["available_until"]}
            )
        case "return.confirmed":
            word = {"client_id": client_id, "acknowledged_by": "DPO", "received_at": _now()}
            await say(producer, system, "return.acknowledged", client_id, word)
        case _:
            pass


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
