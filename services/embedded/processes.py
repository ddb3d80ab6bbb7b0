"""The services as separate processes, as in production, so that a whole can be measured and any part of it killed."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from embedded.postgres import EmbeddedPostgres
from embedded.process import tail

VAULT_KEY: Final = "good-for-these-processes-alone-and-nowhere-else"
_LAST_LINES: Final = 30


@dataclass
class Processes:
    """Services, each a process with a role of its own in one database; `prefix` keeps the topics of two systems apart.

    `settings` is put into the environment of every process, beside what they need to find Kafka and PostgreSQL; a
    service without a port in `ports` takes a free one.
    """

    kafka: str
    postgres: EmbeddedPostgres
    database: str
    prefix: str
    agreement: Path
    logs: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def make_database(self, services: Sequence[str]) -> None:
        """The database, and one role per service that may make its own schema there."""
        await self.postgres.create_database(self.database)
        await self.postgres.make_roles(self.database, services)

    def dsn(self, service: str) -> str:
        """The database as the service's own role."""
        return self.postgres.dsn(user=service, database=self.database)

    def pid(self, service: str) -> int:
        """The process id of a service that runs."""
        return self.running[service].pid

    def log(self, service: str) -> Path:
        """What a service's processes wrote, all of them one after the other."""
        return self.logs / f"{self.prefix}{service}.log"

    def account(self, service: str) -> str:
        """How a service stands, for whoever waits in vain: running or ended, and the last that it wrote."""
        process = self.running.get(service)
        code = "isn't started" if process is None else f"ended with {process.returncode}"
        stands = "runs" if process is not None and process.returncode is None else code
        return f"{service} {stands}\n{tail(self.log(service), _LAST_LINES)}"

    async def start(self, *services: str) -> None:
        """Start services; returns when they are launched, not when they are ready."""
        for service in services:
            environment = os.environ | {
                "DUTIFUL_KAFKA": self.kafka,
                "DUTIFUL_DATABASE_URL": self.dsn(service),
                "DUTIFUL_TOPIC_PREFIX": self.prefix,
                "DUTIFUL_VAULT_KEY": VAULT_KEY,
                "DUTIFUL_WEBHOOKS__ALLOW_LOOPBACK": "true",
                "DUTIFUL_PORT": str(self.ports.get(service, 0)),
                **self.settings,
            }
            with self.log(service).open("ab") as log:
                self.running[service] = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "dutiful", "run", service, "--agreement", str(self.agreement),
                    env=environment, stdout=log, stderr=log,
                )  # fmt: skip

    async def kill(self, service: str) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        process = self.running.pop(service)
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()

    async def stop(self) -> None:
        """SIGTERM, and wait."""
        for process in self.running.values():
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*[process.wait() for process in self.running.values()])
        self.running.clear()
