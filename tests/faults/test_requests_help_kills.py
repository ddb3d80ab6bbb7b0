"""The service `requests` is killed amid help with many persons' requests: each act ordered once, in order, and done."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json
from tests.faults.speaking import Json, kill, say, signed, until

from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes
from requests_desk.app import Requests

pytestmark = [pytest.mark.servers, pytest.mark.slow]

COUNT = 40
HOLDERS = ("crm", "fax")
ACTS = ("find", "export", "erase")
CATEGORY = "client_contacts_manual"


async def test_kills_amid_help(make_system: Callable[[str], Awaitable[Processes]]) -> None:
    """DSR-3: after nine kills every holder was ordered every act once, one after the other, and all is done."""
    system = await make_system("requests")
    system.settings = {"DUTIFUL_VAULT_KEY": "a-key-of-the-tests-and-of-nothing-else"}
    await migrate(system.dsn("requests"), "requests", shipped(CHASSIS_TABLES, Requests.migrations))
    await system.start("requests")
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        await say(producer, system, "client.signed", "acme", signed("acme"))
        for holder_id in HOLDERS:
            declared: Json = {"holder_id": holder_id, "name": holder_id, "kind": "internal", "categories": [CATEGORY]}
            await say(producer, system, "holder.declared", holder_id, declared)
        await until(system, "requests", "SELECT count(*) FROM keeper", len(HOLDERS))
        holders = asyncio.create_task(_hold(producer, system))
        killer = asyncio.create_task(kill(system, "requests", random.Random(20261127), kills=9))
        for nth in range(COUNT):
            await _begin(producer, system, nth)
        await until(system, "requests", "SELECT count(*) FROM assistance WHERE standing = 'done'", COUNT)
        await killer
        await until(system, "requests", "SELECT count(*) FROM assistance WHERE standing = 'done'", COUNT)
        await until(system, "requests", "SELECT count(*) FROM subject", 0)
        await until(system, "requests", "SELECT count(*) FROM agenda WHERE name LIKE 'task/%'", 0)
        await until(system, "requests", "SELECT count(*) FROM outbox", 0)
        ordered = await _stop(holders)
    await system.stop()
    tasks = defaultdict(list)
    for order in ordered.values():
        tasks[order["instruction_id"]].append((order["act"], order["holder_id"]))
    wanted = [(act, holder_id) for act in ACTS for holder_id in HOLDERS]
    assert {key: [act for act, _ in found] for key, found in tasks.items()} == {
        f"inst-{nth}": [act for act, _ in wanted] for nth in range(COUNT)
    }
    assert all(sorted(found) == sorted(wanted) for found in tasks.values())


async def _begin(producer: AIOKafkaProducer, system: Processes, nth: int) -> None:
    """A person asks, the client instructs and asks for help, and an operator lets it begin; all said twice."""
    now = datetime.now(UTC).isoformat()
    request_id, instruction_id, assistance_id = f"dsar-{nth}", f"inst-{nth}", f"help-{nth}"
    asked: Json = {
        "request_id": request_id,
        "right": "erasure",
        "received_at": now,
        "text": f"Request {nth}",
        "client_id": "acme",
        "identifiers": [{"kind": "phone", "value": f"+3361234{nth:04}"}],
    }
    said = {"channel": "email", "given_by": "DPO", "received_at": now, "text": "Do it.", "purpose": "dsar"}
    given: Json = {
        "client_id": "acme",
        "instruction_id": instruction_id,
        "request_id": request_id,
        "said": said | {"data_categories": [CATEGORY]},
    }
    helped: Json = {
        "request_id": request_id,
        "client_id": "acme",
        "assistance_id": assistance_id,
        "instruction_id": instruction_id,
        "acts": list(reversed(ACTS)),
        "requested_by": "DPO",
        "received_at": now,
    }
    started: Json = {"request_id": request_id, "assistance_id": assistance_id, "started_by": "operator"}
    await say(producer, system, "dsar.received", request_id, asked)
    await say(producer, system, "instruction.given", "acme", given, nth=str(nth))
    await until(system, "requests", f"SELECT count(*) FROM instruction WHERE instruction_id = '{instruction_id}'", 1)
    await until(
        system, "requests", f"SELECT count(*) FROM request WHERE request_id = '{request_id}' AND status = 'open'", 1
    )
    await say(producer, system, "dsar.assistance_requested", request_id, helped)
    await say(producer, system, "dsar.assistance_started", request_id, started)


async def _hold(producer: AIOKafkaProducer, system: Processes) -> dict[str, Json]:
    """Every holder does what it is ordered, and says so twice; what was ordered, in its order, once cancelled."""
    ordered: dict[str, Json] = {}
    async with AIOKafkaConsumer(
        f"{system.prefix}task", bootstrap_servers=system.kafka, auto_offset_reset="earliest", group_id=None
    ) as consumer:
        try:
            async for record in consumer:
                if dict(record.headers)["ce_type"] != b"task.ordered":
                    continue
                order = from_json(record.value)
                ordered.setdefault(order["order_id"], order)
                await say(producer, system, "task.confirmed", order["order_id"], _confirmed(order))
        except asyncio.CancelledError:
            return ordered
    return ordered


def _confirmed(order: Json) -> Json:
    now = datetime.now(UTC).isoformat()
    return {name: order[name] for name in ("order_id", "holder_id", "client_id", "act")} | {
        "started_at": now,
        "finished_at": now,
        "touched": [{"category": CATEGORY, "count": 1}],
        "confirmed_by": order["holder_id"],
    }


async def _stop(holders: "asyncio.Task[dict[str, Json]]") -> dict[str, Json]:
    holders.cancel()
    return await holders
