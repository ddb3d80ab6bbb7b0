"""Serves as `dutiful run` does, under the harness's clock, and dies at a step where it is told to.

Production code knows nothing of this: what is changed is changed in this process alone.
"""

import json
import os
from asyncio import Event
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.faults.clock import reading
from tests.faults.steps import plant

from chassis.clock import SystemClock
from dutiful.cli import app

CLOCK: Final = "FAULTS_CLOCK"
STEPS: Final = "FAULTS_STEPS"
EPITAPH: Final = "FAULTS_EPITAPH"
_LOOK_S: Final = 0.5
"""Whoever waits for a time looks at the clock so often: a jump of the hands wakes nobody, and five seconds are long."""


def serve(command: Sequence[str]) -> None:
    """The clock, the steps if there are any, and then the command as it is."""
    now = reading(Path(os.environ[CLOCK]))

    wait = SystemClock.wait

    def said_now(_: SystemClock) -> datetime:
        return now()

    async def looking_again(clock: SystemClock, wake: Event, until: datetime | None, *, at_most_s: float) -> None:
        await wait(clock, wake, until, at_most_s=min(at_most_s, _LOOK_S))

    SystemClock.now = said_now  # type: ignore[method-assign, assignment]
    SystemClock.wait = looking_again  # type: ignore[method-assign, assignment]
    plant(json.loads(os.environ[STEPS]), Path(os.environ[EPITAPH]))
    app(list(command))
