"""That processing ends with the contract: said to every holder, and confirmed by it (§8.3)."""

from typing import ClassVar

from contracts.event import Event, Id, Instant, Text
from contracts.ordering import HolderOrder


class CeaseEvent(Event):
    """An event about one client's data at one holder."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    holder_id: Id
    order_id: Id


class CeaseOrdered(HolderOrder, CeaseEvent):
    """The holder ceases all operations on the client's data but keeping, returning and deleting it.

    With `reminder` above 0 it is the same order again.
    """

    TYPE: ClassVar[str] = "cease.ordered"

    categories: tuple[Id, ...]
    ceased_from: Instant


class CeaseConfirmed(CeaseEvent):
    """The holder has ceased."""

    TYPE: ClassVar[str] = "cease.confirmed"

    ceased_at: Instant
    confirmed_by: Text


class CeaseLifted(CeaseEvent):
    """The contract was reinstated before anything was deleted: processing may go on."""

    TYPE: ClassVar[str] = "cease.lifted"

    reason: str
