"""The servers that the benchmarks run on, and what their processes cost."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres


@dataclass
class Servers:
    """A real Kafka and a real PostgreSQL, durable as in production."""

    home: Path

    def __post_init__(self) -> None:
        """Nothing is started yet."""
        self.kafka = EmbeddedKafka(self.home, progress=print)
        self.postgres = EmbeddedPostgres(self.home, progress=print)

    async def start(self) -> None:
        """Start both."""
        await asyncio.gather(self.kafka.start(), self.postgres.start())

    async def stop(self) -> None:
        """Stop both."""
        await asyncio.gather(self.kafka.stop(), self.postgres.stop())

    async def database(self, name: str) -> str:
        """The DSN of a fresh database."""
        await self.postgres.create_database(name)
        return self.postgres.dsn(database=name)

    async def drop_database(self, name: str) -> None:
        """What has been measured needs no disk any more."""
        connection = await asyncpg.connect(self.postgres.dsn(database="postgres"))
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


def cpu_s(*pids: int | None) -> float:
    """CPU seconds of these processes and all their children, ended ones included where the system tells."""
    total = 0.0
    for pid in pids:
        if pid is None:
            continue
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def rss_mb(pid: int) -> float:
    """Resident memory of one process, in MB."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6
