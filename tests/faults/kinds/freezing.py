"""A process is stopped for longer than its session with the broker, and goes on as if nothing had been: a zombie."""

import asyncio
import signal
from collections.abc import Mapping
from typing import Final

from tests.faults.life import Fault, Life
from tests.faults.publishing import Manner
from tests.faults.quiet import what_is_left
from tests.faults.system import Member

SESSION_S: Final = 4.0
SHORT_SESSION: Final[Mapping[str, str]] = {"DUTIFUL_SESSION_WITHIN": f"PT{SESSION_S:.0f}S"}
"""After so many seconds without a word the broker gives a process's partitions to another; ten in production."""


class Freezes(Fault):
    """Services of two processes each; one of the two is frozen past its session, `times` times."""

    name = "freeze"
    manner = Manner(over_s=3.0)
    settings: Mapping[str, str] = SHORT_SESSION

    def __init__(self, times: int) -> None:
        self._times = times

    async def prepare(self, life: Life) -> None:
        """The notifier and two others that the seed chooses have a second process."""
        others = sorted(life.members.keys() - {"notifier", "holder"})
        for service in ("notifier", *life.dice.sample(others, 2)):
            life.members[f"{service}.2"] = Member(service, f"{service}.2")

    async def during(self, life: Life, act: int) -> None:
        """One of a pair stands still while an act comes, and for longer than its session."""
        if act < 2 or life.faults >= self._times:
            return
        name = life.dice.choice([name for name in life.members if name.endswith(".2")])
        name = life.dice.choice([name, name.removesuffix(".2")])
        await asyncio.sleep(life.dice.uniform(0.0, 0.6))
        life.stage.system.signal(name, signal.SIGSTOP)
        await asyncio.sleep(SESSION_S + life.dice.uniform(2.0, 4.0))
        left = await what_is_left(life.stage)
        life.stage.system.signal(name, signal.SIGCONT)
        life.notes.append(f"while {name} stood still, there was left: {left or 'nothing'}")
        life.faults += 1
        await life.caught_up()
