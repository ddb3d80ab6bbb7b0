"""The end of a contract as it stands: how far it is, and how far each line of it (§8.3). Values alone."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from agreement import deadlines
from agreement.calendar import DAY, shift
from agreement.schema import Agreement
from contracts.choice import Choice, Recipient
from contracts.ordering import Purpose
from contracts.retention import MissedWhy, OrderKind
from retention.planning import Ending


class Stage(StrEnum):
    """How far a termination is."""

    PLANNED = "planned"
    ASKING = "asking"
    RETURNING = "returning"
    DELETING = "deleting"
    COMPLETE = "complete"
    REINSTATED = "reinstated"


class State(StrEnum):
    """How far the data of one category at one holder are."""

    WAITING = "waiting"
    ORDERED = "ordered"
    CONFIRMED = "confirmed"
    DONE = "done"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Termination:
    """The end of one client's contract, as it stands."""

    termination_id: str
    client_id: str
    terminated_on: date
    stage: Stage
    by_expiry: bool
    choice: Choice | None = None
    chosen_on: date | None = None
    recipient: Recipient | None = None
    closes_at: datetime | None = None
    fetch_closes_at: datetime | None = None
    settled_on: date | None = None
    signed_again_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing follows from it any more."""
        return self.stage in (Stage.COMPLETE, Stage.REINSTATED)

    @property
    def is_running(self) -> bool:
        """Whether its day has come and something still follows from it."""
        return self.stage in (Stage.ASKING, Stage.RETURNING, Stage.DELETING)

    def was_asked(self, at: datetime) -> bool:
        """Whether its client is being asked, or was at that instant, before the default ran without a word of it."""
        if self.stage is Stage.ASKING:
            return True
        return self.is_running and self.chosen_on is None and self.closes_at is not None and at < self.closes_at

    def ending(self, agreement: Agreement) -> Ending:
        """What a plan is made of."""
        return Ending(
            terminated_on=self.terminated_on,
            choice=self.choice,
            chosen_on=self.chosen_on,
            asked_until=_last_day(agreement, self.closes_at),
            fetch_until=_last_day(agreement, self.fetch_closes_at),
            settled_on=self.settled_on,
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What a deletion has taken, or may have, category/holder.

    `gone` was confirmed; `ordered` was ordered, or stopped on the way, and may be gone in whole or in part.
    """

    gone: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gone or self.ordered)

    def spell(self) -> str:
        """In words, what is there of the two."""
        parts = (
            f"{', '.join(self.gone)} is gone" if self.gone else "",
            f"{', '.join(self.ordered)} is ordered and may be gone at any moment" if self.ordered else "",
        )
        return "; ".join(filter(None, parts))


def _last_day(agreement: Agreement, closes_at: datetime | None) -> date | None:
    return None if closes_at is None else shift(deadlines.local_date(agreement, closes_at), -DAY)


@dataclass(frozen=True, slots=True)
class Order:
    """An order to a holder, as it was kept."""

    order_id: str
    kind: OrderKind
    holder_id: str
    category: str | None
    client_ids: tuple[str, ...]
    termination_id: str | None
    purpose: Purpose
    is_open: bool
    due_at: datetime
    reminders: int
    escalated: bool
    state: str


@dataclass(frozen=True, slots=True)
class Missed:
    """What one holder doesn't return: who said so, when and why."""

    order_id: str
    holder_id: str
    holder: str
    categories: tuple[str, ...]
    why: MissedWhy
    reason: str | None
    said_by: str
    said_at: datetime
