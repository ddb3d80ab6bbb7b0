"""The hands of the clock that all processes of a system read: set by the harness, a file of eight bytes for each.

The clock is a port (`chassis.clock`); a service is started with one that is as far from the machine's as its file says.
The machine's own clock isn't touched, and waiting is that of `SystemClock`, but looks more often (`serving.py`).
"""

import mmap
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

_HAND = struct.Struct("d")


class Hands:
    """Sets the clocks of a system's services: `base_s` for all of them, and what one of them goes wrong by."""

    def __init__(self, directory: Path, starts_at: datetime) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._base_s = (starts_at - datetime.now(UTC)).total_seconds()
        self._wrong_s: dict[str, float] = {}

    def file(self, service: str) -> Path:
        """Where a service reads how far its clock is from the machine's."""
        path = self._directory / service
        if not path.exists():
            self._write(service)
        return path

    def now(self) -> datetime:
        """What a clock that is right says."""
        return datetime.now(UTC) + timedelta(seconds=self._base_s)

    def jump(self, by: timedelta) -> None:
        """Time passes for everybody."""
        self._base_s += by.total_seconds()
        for path in self._directory.iterdir():
            self._write(path.name)

    def step(self, service: str, by: timedelta) -> None:
        """One service's clock is wrong by this much from now on; by nothing: it is right again."""
        self._wrong_s[service] = by.total_seconds()
        self._write(service)

    def _write(self, service: str) -> None:
        path = self._directory / service
        mode = "r+b" if path.exists() else "wb"
        with path.open(mode) as file:  # in place: whoever reads has it mapped
            file.write(_HAND.pack(self._base_s + self._wrong_s.get(service, 0.0)))


def reading(path: Path) -> Callable[[], datetime]:
    """What a service's clock says, as its file is at this moment."""
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), _HAND.size, access=mmap.ACCESS_READ)

    def now() -> datetime:
        (by_s,) = _HAND.unpack(shared[:])
        return datetime.now(UTC) + timedelta(seconds=by_s)

    return now
