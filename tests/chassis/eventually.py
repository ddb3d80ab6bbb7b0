"""Waiting for what must come, without knowing when."""

import asyncio
from collections.abc import Awaitable, Callable

WITHIN_S = 120.0
"""Far more than anything takes: only a machine that is very busy comes near it."""

BOUND_S = 300.0
"""Around what is bounded while something else never comes: without its bound it would not end at all."""


async def eventually(holds: Callable[[], Awaitable[object]], *, within_s: float = WITHIN_S) -> None:
    """Return as soon as `holds()` is true; TimeoutError after `within_s` seconds."""
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110 - what is waited for is in another process and has no event
            await asyncio.sleep(0.01)
