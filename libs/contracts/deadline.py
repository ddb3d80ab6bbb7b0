"""The registry's own dates as they come (§4, §8.3).

They have a topic of their own, so that the registry, which hears them, doesn't fetch all that it says of changes.
"""

from typing import ClassVar

from contracts.change import ChangeEvent, ClientChangeEvent
from contracts.event import Event, Id


class DeadlineWindowClosed(ClientChangeEvent):
    """The client's days to object are over (a dated event, §4.4)."""

    TYPE: ClassVar[str] = "deadline.window_closed"


class DeadlineDayReached(ChangeEvent):
    """The planned day has come (a dated event, §4.3)."""

    TYPE: ClassVar[str] = "deadline.day_reached"


class DeadlineReceiptChecked(ChangeEvent):
    """It is time to see who has no receipt yet (a dated event, §4.3)."""

    TYPE: ClassVar[str] = "deadline.receipt_checked"


class DeadlineClientEnded(Event):
    """The last day of a client's service contract has passed (a dated event, §8.3)."""

    TYPE: ClassVar[str] = "deadline.client_ended"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
