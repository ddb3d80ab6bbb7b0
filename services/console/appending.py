"""Everything that a transaction heard goes into the record at its end, all at once: one message, one transaction."""

from dataclasses import dataclass, field

from agreement.book import AgreementUnknown, Book
from agreement.schema import Agreement
from chassis.transaction import Transaction
from console import store
from console.facts import Fact, Told
from console.linking import link
from console.promises import clause_of
from console.sharing import Matters
from console.spelling import spelt
from console.store import Chain, Entry


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
        """Locks are taken in one order everywhere: matters, then chains, each by name."""
        shared = await self._share()
        if not shared:
            return
        chains = await store.lock_chains(self.tx, sorted({chain for chain, _ in shared}))
        entries = [self._enter(name, chains[name], fact) for name, fact in shared]
        await store.append(self.tx, entries)
        await store.save_chains(self.tx, chains)

    async def _share(self) -> list[tuple[str, Fact]]:
        """Each fact with its chain."""
        touched = {name for each in self.told for name in (each.matter, each.joins) if name is not None}
        matters = Matters({}, {})
        if touched:
            names = sorted(touched)
            await store.lock_matters(self.tx, names)
            joined = sorted({each.joins for each in self.told if each.joins is not None})
            matters.parties = await store.load_parties(self.tx, names)
            matters.facts = await store.load_facts(self.tx, joined)
        shared = matters.share(self.told)
        await store.save_matters(self.tx, matters.new_parties, matters.new_facts)
        return shared

    def _enter(self, name: str, chain: Chain, fact: Fact) -> Entry:
        """The fact as the chain's next entry."""
        _note_signature(chain, fact)
        agreement = agreement_of(self.book, chain.agreement_id, chain.agreement_version)
        clause = fact.clause or clause_of(agreement, fact.promises)
        head, body = link(chain=name, before=chain.head, fact=_as_written(fact, clause, self.tx))
        chain.head = head
        place = (name, head.seq, head.hash, self.tx.now)
        return Entry(*place, fact.type, clause, list(fact.promises), fact.about, fact.thing, fact.stands, body)


def agreement_of(book: Book, agreement_id: str | None, version: str | None) -> Agreement:
    """The version that a client signed; the latest for everybody, and where that version isn't kept here."""
    if agreement_id is None or version is None:
        return book.latest
    try:
        return book.of(agreement_id, version)
    except AgreementUnknown:
        return book.latest


def _note_signature(chain: Chain, fact: Fact) -> None:
    """§15: a client is bound to the version that it signed last."""
    if fact.type in ("client.signed", "client.amended"):
        chain.agreement_id = str(fact.data.get("agreement_id", chain.agreement_id))
        chain.agreement_version = str(fact.data["agreement_version"])


def _as_written(fact: Fact, clause: str | None, tx: Transaction) -> dict[str, object]:
    written: dict[str, object] = {
        "event": {"id": fact.event_id, "source": fact.source, "type": fact.type},
        "recorded_at": spelt(tx.now),
        "promises": list(fact.promises),
        "data": fact.data,
    }
    if clause is not None:
        written["clause"] = clause
    if fact.said_at is not None:
        written["said_at"] = fact.said_at
    return written
