"""Clocks go wrong: one service's clock jumps forward or back, and is put right again."""

import asyncio
from datetime import timedelta
from typing import Final

from tests.faults.life import Fault, Life
from tests.faults.publishing import Manner

from dutiful.services import RUNNABLE

AHEAD_AT_MOST_S: Final = 20 * 60
BEHIND_AT_MOST_S: Final = 4 * 60
"""Further behind than `ahead_within`, what is said just now lies in the future, and is refused: that is a promise."""


class ClockSteps(Fault):
    """Each act, one service after the other has a clock that is wrong for some seconds."""

    name = "clock"
    manner = Manner(over_s=2.0)

    async def during(self, life: Life, act: int) -> None:  # noqa: ARG002 - every act is the same here
        """Forward and back, in the midst of an act."""
        hands = life.stage.hands
        for service in life.dice.sample(RUNNABLE, 3):
            behind = life.dice.random() < 0.5
            by_s = -life.dice.uniform(1, BEHIND_AT_MOST_S) if behind else life.dice.uniform(1, AHEAD_AT_MOST_S)
            hands.step(service, timedelta(seconds=by_s))
            await asyncio.sleep(life.dice.uniform(0.3, 1.5))
            hands.step(service, timedelta())
            life.faults += 1
