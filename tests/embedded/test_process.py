"""The embedded servers as processes: none outlives us, and no two share a home."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from embedded.postgres import EmbeddedPostgres
from embedded.process import Launch, ServerError, ServerProcess

_PARENT = """
import asyncio, sys
from pathlib import Path
from embedded.kafka import EmbeddedKafka
from embedded.postgres import EmbeddedPostgres

async def main():
    home = Path(sys.argv[1])
    kafka, postgres = EmbeddedKafka(home), EmbeddedPostgres(home)
    await asyncio.gather(kafka.start(), postgres.start())
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def _ready_parent(script: str, home: Path) -> subprocess.Popen[bytes]:
    """A process of its own that has started its servers."""
    parent = subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE)  # noqa: S603
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    return parent


async def _all_end(processes: list[psutil.Process], within_s: float) -> list[psutil.Process]:
    """Those that still run after so many seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while (alive := [one for one in processes if _runs(one)]) and loop.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return alive


def _runs(process: psutil.Process) -> bool:
    """A zombie has ended: only its parent hasn't looked yet."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.servers
async def test_no_orphans(server_home: Path) -> None:
    """After a SIGKILL of the process that started them, Kafka, PostgreSQL and all their children end."""
    with await asyncio.to_thread(_ready_parent, _PARENT, server_home) as parent:
        children = psutil.Process(parent.pid).children(recursive=True)
        assert {"java", "postgres"} <= {child.name() for child in children}
        parent.kill()
    assert await _all_end(children, within_s=10) == []


@pytest.mark.servers
async def test_start_after_a_crash(server_home: Path) -> None:
    """A start right after such a SIGKILL waits for the old server to let go of the data, then recovers."""
    script = _PARENT.replace("kafka.start(), ", "")
    with await asyncio.to_thread(_ready_parent, script, server_home) as parent:
        parent.kill()
    server = EmbeddedPostgres(server_home)
    await server.start()
    await server.stop()


def _sleeper(tmp_path: Path, *words: str) -> Launch:
    return Launch(words or ("sleep", "60"), tmp_path / "log", tmp_path / "lock")


async def test_a_home_in_use(tmp_path: Path) -> None:
    """A second server on a home is refused while the first runs, and welcome afterwards."""
    first = await ServerProcess.launch(_sleeper(tmp_path))
    with pytest.raises(ServerError, match="in use"):
        await ServerProcess.launch(replace(_sleeper(tmp_path), lock_within_s=0.1))
    await first.kill()
    second = await ServerProcess.launch(_sleeper(tmp_path))
    await second.kill()


async def test_stop_is_bounded(tmp_path: Path) -> None:
    """A server that ignores the request to end is killed after the given time."""
    deaf = await ServerProcess.launch(
        _sleeper(tmp_path, "sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done")
    )
    async with asyncio.timeout(5):
        while "deaf" not in deaf.log_tail():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
    await deaf.stop(signal.SIGTERM, within_s=0.1)
    assert deaf.exit_code == -signal.SIGKILL


async def test_a_stop_leaves_no_guard(tmp_path: Path) -> None:
    """Neither the server nor its guard is left after a stop."""
    server = await ServerProcess.launch(_sleeper(tmp_path))
    try:
        async with asyncio.timeout(5):
            while len(group := _group(server.pid)) != 2:  # noqa: ASYNC110 - the shell is still becoming the two
                await asyncio.sleep(0.01)
    finally:
        await server.stop(signal.SIGTERM, within_s=5)
    assert await _all_end(group, within_s=5) == []


def _group(leader: int) -> list[psutil.Process]:
    return [one for one in psutil.process_iter() if _runs(one) and _group_of(one) == leader]


def _group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None
