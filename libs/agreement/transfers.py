"""§8.2: whether data that go to a country need a transfer mechanism on a day, and why."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from agreement.schema import Agreement
from agreement.transfer_rules import Adequacy

ADEQUACY: Final = "adequacy"
"""The mechanism's code in the file: a decision of limited scope that covers this very recipient."""


@dataclass(frozen=True, slots=True)
class TransferNeed:
    """Whether a mechanism is needed, the reason in one sentence, the decision that bears on it, and what would do."""

    needed: bool
    because: str
    decision: str | None = None
    accepts: tuple[str, ...] = ()

    def covered_by(self, mechanism: str | None) -> bool:
        """Whether this mechanism, or none, is enough."""
        return not self.needed or mechanism in self.accepts


def needs_mechanism(agreement: Agreement, country: str, on: date) -> TransferNeed:
    """§8.2: none inside the EEA, none under an adequacy decision of full scope; otherwise an accepted mechanism."""
    rules = agreement.transfers
    if any(country in members.countries and members.holds_on(on) for members in rules.eea):
        return TransferNeed(needed=False, because=f"{country} is in the European Economic Area on {on}")
    decisions = [each for each in rules.adequacy if each.country == country and each.holds_on(on)]
    full = next((each for each in decisions if each.scope is None), None)
    if full is not None:
        because = f"{country} is adequate on {on} by {full.decision}{_until(full)}"
        return TransferNeed(needed=False, because=because, decision=full.decision)
    accepts = tuple(code for code in rules.accepted() if code != ADEQUACY or decisions)
    outside = f"{country} is outside the European Economic Area on {on}"
    if not decisions:
        because = f"{outside} and no adequacy decision covers it: a mechanism is needed ({', '.join(accepts)})"
        return TransferNeed(needed=True, because=because, accepts=accepts)
    limited = decisions[0]
    because = (
        f"{outside} and {limited.decision} covers only {limited.scope}: "
        f"show that it covers this recipient, or take another mechanism ({', '.join(accepts)})"
    )
    return TransferNeed(needed=True, because=because, decision=limited.decision, accepts=accepts)


def _until(decision: Adequacy) -> str:
    return f", until {decision.valid_until}" if decision.valid_until else ""
