"""A look at the state now and then, for what an SRE watches."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.errors import while_down


async def look_for_ever(doing: str, look: Callable[[], Awaitable[None]], every_s: float) -> None:
    """Look, rest `every_s` seconds, look again until cancelled; while the world is down, the look waits for it."""
    while True:
        async for attempt in while_down(doing):
            with attempt:
                await look()
        await asyncio.sleep(every_s)
