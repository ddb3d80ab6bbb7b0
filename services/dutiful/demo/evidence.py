"""The end of the demo: what a client's record holds of all that happened, exported and proven offline."""

from chassis.access import Role
from console.verifying import NotProven, prove_prefix, verify
from dutiful.demo.timeline import StoryFailed, Timeline
from dutiful.demo.world import People

_CLIENT = "acme"


class Evidence:
    """§3.2, §7: one file, verified with the public key alone, as is an older one; a changed one is found out."""

    def __init__(self, timeline: Timeline, people: People) -> None:
        self._timeline = timeline
        self._people = people
        self._older = ""

    async def keep(self) -> None:
        """Acme keeps an export, long before the end."""
        self._older = await self._export()

    async def tell(self) -> None:
        """Another one is proven, to begin with the first; and one that somebody changed is not."""
        self._timeline.say("Acme's auditor verifies its record of evidence, offline", style="bold")
        key = (await self._people.get(Role.SUPER_ADMINISTRATOR, _CLIENT, "console", "/record/key")).encode()
        exported = await self._export()
        try:
            proven = verify(exported.encode().splitlines(), key)
            prove_prefix(verify(self._older.encode().splitlines(), key), proven)
        except NotProven as error:
            raise StoryFailed(f"the record of {_CLIENT} is not proven: {error}") from error
        counts = ", ".join(f"{len(hashes):,} of {chain}" for chain, hashes in proven.hashes.items())
        self._timeline.say(f"{proven.entries:,} entries ({counts}) are whole, and begin with those it kept before")
        try:
            verify(exported.replace('"barred"', '"permitted"', 1).encode().splitlines(), key)
        except NotProven as error:
            self._timeline.say(f"with one word changed, it is not proven: {error}")
        else:
            raise StoryFailed("a record that was changed is proven all the same")

    async def _export(self) -> str:
        path = f"/clients/{_CLIENT}/record/export"
        return await self._people.get(Role.SUPER_ADMINISTRATOR, _CLIENT, "console", path)
