"""Two processes of the console are killed while facts come: each is in its record once, and no chain is broken."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from agreement.book import Book
from chassis.access import make_key
from chassis.database import Pool, open_pool
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.signing import Signer
from console import exporting, queries
from console.app import Console
from console.verifying import verify
from contracts.breach import Origin
from contracts.event import Event
from contracts.incident import IncidentClosed, IncidentNoticeOrdered, IncidentOpened, NoticeKind
from contracts.notice import Channel, NoticeReceived
from contracts.sealing import EVERYBODY, chain_of
from contracts.subprocessor import SubprocessorRemoved
from embedded.processes import Processes

pytestmark = [pytest.mark.servers, pytest.mark.slow]

CLIENTS = [f"client-{n:02}" for n in range(40)]
INCIDENTS = 5
NOTICES = 30
FACTS = NOTICES + 3 * INCIDENTS
KILLS = 6
WITHIN_S = 120
AT = datetime(2026, 11, 27, tzinfo=UTC)


async def test_kills_while_two_processes_append(
    make_system: Callable[[str], Awaitable[Processes]], tmp_path: Path
) -> None:
    """EVI-1: after every kill nothing is lost or there twice, whatever came again, and every export verifies."""
    key = tmp_path / "evidence.pem"
    make_key(key)
    made = await make_system("console")
    settings = {"DUTIFUL_EVIDENCE_KEY": str(key)}
    systems = [replace(made, settings=settings, running={}) for _ in range(2)]
    dsn = made.dsn("console")
    await migrate(dsn, "console", shipped(CHASSIS_TABLES, Console.migrations))
    for system in systems:
        await system.start("console")
    try:
        async with AIOKafkaProducer(bootstrap_servers=made.kafka, enable_idempotence=True) as producer:
            killer = asyncio.create_task(_kill(systems))
            for nth, event in enumerate(_facts()):
                for _ in range(2):  # twice, as publishers do
                    await _say(producer, made.prefix, event, f"event-{nth}")
            await killer
        pool = await open_pool(dsn, "console", 2)
        try:
            await _until(pool, len(CLIENTS) * FACTS + NOTICES)
            await _check(pool, made.agreement, key)
        finally:
            await pool.close()
    finally:
        for system in systems:
            await system.stop()


def _facts() -> list[Event]:
    """To each client its notices, to all of them incidents in pages, and what concerns everybody."""
    events: list[Event] = []
    for nth in range(NOTICES):
        events += [_notice(client_id, nth) for client_id in CLIENTS]
        events.append(SubprocessorRemoved(subprocessor_id=f"s-{nth}"))
    for nth in range(INCIDENTS):
        incident = f"inc-{nth}"
        told = [_told(incident, page) for page in (CLIENTS[:15], CLIENTS[15:])]
        opened = IncidentOpened(incident_id=incident, origin=Origin.DETECTOR, detected_at=AT, suspected=False)
        closed = IncidentClosed(incident_id=incident, dismissed=False, closed_by="ada", reason="over")
        place = (nth + 1) * len(events) // (INCIDENTS + 1)
        events[place:place] = [told[0], opened, told[1], closed]
    return events


def _notice(client_id: str, nth: int) -> NoticeReceived:
    return NoticeReceived(
        notice_id=f"n-{client_id}-{nth}",
        client_id=client_id,
        about="c",
        kind="k",
        channel=Channel.EMAIL,
        received_at=AT,
        proof="",
    )


def _told(incident: str, page: list[str]) -> IncidentNoticeOrdered:
    return IncidentNoticeOrdered(
        order_id=f"o-{incident}-{len(page)}",
        about=incident,
        kind=NoticeKind.BREACH_NOTICE,
        client_ids=tuple(page),
        deadline_at=AT,
        escalate_at=AT,
        clause="6",
        facts={},
    )


async def _say(producer: AIOKafkaProducer, prefix: str, event: Event, event_id: str) -> None:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", b"test"),
        ("ce_type", event.TYPE.encode()),
    ]
    value = event.model_dump_json(exclude_none=True).encode()
    await producer.send(prefix + event.topic(), value, key=event.key.encode(), headers=headers)


async def _kill(systems: list[Processes]) -> None:
    dice = random.Random(20261127)
    for nth in range(KILLS):
        await asyncio.sleep(dice.uniform(1.5, 3))
        await systems[nth % 2].kill("console")
        await systems[nth % 2].start("console")


async def _until(pool: Pool, expected: int) -> None:
    found = -1
    try:
        async with asyncio.timeout(WITHIN_S):
            while (found := await pool.fetchval("SELECT count(*) FROM entry")) < expected:  # noqa: ASYNC110 - others write
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{found} entries, expected {expected}") from None


async def _check(pool: Pool, agreement: Path, key: Path) -> None:
    """Every client's export verifies, and holds each fact once."""
    signer, book = Signer(key), Book.read(agreement)
    for client_id in CLIENTS:
        names = [EVERYBODY, chain_of(client_id)]
        there = await queries.chains(pool, names)
        heads = {name: there[name].head for name in names}
        first = exporting.header(client_id, book.latest, signer.key_id, AT, AT)
        file = b"".join([piece async for piece in exporting.lines(pool, signer, first, heads)])
        proven = verify(file.splitlines(), signer.public_pem.encode())
        assert {name: len(hashes) for name, hashes in proven.hashes.items()} == {names[0]: NOTICES, names[1]: FACTS}
    twice = "SELECT count(*) FROM (SELECT FROM entry GROUP BY chain, about[1] HAVING count(*) > 1) AS twice"
    assert await pool.fetchval(twice) == 0
    others = """
        SELECT count(*) FROM entry
         WHERE chain <> 'all' AND replace(body, substr(chain, 8), '') ~ 'client-[0-9]'
        """
    assert await pool.fetchval(others) == 0
    assert await pool.fetchval("SELECT count(*) FROM contradiction") == 0
