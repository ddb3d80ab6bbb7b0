"""When nothing is left to do: all that was published is handled, said, delivered and carried out."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

import asyncpg
from aiokafka.errors import KafkaError
from tests.faults.world import Stage

from dutiful.services import RUNNABLE

WITHIN_S: Final = 240.0
POLL_S: Final = 0.2
_LEFT: Final = {
    **{f"{service}: rows in the outbox": f"SELECT count(*) FROM {service}.outbox" for service in RUNNABLE},
    **{
        f"{service}: dates that have come": f"SELECT count(*) FROM {service}.agenda WHERE due_at <= $1"
        for service in RUNNABLE
    },
    "notifier: deliveries": "SELECT count(*) FROM notifier.delivery WHERE status = 'pending' AND channel <> 'post'",
    "notifier: alerts": "SELECT count(*) FROM notifier.alert WHERE next_attempt_at IS NOT NULL",
    "holder: orders": "SELECT count(*) FROM holder.job WHERE status = 'open'",
}
_ALL_LEFT: Final = f"SELECT {', '.join(f'({query})' for query in _LEFT.values())}"
_COUNT: Final = re.compile(r"\d+ (?=records)| \(\d+\)")
_DOWN: Final = (OSError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class NotQuiet(AssertionError):
    """Something is left to do, and nobody does it."""


async def until_quiet(stage: Stage, tell: Callable[[str], None], within_s: float = WITHIN_S) -> None:
    """Return once nothing is left; NotQuiet says what is, after `within_s` seconds in which it stayed so."""
    left = "nothing was looked at"
    clock = asyncio.get_running_loop().time
    since, told_at = clock(), clock()
    while True:
        before, looked_at = left, clock()
        try:
            left = await what_is_left(stage)
        except _DOWN as error:
            left = f"the servers: {type(error).__name__}"
        if not left:
            return
        if left != before:
            since = clock()
        if clock() - since > within_s:
            raise NotQuiet(f"{stage.name}: it stays at {left}")
        if clock() - told_at > 5:
            tell(f"waiting for {left}")
            told_at = clock()
        await asyncio.sleep(POLL_S)
        stage.spending.wait(_COUNT.sub("", left), clock() - looked_at)


async def what_is_left(stage: Stage) -> str:
    """What is still to be done; nothing is "".

    First what is heard, then what is said, then again what is there to be heard: what is on the way between two
    services is seen in one of them.
    """
    ends = await stage.bus.ends()
    unheard = await asyncio.gather(*[stage.bus.unheard(service, ends) for service in RUNNABLE])
    for service, count in zip(RUNNABLE, unheard, strict=True):
        if count:
            return f"{service}: {count} records"
    connection = await asyncpg.connect(stage.dsn, timeout=5)
    try:
        found = await connection.fetchrow(_ALL_LEFT, stage.hands.now())
    finally:
        await connection.close()
    for what, count in zip(_LEFT, found or (), strict=True):
        if count:
            return f"{what} ({count})"
    if await stage.bus.ends() != ends or not await stage.bus.is_up_to(ends):
        return "the bus"
    return ""
