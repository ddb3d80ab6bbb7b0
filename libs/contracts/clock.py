"""The breach service's own dates as they come (§6): what is left on clocks, who must be reminded, whose turn it is.

They have a topic of their own, so that the service, which hears them, doesn't fetch all that it says of incidents.
"""

from typing import ClassVar

from contracts.breach import BreachEvent
from contracts.event import Id, Instant


class ClockThresholdDue(BreachEvent):
    """So much time is left on a clock that ends at `due_at`, or none (a dated event)."""

    TYPE: ClassVar[str] = "clock.threshold_due"

    clock: Id
    due_at: Instant
    seconds_left: int


class ClockReminderDue(BreachEvent):
    """It is time to ask again what nobody has decided (a dated event)."""

    TYPE: ClassVar[str] = "clock.reminder_due"

    nth: int


class ClockPageDue(BreachEvent):
    """The next clients of a telling are to be told, those after `after`; so many pages of them."""

    TYPE: ClassVar[str] = "clock.page_due"

    telling_id: Id
    after: str = ""
    pages: int = 1
