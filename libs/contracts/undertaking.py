"""Who is bound to confidentiality now: the last word per person, which every service keeps for its access check."""

from typing import ClassVar

from contracts.event import Event, Instant
from contracts.evidence import Person


class UndertakingSet(Event):
    """A person may reach clients' records from `bound_from` on, and before `bound_until` where it is set (§3.2)."""

    TYPE: ClassVar[str] = "undertaking.set"
    KEY: ClassVar[tuple[str, ...]] = ("person",)

    person: Person
    bound_from: Instant
    bound_until: Instant | None = None
