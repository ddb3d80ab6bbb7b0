"""The breach service is killed while incidents come: each client is told of each, in each phase, once."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.faults.speaking import Json, fetch, heard, kill, say, signed, until

from breach.app import Breach
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from embedded.processes import Processes

pytestmark = [pytest.mark.servers, pytest.mark.slow]

BREACH = Breach.name
CLIENTS = [f"client-{n:03}" for n in range(700)]  # more than a page
INCIDENTS = [f"inc-{n}" for n in range(12)]


async def test_kills_while_incidents_come(make_system: Callable[[str], Awaitable[Processes]]) -> None:
    """BRE-1, BRE-2: after a dozen kills nobody was forgotten, nobody told twice, and every clock has its warnings."""
    system = await make_system("incidents")
    await migrate(system.dsn(BREACH), BREACH, shipped(CHASSIS_TABLES, Breach.migrations))
    await system.start(BREACH)
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, enable_idempotence=True) as producer:
        for client_id in CLIENTS:
            await say(producer, system, "client.signed", client_id, signed(client_id), times=1)
        await until(system, BREACH, "SELECT count(*) FROM client", len(CLIENTS))
        dice = random.Random(20261125)
        for incident in INCIDENTS:
            for event_type, data in _course(incident):
                await say(producer, system, event_type, incident, data, nth=str(data.get("update_id", "")))
            await kill(system, BREACH, dice, kills=1)
    await until(
        system, BREACH, "SELECT count(*) FROM affected WHERE ordered_at IS NOT NULL", len(INCIDENTS) * len(CLIENTS)
    )
    await until(system, BREACH, "SELECT count(*) FROM phase", 2 * len(INCIDENTS))
    await until(system, BREACH, "SELECT count(*) FROM outbox", 0)
    await system.stop()
    told = Counter(await _told(system))
    expected = {(incident, client_id, phase) for incident in INCIDENTS for client_id in CLIENTS for phase in ("1", "2")}
    notices = {each for each in told if each[2] == "notice"}
    assert notices == {(incident, client_id, "notice") for incident in INCIDENTS for client_id in CLIENTS}
    assert set(told.values()) == {1}
    # Who was told first after an update came reads it in the first notice; nobody misses what came after that.
    assert {each for each in told if each[2] != "notice"} <= expected
    assert {each for each in expected if each[2] == "2"} <= set(told)
    warnings = await fetch(system, BREACH, "SELECT count(*) FROM agenda WHERE name LIKE 'clock/%'")
    assert warnings[0][0] == len(INCIDENTS) * (4 + 4 + 2)


def _course(incident: str) -> list[tuple[str, Json]]:
    """Detected with half of the clients, widened to all, told in two phases."""
    now = datetime.now(UTC)
    of: dict[str, object] = {"incident_id": incident}
    said: dict[str, object] = {"as_of": now.isoformat(), "text": {"en": "More."}, "said_by": "DPO"}
    return [
        (
            "breach.detected",
            of
            | {
                "origin": "detector",
                "detected_at": (now - timedelta(minutes=2)).isoformat(),
                "aware_at": (now - timedelta(minutes=1)).isoformat(),
                "description": "An export",
                "client_ids": CLIENTS[:600],
            },
        ),
        ("breach.updated", of | said | {"update_id": "u1"}),
        ("breach.scoped", of | {"client_ids": CLIENTS, "decided_by": "DPO", "reason": "All rows"}),
        ("breach.updated", of | said | {"update_id": "u2"}),
    ]


async def _told(system: Processes) -> list[tuple[str, str, str]]:
    """What was ordered to be told: incident, client, and `notice` or the number of the update; each event once."""
    orders = [each.data for each in await heard(system, ["incident"]) if each.type == "incident.notice_ordered"]
    return [
        (str(order["about"]), client_id, _phase(order))
        for order in orders
        for client_id in order["client_ids"]  # type: ignore[attr-defined]
    ]


def _phase(order: Json) -> str:
    facts = order["facts"]
    assert isinstance(facts, dict)
    return "notice" if order["kind"] == "breach_notice" else str(facts["update_number"])
