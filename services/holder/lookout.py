"""What a holder does without being ordered to: it looks for what should not be there, and clears what nobody needs."""

from chassis.service import Runtime
from holder import packages, storing, watching
from holder.reaching import Reach
from holder.shelves import Shelf


class Lookout:
    """Looks and clears; when, is the worker's to say."""

    def __init__(self, runtime: Runtime, reach: Reach, shelf: Shelf) -> None:
        self._runtime = runtime
        self._reach = reach
        self._shelf = shelf

    async def look(self) -> None:
        """Look for processing after the end, and for what is never stored."""
        found = await watching.later_processing(self._runtime.pool, self._reach)
        stored = await storing.found(self._reach)
        async with self._runtime.processor.transaction() as tx:
            await watching.report(tx, self._reach.data_map.holder_id, found)
            await storing.report(tx, self._reach.data_map.holder_id, stored)

    async def clear(self) -> None:
        """Packages that nobody needs any more go."""
        now = self._runtime.clock.now()
        for order_id in await packages.to_remove(self._runtime.pool, now):
            await self._shelf.remove(order_id)
            await packages.removed(self._runtime.pool, order_id, now)
