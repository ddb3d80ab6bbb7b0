"""What a package is to hold, and for whom: all of a client's data at the end, or one person's. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.choice import Recipient
from contracts.returning import ReturnOrdered
from holder import decisions
from holder.data_map import DataMap, Scope, Source
from holder.jobs import Kind

Place = tuple[str, int, Source]
"""A category, which of its sources, and the source."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A package as it is ordered; `scopes` are by category."""

    order_id: str
    kind: Kind
    client_id: str
    holder_id: str
    clause: str
    places: Sequence[Place]
    scopes: Mapping[str, Scope]
    recipient: Recipient | None
    available_until: datetime
    instruction_id: str | None = None

    @property
    def categories(self) -> Sequence[str]:
        """What it is about."""
        return tuple(self.scopes)


def of_return(order: ReturnOrdered, data_map: DataMap) -> Parcel:
    """TER-5: all that the map names of these categories."""
    return Parcel(
        order_id=order.order_id,
        kind=Kind.RETURN,
        client_id=order.client_id,
        holder_id=order.holder_id,
        clause=order.clause,
        places=places_of(data_map, order.categories),
        scopes={category: Scope(order.client_id) for category in order.categories},
        recipient=order.recipient,
        available_until=order.available_until,
    )


def places_of(data_map: DataMap, categories: Sequence[str]) -> list[Place]:
    """Every source of some categories, in the order in which they are worked on."""
    return [
        (category, nth, source)
        for category in categories
        for nth, source in enumerate(decisions.sources_of(data_map, category))
    ]
