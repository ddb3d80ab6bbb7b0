"""A version after this one: the same code with what a release may bring, a migration and an optional field."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from tests.chassis.eventually import WITHIN_S, eventually

from embedded.kafka_broker import free_port
from embedded.processes import VAULT_KEY, Processes

ROOT = Path(__file__).parents[2]
REMARK = "of the next version"
_KEYED = "    change_id: Id\n"
_MIGRATIONS = {
    "subprocessor_registry": "ALTER TABLE change ADD COLUMN remark text; CREATE INDEX ON change (remark);",
    "notifier": "ALTER TABLE notice ADD COLUMN remark text; ALTER TABLE delivery ADD COLUMN remark text;",
}


def make_next(directory: Path) -> dict[str, str]:
    """Write the next version there; return the environment in which it is the one that runs."""
    for part in ("libs", "services"):
        shutil.copytree(ROOT / part, directory / part, ignore=shutil.ignore_patterns("__pycache__"))
    events = directory / "libs/contracts/change.py"
    text = events.read_text()
    assert _KEYED in text
    events.write_text(text.replace(_KEYED, f'{_KEYED}    remark: str | None = "{REMARK}"\n', 1))
    for service, statements in _MIGRATIONS.items():
        (directory / "services" / service / "migrations/9999_next.sql").write_text(statements)
    return {"PYTHONPATH": f"{directory / 'libs'}{os.pathsep}{directory / 'services'}"}


@dataclass
class Pod:
    """One process of a service, of one version, watched as Kubernetes watches it."""

    system: Processes
    service: str
    version: Mapping[str, str]
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return once it is ready."""
        self.process = await self._run("run")
        await eventually(self._is_ready)

    async def stop(self) -> None:
        """SIGTERM; it ends in order, by itself and in time."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(self.process.wait(), WITHIN_S) == 0

    async def kill(self) -> None:
        """What a test that failed leaves behind."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def migrate(self) -> None:
        """What the Job of this version does."""
        process = await self._run("migrate")
        assert await process.wait() == 0

    async def has_handled(self) -> bool:
        """Whether it has done some of the work."""
        async with aiohttp.ClientSession() as session, session.get(self._url("/metrics")) as answer:
            return any(line.startswith("dutiful_events_handled_total{") for line in (await answer.text()).splitlines())

    async def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, "it ended instead of becoming ready"
        try:
            async with aiohttp.ClientSession() as session, session.get(self._url("/health/ready")) as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def _run(self, command: str) -> asyncio.subprocess.Process:
        environment = {
            **os.environ,
            "DUTIFUL_KAFKA": self.system.kafka,
            "DUTIFUL_DATABASE_URL": self.system.dsn(self.service),
            "DUTIFUL_TOPIC_PREFIX": self.system.prefix,
            "DUTIFUL_WEBHOOKS__ALLOW_LOOPBACK": "true",
            "DUTIFUL_VAULT_KEY": VAULT_KEY,
            "DUTIFUL_AGREEMENT": str(self.system.agreement),
            "DUTIFUL_PORT": str(self.port),
            **self.version,
        }
        with self.system.log(self.service).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "dutiful", command, self.service, env=environment, stdout=log, stderr=log
            )
