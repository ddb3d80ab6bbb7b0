"""Some minutes of a platform with forty clients: work of every kind, and what goes wrong among it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.load.stories import FIRST, SOURCE, said, waves
from benchmarks.rig.company import fill_platform
from benchmarks.rig.filling import fill_endpoints_of_all
from tools.pictures.stage import Stage

from chassis.message import Cause
from contracts.publishing import Outgoing
from embedded.receiver import Answer

CLIENTS: Final = 40
_WAVE_S: Final = 35.0
_LEAVING: Final = range(CLIENTS, CLIENTS + 5)
_ROWS: Final = 10
_BURST: Final = 8000
_ASKED: Final = 20
_AWAY_S: Final = 20.0
_ADDRESSES: Final = ("dpo@client-42.example", "privacy@client-42.example")
_PHONE: Final = {"kind": "phone", "value": "+33612345678"}
Wrong = Callable[[Stage, Outgoing, int], Outgoing]
_BROKEN: Final = (b"{", b"[]", b"\xff\xfe")


async def play(stage: Stage) -> None:
    """All of it, in its order; ends with the holder dead and orders for it under way."""
    change_id = await _begin(stage)
    first, second, third, *others = waves(CLIENTS, stage.prefix, change_id)
    await stage.publish(_among(stage, first, _broken), over_s=_WAVE_S)
    await stage.publish(_late(stage))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_mail_is_refused(stage))
        tasks.create_task(stage.publish(second, over_s=_WAVE_S))
    await _leave(stage, _LEAVING)
    await stage.publish(third, over_s=_WAVE_S)
    await _burst(stage)
    for nth, wave in enumerate(others):
        await stage.publish(_among(stage, wave, _unknown), over_s=_WAVE_S)
        await _help(stage, range(5 * nth, 5 * nth + 5))
    await _end_without_holder(stage)


async def _begin(stage: Stage) -> str:
    """Clients sign, some with endpoints that hang or fail, and hear of a change; its id."""
    everybody = range(CLIENTS + len(_LEAVING))
    await stage.publish([said(each, n, stage.prefix, "") for n in everybody for each in FIRST], over_s=10)
    await asyncio.sleep(5)
    for nth in (3, 4):
        stage.endpoints.answer(f"/e/{nth}", Answer(hang_s=25))
    for nth in (7, 8, 9, 10):
        stage.endpoints.answer(f"/e/{nth}", Answer(status=503))
    await fill_endpoints_of_all(stage.processes.dsn("notifier"), stage.endpoints.url(""))
    await fill_platform(stage.servers, "client-42-", len(everybody), _ROWS)
    added = said("subprocessor.added", 0, stage.prefix, "")
    await stage.publish([added])
    await asyncio.sleep(5)
    return Cause(SOURCE, added.id, "").derive("change")


async def _mail_is_refused(stage: Stage) -> None:
    """All clients of the stories have the same address, first one, then another."""
    await asyncio.sleep(5)
    for each in _ADDRESSES:
        stage.mail.refuse(each, 450)
    await asyncio.sleep(_WAVE_S - 5)
    for each in _ADDRESSES:
        stage.mail.refuse(each, None)


async def _burst(stage: Stage) -> None:
    """More at once than is done at once; then the broker is away, while clients ask through the API."""
    changes = [
        stage.event("client.contact_changed", f"burst-{n}", {"client_id": f"client-42-{n % CLIENTS}"})
        for n in range(_BURST)
    ]
    await stage.publish(changes)
    await asyncio.sleep(5)
    await stage.servers.kafka.stop()
    for n in range(_ASKED):
        await stage.ask(f"client-42-{n}", f"q-away-{n}")
        await asyncio.sleep(_AWAY_S / _ASKED)
    await stage.servers.kafka.start()
    await asyncio.sleep(15)


async def _leave(stage: Stage, clients: Iterable[int]) -> None:
    """Contracts end today, and their clients want their data deleted."""
    today = datetime.now(UTC).date().isoformat()
    for n in clients:
        client = {"client_id": f"client-42-{n}"}
        await stage.publish([stage.event("contract.terminated", f"end-{n}", client | {"terminated_on": today})])
        await asyncio.sleep(0.3)
        chosen = client | {"choice": "deletion", "received_at": datetime.now(UTC).isoformat()}
        await stage.publish([stage.event("choice.made", f"choice-{n}", chosen)])


async def _help(stage: Stage, clients: Iterable[int]) -> None:
    """Clients ask for help with the request of a person whom the holder may know."""
    for n in clients:
        client_id, request_id = f"client-42-{n}", f"dsar-help-{n}"
        of = {"client_id": client_id, "request_id": request_id}
        received = {"received_at": datetime.now(UTC).isoformat()}
        said: dict[str, object] = {
            "channel": "email",
            "given_by": "DPO",
            "text": "Find it.",
            "purpose": "To answer",
            "data_categories": ["call_recordings", "call_fax_logs"],
        }
        instruction = {"instruction_id": f"inst-help-{n}"}
        help_ = {"assistance_id": f"help-help-{n}"}
        asked: list[tuple[str, dict[str, object]]] = [
            ("dsar.received", of | received | {"identifiers": [_PHONE]}),
            ("instruction.given", of | instruction | {"said": said | received}),
            ("dsar.assistance_requested", of | received | instruction | help_ | {"identifiers": [_PHONE]}),
            ("dsar.assistance_started", {"request_id": request_id, **help_}),
        ]
        for event_type, changes in asked:
            await stage.publish([stage.event(event_type, f"help-{n}-{event_type}", changes)])
            await asyncio.sleep(0.3)


async def _end_without_holder(stage: Stage) -> None:
    """Contracts end while nobody carries out what that orders."""
    await stage.processes.kill("holder")
    await _leave(stage, range(5))
    await _help(stage, range(30, 35))
    await asyncio.sleep(65)  # what is counted is counted every half minute


def _late(stage: Stage) -> list[Outgoing]:
    """What is heard of when its time is nearly over, or over."""
    now = datetime.now(UTC)
    breaches = [
        stage.event(
            "breach.detected",
            f"late-{hours}",
            {
                "incident_id": f"inc-late-{hours}",
                "client_ids": [f"client-42-{hours % CLIENTS}"],
                "detected_at": (now - timedelta(hours=hours + 1)).isoformat(),
                "aware_at": (now - timedelta(hours=hours)).isoformat(),
            },
        )
        for hours in (30, 68, 75)
    ]
    requests = [
        stage.event(
            "dsar.received",
            f"late-dsar-{days}",
            {"request_id": f"dsar-late-{days}", "received_at": (now - timedelta(days=days)).isoformat()} | whose,
        )
        for days, whose in ((29, {"client_id": "client-42-1"}), (28, {"client_id": "nobody-we-know"}))
    ]
    return [*breaches, *requests]


def _among(stage: Stage, wave: Sequence[Outgoing], wrong: Wrong) -> list[Outgoing]:
    """One in thirty is followed by what can't be handled."""
    mixed: list[Outgoing] = []
    for nth, record in enumerate(wave):
        mixed.append(record)
        if stage.dice.randrange(30) == 0:
            mixed.append(wrong(stage, record, nth))
    return mixed


def _broken(stage: Stage, record: Outgoing, nth: int) -> Outgoing:
    """What nobody can read."""
    headers = [each if each[0] != "ce_id" else ("ce_id", f"broken-{nth}".encode()) for each in record.headers]
    return replace(record, value=stage.dice.choice(_BROKEN), headers=headers)


def _unknown(stage: Stage, _: Outgoing, nth: int) -> Outgoing:
    """What is said of an incident that nobody has heard of."""
    name = f"nobody-{nth}-{stage.dice.randrange(1_000_000)}"
    return stage.event("breach.updated", name, {"incident_id": name})
