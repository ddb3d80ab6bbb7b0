"""§4.3, §8.3, §15: what a signature means for a client whose contract may run, end or be over. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Contract:
    """A client's service contract: the day of its end, if one is known, and the one on which it is renewed after it."""

    active_until: date | None
    renews_on: date | None = None

    def has_ended(self, today: date) -> bool:
        """§8.3: whether the day of its end has come."""
        return self.active_until is not None and self.active_until <= today

    def is_revived_by(self, end_on: date, today: date) -> bool:
        """§8.3: whether this end, still to come, would make a contract run again that is over; only a signature may."""
        return self.has_ended(today) and end_on > today


class Signing(StrEnum):
    """What a client does by its signature."""

    ENTERS = "enters"
    STAYS = "stays"
    RETURNS = "returns"


def weigh_signature(contract: Contract | None, signed_on: date, today: date) -> Signing:
    """§4.3: only who enters signs up to the list as it stands; who stays keeps what was said, a bar included.

    §8.3: who signs for a day after the end that is to come leaves on the day of its end and returns on the other.
    """
    if contract is None or contract.has_ended(today):
        return Signing.ENTERS
    if contract.active_until is not None and contract.active_until < signed_on:
        return Signing.RETURNS
    return Signing.STAYS
