"""What has arrived at a sink, and waiting for it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Arrivals(Generic[Item]):
    """Everything that arrived, in order of arrival; used from one event loop."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._changed = asyncio.Condition()

    @property
    def items(self) -> Sequence[Item]:
        """What has arrived so far."""
        return tuple(self._items)

    async def add(self, item: Item) -> None:
        """Keep the item and let those who wait look again."""
        async with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    async def wait_for(self, until: int | Callable[[Sequence[Item]], bool], within: float) -> Sequence[Item]:
        """All that arrived, once `until` are there or `until(all)` holds; TimeoutError after `within` seconds."""
        enough = (lambda items: len(items) >= until) if isinstance(until, int) else until
        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: enough(self._items))
        except TimeoutError:
            raise TimeoutError(f"not within {within} s; {len(self._items)} arrived: {self._items[-3:]}") from None
        return self.items

    def clear(self) -> None:
        """Forget what has arrived."""
        self._items.clear()
