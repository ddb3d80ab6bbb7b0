"""How often Python looks for garbage: made for scripts, its thresholds cost a service a third of its rate."""

import gc
from typing import Final

_YOUNG: Final = 20_000
"""Objects made and not yet dropped between two looks: more than a batch of messages needs, which is gone by then."""

_OLDER: Final = 20


def collect_seldom() -> None:
    """For a process that is loaded and about to serve; what is loaded is not looked at any more.

    Walking it again and again would hold up a message for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
