"""Processes die by SIGKILL: at random moments, and at each of the steps where a promise is most easily broken."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Final

from tests.faults import steps
from tests.faults.kinds.freezing import SHORT_SESSION
from tests.faults.life import Fault, Life
from tests.faults.publishing import Manner
from tests.faults.stream import ACTS
from tests.faults.system import CRASH, GONE, RANDOM_MOMENT

from dutiful.services import RUNNABLE

GONE_OFTEN: Final = 0.25


class Kills(Fault):
    """SIGKILL of services at random moments, `count` times in all, spread over the acts.

    One time in four its pod is gone with it: who comes then has another name, and waits for the session of the dead.
    """

    name = "kill"
    manner = Manner(over_s=3.0)
    settings: Mapping[str, str] = SHORT_SESSION

    def __init__(self, count: int) -> None:
        self._count = count

    async def during(self, life: Life, act: int) -> None:
        """Kill whatever runs, one after the other, whether or not it was ready again."""
        share = self._count // ACTS + (act < self._count % ACTS)
        killed = 0
        while killed < share:
            await asyncio.sleep(life.dice.uniform(0.1, 1.2))
            killed += life.stage.system.kill(life.dice.choice(RUNNABLE), gone=life.dice.random() < GONE_OFTEN)
        life.faults += killed
        if killed:
            await life.caught_up()


class Steps(Fault):
    """Every service dies at every step that it has, `times` times one after the other, also while it comes back."""

    name = "step"

    def __init__(self, times: int) -> None:
        self._times = times

    async def migrate(self, life: Life) -> None:
        """Who migrates dies before a commit and after one, at each schema; the next goes on."""
        for member in life.members.values():
            for step in steps.of(member.service, "migrate"):
                member.steps[step] = deque(range(1, self._times + 1))
            await life.stage.system.migrate(member)
            member.steps.clear()

    async def prepare(self, life: Life) -> None:
        """Each is told where to die, the first of a service as soon as it comes by; those after the last live."""
        for member in life.members.values():
            for step in steps.of(member.service):
                later = (1,) if step == "begun" else (1, 1, 2, 3)
                passes = [1, *(life.dice.choice(later) for _ in range(self._times - 1))]
                member.steps[step] = deque(passes)

    async def finish(self, life: Life) -> None:
        """Whoever has a step came by it; what was not come by is not tried, and nobody may take it for that."""
        life.faults = sum(death.at not in (CRASH, RANDOM_MOMENT, GONE) for death in life.deaths)
        tried = {(death.member, death.at) for death in life.deaths}
        for member in life.members.values():
            every = [*steps.of(member.service, "migrate"), *steps.of(member.service)]
            if missed := [name for name in every if (member.name, name) not in tried]:
                life.wrong.append(f"{member.name} never came by {', '.join(missed)}")
