"""The disk of the database is full for a while: its data lie on a small tmpfs, which a file fills and then leaves."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
from tests.faults.life import Fault, Life
from tests.faults.publishing import Manner

SIZE_MB: Final = 400
_CHUNK: Final = 256 * 1024


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """A tmpfs of its own; needs root and the right to mount."""
    directory.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(directory)], check=True)  # noqa: S603
    try:
        yield directory
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(directory)], check=True)  # noqa: S603


def can_mount(directory: Path) -> bool:
    """Whether this machine lets us."""
    try:
        with small_disk(directory):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


class DiskFull(Fault):
    """The disk is filled to the last byte for some seconds, `times` times; what is given back is taken too."""

    name = "disk"
    manner = Manner(over_s=3.0)

    def __init__(self, times: int) -> None:
        self._times = times
        self.disk = Path()

    async def during(self, life: Life, act: int) -> None:
        """Full amid an act, and free again; a database that has given up is started again, as whoever frees it does."""
        if act < 2 or life.faults >= self._times:
            return
        await asyncio.sleep(life.dice.uniform(0.1, 1.0))
        ballast, until = self.disk / "ballast", asyncio.get_running_loop().time() + life.dice.uniform(3.0, 7.0)
        with ballast.open("ab") as file:
            while asyncio.get_running_loop().time() < until:
                _fill(file.fileno())
                await asyncio.sleep(0.05)
        ballast.unlink()
        life.faults += 1
        await self._revive(life)
        await life.caught_up()

    async def _revive(self, life: Life) -> None:
        postgres = life.stage.world.postgres
        try:
            connection = await asyncpg.connect(life.stage.dsn, timeout=10)
            await connection.close()
        except (OSError, TimeoutError, asyncpg.PostgresError):
            life.notes.append("the database had ended")
            await postgres.kill()
            await postgres.start()


def _fill(descriptor: int) -> None:
    """To the last byte."""
    size = _CHUNK
    while size:
        try:
            os.write(descriptor, bytes(size))
        except OSError:
            size //= 2
