"""From facts to entries: each in its place of a chain, with the clause that it rests on there (§15). Pure."""

from datetime import datetime
from functools import cache

from agreement.book import AgreementUnknown, Book
from agreement.schema import Agreement
from chassis.literals import texts
from console.facts import Fact
from console.linking import link, spell
from console.promises import clause_of
from console.spelling import spelt
from console.store import Chain, Entry

_SIGNED = frozenset({"client.signed", "client.amended"})


class Entering:
    """What is entered at one instant; what many entries have alike is made once."""

    def __init__(self, book: Book, now: datetime) -> None:
        self._book = book
        self._recorded_at = spelt(now)
        self._alike: dict[Fact, tuple[str, str]] = {}
        self._clauses: dict[tuple[str | None, str | None, tuple[str, ...]], str | None] = {}

    def enter(self, name: str, chain: Chain, fact: Fact) -> Entry:
        """The fact as the chain's next entry, which the chain then ends with."""
        if fact.type in _SIGNED:
            _note_signature(chain, fact)
        clause = fact.clause or self._clause_of(chain, fact.promises)
        if fact not in self._alike:
            self._alike[fact] = spell(self._as_written(fact)), texts(fact.about)
        spelt_fact, about = self._alike[fact]
        head, body = link(name, chain.head, clause, spelt_fact)
        chain.head = head
        return Entry(
            name,
            head.seq,
            head.hash,
            fact.type,
            clause,
            _listed(fact.promises),
            about,
            fact.thing,
            fact.stands,
            body,
        )

    def _clause_of(self, chain: Chain, promises: tuple[str, ...]) -> str | None:
        asked = (chain.agreement_id, chain.agreement_version, promises)
        if asked not in self._clauses:
            agreement = agreement_of(self._book, chain.agreement_id, chain.agreement_version)
            self._clauses[asked] = clause_of(agreement, promises)
        return self._clauses[asked]

    def _as_written(self, fact: Fact) -> dict[str, object]:
        written: dict[str, object] = {
            "data": fact.data,
            "event": {"id": fact.event_id, "source": fact.source, "type": fact.type},
            "promises": fact.promises,
            "recorded_at": self._recorded_at,
        }
        if fact.said_at is not None:
            written["said_at"] = fact.said_at
        return written


@cache
def _listed(promises: tuple[str, ...]) -> str:
    """Of promises there are as many lists as the table of what is recorded has."""
    return texts(promises)


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
    chain.agreement_id = str(fact.data.get("agreement_id", chain.agreement_id))
    chain.agreement_version = str(fact.data["agreement_version"])
