"""Everything that a transaction heard goes into the record at its end, all at once: one message, one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from agreement.book import Book
from chassis.transaction import Transaction
from console import store
from console.entering import Entering
from console.facts import Fact, Told
from console.sharing import Matters

_AT_ONCE: Final = 1000
"""Entries of one statement."""


@dataclass(slots=True)
class Appending:
    """What one transaction has heard so far; the chassis calls it before the commit."""

    book: Book
    tx: Transaction
    told: list[Told] = field(default_factory=list)

    @classmethod
    def of(cls, book: Book, tx: Transaction) -> "Appending":
        """The one of this transaction."""
        for each in tx.before_commit:
            if isinstance(each, cls):
                return each
        appending = cls(book, tx)
        tx.before_commit.append(appending)
        return appending

    async def __call__(self) -> None:
        """Matters are locked since the transaction began (`facts.locks_of`); chains are, by name, from here on."""
        matters = await self._matters()
        shared = matters.share(self.told)
        await self._append(sorted(shared, key=itemgetter(0)))
        await store.save_matters(self.tx, matters.new_parties, matters.new_facts)

    async def _append(self, shared: Sequence[tuple[str, Fact]]) -> None:
        """Chain by chain, each in the order of hearing; slice by slice, as orders may be about all clients."""
        chains = await store.lock_chains(self.tx, list(dict.fromkeys(name for name, _ in shared)))
        entering = Entering(self.book, self.tx.now)
        for first in range(0, len(shared), _AT_ONCE):
            some = shared[first : first + _AT_ONCE]
            entries = [entering.enter(name, chains[name], fact) for name, fact in some]
            await store.write(self.tx, entries, {name: chains[name] for name, _ in some})

    async def _matters(self) -> Matters:
        """What is known of the matters that are touched; of those that somebody joins also what was said before."""
        joined = {each.joins for each in self.told if each.joins is not None}
        touched = joined | {each.matter for each in self.told if each.matter is not None}
        return Matters(*await store.load_matters(self.tx, sorted(touched), joined)) if touched else Matters({}, {})
