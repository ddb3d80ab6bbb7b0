"""How much one caller may ask of a process: so many requests a second, after so many at once; how large each may be.

The generic cell rate algorithm (ITU-T I.371): one number a caller, the instant at which its burst is whole again.
"""

import math
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from chassis.problems import Problem
from chassis.rights import Caller

MOST_BYTES: Final = 1024 * 1024
"""Of a request's body, where nothing else is said."""

_MANY: Final = 10_000
"""Callers that are kept; those whose burst is whole again are forgotten then."""


class Bounds:
    """What an API takes, of all callers and of each; `rate` 0 bounds no rate."""

    def __init__(
        self, body: int = MOST_BYTES, rate: float = 0.0, burst: int = 1, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Bytes of a body, requests a second, requests at once."""
        self.body = body
        self._gap_s = 1 / rate if rate else 0.0
        self._slack_s = self._gap_s * (burst - 1)
        self._now = now
        self._whole_at: dict[str, float] = {}

    def take(self, caller: Caller) -> None:
        """Count a request; 429 for one too many, with the seconds to wait. All tokens of a client are one caller."""
        if not self._gap_s:
            return
        who = f"client/{caller.client_id}" if caller.client_id is not None else f"staff/{caller.subject}"
        now = self._now()
        whole_at = max(self._whole_at.get(who, 0.0), now)
        if (wait_s := whole_at - now - self._slack_s) > 0:
            raise _too_many(wait_s)
        if len(self._whole_at) >= _MANY:
            self._whole_at = {each: at for each, at in self._whole_at.items() if at > now}
        self._whole_at[who] = whole_at + self._gap_s


def _too_many(wait_s: float) -> Problem:
    seconds = math.ceil(wait_s)
    detail = f"too many requests: again in {seconds} s"
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(seconds)})
