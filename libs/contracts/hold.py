"""What forbids a deletion for a while: a dispute, an authority's order, another law (§8.3, second paragraph)."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Text


class HoldKind(StrEnum):
    """§8.3 names the reasons: a regulation or national law, a supervisory authority, dispute resolution."""

    LAW = "law"
    AUTHORITY = "authority"
    DISPUTE = "dispute"


class HoldPlaced(Event):
    """These data of a client may not be deleted until the hold is lifted, or until `until` has come.

    No category means all of them. The same `hold_id` again changes the hold.
    """

    TYPE: ClassVar[str] = "hold.placed"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    hold_id: Id
    client_id: Id
    kind: HoldKind
    categories: tuple[Id, ...] = ()
    legal_basis: Text
    reason: Text
    placed_by: Text
    until: date | None = None


class HoldLifted(Event):
    """The hold is over; what only it kept is deleted now."""

    TYPE: ClassVar[str] = "hold.lifted"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    hold_id: Id
    client_id: Id
    reason: Text
    lifted_by: Text
