"""Time is a port: the system's clock in production, a virtual one that jumps in the demo and in tests."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting for a time or for something else, whichever comes first."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...

    async def wait(self, wake: asyncio.Event, until: datetime | None, *, at_most_s: float) -> None:
        """Return when `wake` is set, when `until` has come, or after `at_most_s` real seconds."""
        ...


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await wake.wait()
    except TimeoutError:
        pass


class SystemClock:
    """The system's clock."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        return datetime.now(UTC)

    async def wait(self, wake: asyncio.Event, until: datetime | None, *, at_most_s: float) -> None:
        """Return when `wake` is set, when `until` has come, or after `at_most_s` seconds."""
        seconds = at_most_s if until is None else min(at_most_s, (until - self.now()).total_seconds())
        await _wait(wake, seconds)


class VirtualClock:
    """A clock that flows like the real one from where it was set, and jumps when told."""

    def __init__(self, start_at: datetime) -> None:
        self._offset = start_at - datetime.now(UTC)
        self._jumped: set[asyncio.Event] = set()

    def now(self) -> datetime:
        """The current virtual instant, aware, UTC."""
        return datetime.now(UTC) + self._offset

    def jump_to(self, at: datetime) -> None:
        """Make it `at`; time never runs backwards. Everything that waits looks again."""
        if at > self.now():
            self._offset += at - self.now()
        for wake in self._jumped:
            wake.set()

    async def wait(self, wake: asyncio.Event, until: datetime | None, *, at_most_s: float) -> None:
        """Return when `wake` is set, when `until` has come (or is jumped to), or after `at_most_s` real seconds."""
        seconds = at_most_s if until is None else min(at_most_s, (until - self.now()).total_seconds())
        self._jumped.add(wake)
        try:
            await _wait(wake, seconds)
        finally:
            self._jumped.discard(wake)
