"""Who is named as affected by an incident. A value."""

from dataclasses import dataclass, replace
from typing import Final

FIELDS: Final = {
    "client": "client_ids",
    "subprocessor": "subprocessor_ids",
    "system": "systems",
    "category": "data_categories",
}
"""The field that names each kind."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is named: clients, whoever let a sub-processor process, whoever's data lie in a system or are of a category.

    Categories choose clients only where nothing else does; beside others they say which data of them. `found` are
    clients of whom it is heard only now that an incident's scope has them.
    """

    client_ids: tuple[str, ...] = ()
    subprocessor_ids: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    data_categories: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def by_categories(self) -> tuple[str, ...]:
        """The categories where they alone say who is affected."""
        return () if self.client_ids or self.subprocessor_ids or self.systems else self.data_categories

    @property
    def names(self) -> tuple[str, ...]:
        """All that is named, kind/id."""
        return tuple(f"{kind}/{each}" for kind, field in FIELDS.items() for each in getattr(self, field))

    def without(self, other: "Scope") -> "Scope":
        """What is left of its names when others are taken out."""
        return replace(
            self,
            client_ids=tuple(each for each in self.client_ids if each not in other.client_ids),
            subprocessor_ids=tuple(each for each in self.subprocessor_ids if each not in other.subprocessor_ids),
            systems=tuple(each for each in self.systems if each not in other.systems),
            data_categories=tuple(each for each in self.data_categories if each not in other.data_categories),
        )
