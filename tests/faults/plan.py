"""Which kinds of faults there are, and how far a run of several is."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.faults.kinds.clocks import ClockSteps
from tests.faults.kinds.disk import DiskFull
from tests.faults.kinds.freezing import Freezes
from tests.faults.kinds.kills import Kills, Steps
from tests.faults.kinds.messages import Disorder, Poison
from tests.faults.kinds.network import Network
from tests.faults.kinds.servers import Away
from tests.faults.life import Fault

UNDISTURBED: Final = "undisturbed"


@dataclass(frozen=True)
class Kind:
    """A kind of fault: how one is made, and roughly how many times as long as an undisturbed run it takes."""

    make: Callable[[], Fault]
    share: float


def kinds(poison_percent: float) -> dict[str, Kind]:
    """Each by its name, in the order in which they are run."""
    return {
        "disorder": Kind(Disorder, 1.1),
        "poison": Kind(lambda: Poison(poison_percent), 1.3),
        "kill": Kind(lambda: Kills(140), 3.5),
        "step": Kind(lambda: Steps(2), 3.0),
        "freeze": Kind(lambda: Freezes(4), 2.0),
        "kafka": Kind(lambda: Away("kafka", 6), 2.3),
        "postgres": Kind(lambda: Away("postgres", 8), 2.3),
        "network": Kind(Network, 2.3),
        "disk": Kind(lambda: DiskFull(4), 2.0),
        "clock": Kind(ClockSteps, 1.8),
    }


class Schedule:
    """What is planned, by name, with its share of the whole; how long the rest will take follows from what is over."""

    def __init__(self, shares: Mapping[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        self._shares = shares
        self._clock = clock
        self._began = clock()
        self._over = 0.0

    @property
    def gone_s(self) -> float:
        """Since it began."""
        return self._clock() - self._began

    def left(self, name: str) -> Callable[[float], str]:
        """Of this one, whatever part of it is over: how much time is gone, and about how much is left."""
        return lambda part: self._told(self._over + self._shares[name] * part)

    def end(self, name: str) -> str:
        """It is over; the same of all."""
        self._over += self._shares[name]
        return self._told(self._over)

    def _told(self, over: float) -> str:
        gone_s = self.gone_s
        if not over:
            return ""
        left_s = gone_s * (sum(self._shares.values()) / over - 1)
        return f" ({minutes(gone_s)} gone, about {minutes(left_s)} left)"


def minutes(seconds: float) -> str:
    """As on a clock."""
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}" if seconds % 60 < 59.5 else f"{seconds // 60 + 1:.0f}:00"
