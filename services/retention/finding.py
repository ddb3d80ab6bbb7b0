"""What every handler has at hand: the agreements, the key that signs, and what an event is about, locked."""

from collections.abc import Iterable
from datetime import date

from agreement.book import Book
from agreement.deadlines import local_date
from agreement.schema import Agreement
from chassis.errors import Rejected
from chassis.transaction import Transaction
from retention import client_store, order_store, termination_store
from retention.client_store import Client
from retention.signing import Signer
from retention.terminations import Order, Termination


class Finder:
    """Finds by the agreements that it keeps, and by the state; an event about what isn't there is rejected."""

    def __init__(self, book: Book, signer: Signer) -> None:
        self.book = book
        self.signer = signer

    def today(self, tx: Transaction) -> date:
        """The day where the agreement is."""
        return local_date(self.book.latest, tx.now)

    async def client(self, client_id: str, tx: Transaction) -> Client:
        """The client, locked: one decision about it at a time."""
        client = await client_store.lock_client(tx, client_id, self.today(tx))
        if client is None:
            raise client_unknown(client_id)
        return client

    async def current(self, client_id: str, tx: Transaction) -> tuple[Termination, Agreement]:
        """The last end of a client's contract, and the version that governs it."""
        current = await termination_store.load_current(tx, client_id)
        if current is None:
            raise Rejected(f"no end of the contract of {client_id!r} is known", "client_id")
        return current[0], self.book[current[1]]

    async def open(self, client_id: str, tx: Transaction) -> list[tuple[Termination, Agreement]]:
        """The ends of a client's contracts that are not over, with the client locked; Rejected where it is none."""
        await self.client(client_id, tx)
        return [(each, self.book[signed]) for each, signed in await termination_store.load_open(tx, client_id)]

    async def of_order(self, order_id: str, tx: Transaction) -> tuple[Order, Termination, Agreement] | None:
        """An order of a termination, with its client locked before it: the same way round as everywhere."""
        order = await order_store.load_order(tx, order_id)
        if order is None or order.termination_id is None:
            return None
        await self.client(order.client_ids[0], tx)
        found = await termination_store.load_one(tx, order.termination_id)
        return None if found is None else (order, found[0], self.book[found[1]])

    async def agreement_of(self, client_id: str, tx: Transaction) -> Agreement:
        """The version that binds a client, which is locked; the latest for who is no client any more."""
        client = await client_store.lock_client(tx, client_id, self.today(tx))
        return self.book.latest if client is None else self.book[client.signed]


def refuse_unknown(known: Iterable[str], named: Iterable[str], field: str) -> None:
    """No order would ever reach data of a category that no agreement has: raises `Rejected`, with those there are."""
    there = sorted(known)
    unknown = sorted(set(named) - set(there))
    if unknown:
        raise Rejected(f"the agreement has no category {', '.join(unknown)}; it has {', '.join(there)}", field)


def client_unknown(client_id: str) -> Rejected:
    """Who never signed is no client."""
    return Rejected(f"client {client_id!r} is unknown: publish client.signed first", "client_id")
