"""Where the time of a run went: what was done, and while nothing was left but to wait, what was waited for."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SHOWN: Final = 9
_WAITED_FROM_S: Final = 1.0


class Spending:
    """Seconds by what they were spent on."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.waited: Counter[str] = Counter()

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        """All that the block takes."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.done[what] += time.monotonic() - began  # type: ignore[assignment]

    def wait(self, reason: str, seconds: float) -> None:
        """So long was waited, for this."""
        self.waited[reason] += seconds  # type: ignore[assignment]

    def told(self) -> str:
        """The most first."""
        done = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in self.done.most_common())
        most = [each for each in self.waited.most_common(_SHOWN) if each[1] >= _WAITED_FROM_S]
        waited = ", ".join(f"{reason} {seconds:.0f} s" for reason, seconds in most)
        return f"{done}; waited most for {waited}" if waited else done
