"""What a word is about: the agreement, the change, the client; a word about what isn't there is rejected."""

from datetime import date, datetime

from agreement import deadlines
from agreement.book import Book
from agreement.calendar import CalendarUnknown
from agreement.schema import Agreement
from chassis.errors import Rejected
from chassis.transaction import Transaction
from subprocessor_registry import change_store, standing_store
from subprocessor_registry.changes import Change
from subprocessor_registry.decisions import ClientChange


class Finder:
    """Finds by the agreements that it keeps, and by the state."""

    def __init__(self, book: Book) -> None:
        self.book = book

    async def change(self, change_id: str, tx: Transaction) -> Change:
        """A change that was announced; no other decision about its sub-processor is made meanwhile."""
        change = await change_store.lock_change(tx, change_id)
        if change is None:
            raise Rejected(f"no change {change_id!r} was announced", "change_id")
        return change

    async def standing(self, change_id: str, client_id: str, tx: Transaction) -> tuple[Change, ClientChange, Agreement]:
        """A change, where a client stands with it, and the version that binds the client."""
        change = await self.change(change_id, tx)
        found = await standing_store.lock_standing(tx, change_id, client_id)
        if found is None:
            raise Rejected(f"change {change_id!r} does not concern a client {client_id!r}", "client_id")
        standing, signed = found
        return change, standing, self.book[signed]

    def today(self, tx: Transaction) -> date:
        """The day of this transaction where the agreement is."""
        return deadlines.local_date(self.book.latest, tx.now)


def require_day(agreement: Agreement, day: date, field: str) -> None:
    """Nothing, where the calendar knows the day that a field names."""
    try:
        deadlines.require_day(agreement, day)
    except CalendarUnknown as error:
        raise Rejected(str(error), field) from error


def require_come(agreement: Agreement, at: datetime, now: datetime, field: str) -> None:
    """Nothing, where the day of an instant has come: days are what the agreement counts in, so clocks may differ."""
    today = deadlines.local_date(agreement, now)
    try:
        day = deadlines.local_date(agreement, at)
    except CalendarUnknown as error:
        raise Rejected(str(error), field) from error
    if day > today:
        raise Rejected(f"{day} is yet to come: today is {today}", field)


def client_unknown(client_id: str) -> Rejected:
    """Who never signed is no client."""
    return Rejected(f"client {client_id!r} is unknown: publish client.signed first", "client_id")
