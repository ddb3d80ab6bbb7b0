"""The registry's own dates as they come (§4, §8.3).

They have a topic of their own, so that the registry, which hears them, doesn't fetch all that it says of changes.
"""

from typing import ClassVar

from contracts.event import Event, Id


class ChangeDeadline(Event):
    """A date of a change; everything about one change is in order."""

    KEY: ClassVar[tuple[str, ...]] = ("change_id",)

    change_id: Id


class DeadlineWindowClosed(ChangeDeadline):
    """The client's days to object are over (a dated event, §4.4)."""

    TYPE: ClassVar[str] = "deadline.window_closed"

    client_id: Id


class DeadlineDayReached(ChangeDeadline):
    """The planned day has come (a dated event, §4.3)."""

    TYPE: ClassVar[str] = "deadline.day_reached"


class DeadlineReceiptChecked(ChangeDeadline):
    """It is time to see who has no receipt yet (a dated event, §4.3)."""

    TYPE: ClassVar[str] = "deadline.receipt_checked"


class DeadlineClientEnded(Event):
    """The last day of a client's service contract has passed (a dated event, §8.3)."""

    TYPE: ClassVar[str] = "deadline.client_ended"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
