"""`dutiful dead-letters`, as a person types it."""

import asyncio
import json
import os
import sys

import pytest
from tests.chassis.bus import Bus

from chassis.dead_letters import topic_of
from dutiful.services import NAMES

pytestmark = pytest.mark.servers

_HEADERS = {
    "dutiful-reason": "agreement 'quicktalk' has no version '99' here; there are: " + "quicktalk 1, " * 20,
    "dutiful-field": "agreement_version",
    "dutiful-service": NAMES[0],
    "dutiful-failed-at": "2026-11-25T09:00:00.123456+00:00",
    "dutiful-topic": "subprocessor",
    "dutiful-partition": "0",
    "dutiful-offset": "7",
    "dutiful-key": '"acme"',
}


async def _dutiful(bus: Bus, *arguments: str) -> str:
    """What it says into a pipe, which has no width, and on a terminal of 80 columns."""
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dutiful", "dead-letters", *arguments, "--kafka", bus.bootstrap),
        *("--prefix", bus.prefix),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "80"},
    )
    out, _ = await command.communicate()
    assert command.returncode == 0
    return out.decode()


async def test_an_id_can_be_given_on_as_it_is_listed(bus: Bus) -> None:
    """However narrow the terminal: the list shows ids whole, and `show` and `discard` take them."""
    letter_id = f"{NAMES[0]}-{bus.prefix}subprocessor-0-7"
    await bus.make(topic_of(NAMES[0]))
    await bus.publish(topic_of(NAMES[0]), (letter_id, b"{}", _HEADERS))
    listed = (await _dutiful(bus, "list")).splitlines()
    assert listed[0] == letter_id
    assert listed[2].strip() == _HEADERS["dutiful-reason"].strip()
    shown = json.loads(await _dutiful(bus, "show", listed[0]))
    assert (shown["id"], shown["topic"], shown["offset"], shown["key"]) == (letter_id, "subprocessor", 7, "acme")
    assert "1 discarded" in await _dutiful(bus, "discard", listed[0])
    assert await _dutiful(bus, "list") == "no dead letters\n"


@pytest.mark.parametrize("chosen", ["all", "one"])
async def test_a_message_that_several_services_set_aside_is_published_once(bus: Bus, chosen: str) -> None:
    """Else each replay of what is still wrong would make a letter per service of each letter."""
    ids = [f"{service}-{bus.prefix}subprocessor-0-7" for service in NAMES]
    await bus.make("subprocessor", *map(topic_of, NAMES))
    for service, letter_id in zip(NAMES, ids, strict=True):
        own = {"dutiful-service": service, "dutiful-topic": f"{bus.prefix}subprocessor"}
        await bus.publish(topic_of(service), (letter_id, b"{}", _HEADERS | own))
    assert f"1 replayed, of {len(NAMES)} dead letters" in await _dutiful(
        bus, "replay", "all" if chosen == "all" else ids[0]
    )
    await bus.publish("subprocessor", ("after", b"{}", {}))
    heard = await bus.hear("subprocessor", lambda records: any(each.key == "after" for each in records))
    assert [each.key for each in heard] == ["acme", "after"]
    assert await _dutiful(bus, "list") == "no dead letters\n"
