"""What a stretch of work cost: seconds of the clock, and CPU seconds of each process that had a part in it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.rig.servers import Servers, cpu_s

SERVERS = ("postgresql", "kafka")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the clock, and CPU seconds by process."""

    elapsed_s: float
    cpu_s: Mapping[str, float]

    @property
    def services_s(self) -> float:
        """CPU seconds of everything but PostgreSQL and Kafka."""
        return sum(spent for name, spent in self.cpu_s.items() if name not in SERVERS)

    def per_million(self, events: int) -> dict[str, float]:
        """CPU seconds for a million such events: of services, of PostgreSQL, of Kafka."""
        each = 1_000_000 / events
        return {"services": self.services_s * each} | {name: self.cpu_s[name] * each for name in SERVERS}


@dataclass
class Meter:
    """Reads the processes' own accounts; `pids` by name, PostgreSQL with its children and Kafka beside them."""

    servers: Servers
    pids: Mapping[str, int]
    began: float = field(init=False)
    before: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        """From now on."""
        self.before, self.began = self._read(), time.perf_counter()

    def cost(self) -> Cost:
        """Since it was made."""
        elapsed_s, now = time.perf_counter() - self.began, self._read()
        return Cost(elapsed_s, {name: now[name] - before for name, before in self.before.items()})

    def _read(self) -> dict[str, float]:
        counted = {**self.pids, "postgresql": self.servers.postgres.pid, "kafka": self.servers.kafka.pid}
        return {name: cpu_s(pid) for name, pid in counted.items()}
