"""Waiting for what only asking tells: another process's state has no event."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(true: Callable[[], Awaitable[bool]], *, within_s: float, every_s: float = 0.05) -> None:
    """Ask every `every_s` seconds until the answer is yes; TimeoutError after `within_s`."""
    async with asyncio.timeout(within_s):
        while not await true():  # noqa: ASYNC110
            await asyncio.sleep(every_s)
