"""Very many timeouts of one length on one timer of the loop."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timeouts(Generic[K]):
    """Calls `expire` for each key that was started and not stopped within `after_s` seconds.

    All are of one length, so they expire in the order in which they were started, and only the first needs a timer.
    """

    def __init__(self, after_s: float, expire: Callable[[K], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._after_s = after_s
        self._expire = expire
        self._until: dict[K, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many are running."""
        return len(self._until)

    def start(self, key: K) -> float:
        """Start one; return when it will expire, by the loop's clock."""
        until = self._loop.time() + self._after_s
        self._until[key] = until
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._look)
        return until

    def stop(self, key: K) -> None:
        """Stop one; nothing happens where it has expired."""
        self._until.pop(key, None)

    def close(self) -> None:
        """Stop all."""
        self._until.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        """Expire those whose time has come, then wait for the next."""
        self._timer = None
        now = self._loop.time()
        while self._until:
            key, until = next(iter(self._until.items()))
            if until > now:
                self._timer = self._loop.call_at(until, self._look)
                return
            del self._until[key]
            self._expire(key)
