"""Processes of the smallest service (`ending`), as many as are asked for, on topics with as many partitions."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from benchmarks.rig.ending import Ending
from benchmarks.rig.servers import Servers
from benchmarks.rig.topics import drop_topics, make_topics, members_of
from benchmarks.rig.waiting import until
from chassis.migrations import CHASSIS_TABLES, migrate, shipped
from chassis.outbox import SHARDS

HEARD, SAID = "contract", "deadline"
_SHARED_WITHIN_S = 40
_HELD = """
    SELECT count(*) AS held
      FROM pg_locks
     WHERE locktype = 'advisory' AND objsubid = 2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     GROUP BY pid
    """


@dataclass
class Endings:
    """Topics and a database; processes once they are started."""

    servers: Servers
    prefix: str
    dsn: str
    partitions: int
    running: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def heard(self) -> str:
        """The topic that it hears."""
        return self.prefix + HEARD

    @property
    def said(self) -> str:
        """The topic on which it answers; a record's time there is when the broker had it."""
        return self.prefix + SAID

    @property
    def pids(self) -> dict[str, int]:
        """The processes by name."""
        return {f"{Ending.name} {nth}": process.pid for nth, process in enumerate(self.running, 1)}

    async def start(self, processes: int) -> None:
        """Start so many; returns when they are launched, not when they are ready."""
        environment = os.environ | {
            "DUTIFUL_KAFKA": self.servers.kafka.bootstrap,
            "DUTIFUL_DATABASE_URL": self.dsn,
            "DUTIFUL_TOPIC_PREFIX": self.prefix,
        }
        with (self.servers.home / f"{self.prefix}log").open("ab") as log:
            for _ in range(processes):
                self.running.append(
                    await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "benchmarks.rig.ending", env=environment, stdout=log, stderr=log
                    )
                )

    def signal(self, number: int) -> None:
        """Send a signal to all of them."""
        for process in self.running:
            process.send_signal(number)

    async def shared(self) -> None:
        """Until each has its partitions, where there are enough, and its share of the outbox."""
        group, count = f"{self.prefix}dutiful-{Ending.name}", len(self.running)
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers.kafka.bootstrap)
        await admin.start()
        connection = await asyncpg.connect(self.dsn)

        async def are_shared() -> bool:
            held = [row["held"] for row in await connection.fetch(_HELD)]
            share = SHARDS // count + 1  # and the lock by which a process says that it is there
            return await members_of(admin, group) == count and held == [share] * count

        await until(are_shared, within_s=_SHARED_WITHIN_S)
        await connection.close()
        await admin.close()

    async def stop(self) -> None:
        """SIGTERM, and wait."""
        for process in self.running:
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*[process.wait() for process in self.running])
        self.running.clear()


@asynccontextmanager
async def endings(servers: Servers, partitions: int) -> AsyncIterator[Endings]:
    """Fresh topics and a fresh database; what runs at the end is stopped, and the topics are dropped."""
    prefix = f"{uuid4().hex}."
    dsn = await servers.database(f"endings_{prefix[:12]}")
    await migrate(dsn, Ending.name, shipped(CHASSIS_TABLES, Ending.migrations))
    made = Endings(servers, prefix, dsn, partitions)
    await make_topics(servers.kafka.bootstrap, [made.heard, made.said], partitions, stamped=[made.heard, made.said])
    try:
        yield made
    finally:
        await made.stop()
        await drop_topics(servers.kafka.bootstrap, [made.heard, made.said])
