"""How much is measured: all of it, or so little that a test sees it run through (`--quick`)."""

import os
from typing import Final

QUICK_ENV: Final = "DUTIFUL_BENCH_QUICK"
"""Set to anything, in the environment of the process, before a benchmark is imported."""


def sized(whole: int, quick: int) -> int:
    """A load's size: `quick` shows that the code runs, and says nothing of speed."""
    return quick if os.environ.get(QUICK_ENV) else whole
