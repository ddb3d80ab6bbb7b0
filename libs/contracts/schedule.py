"""Retention's own dates as they come (§8.3, Appendix A).

They have a topic of their own, so that retention, which hears them, doesn't fetch all that it says of terminations.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id
from contracts.retention import OrderEvent, RetentionEvent


class ScheduleTerminationReached(RetentionEvent):
    """The contract's last day has passed (a dated event)."""

    TYPE: ClassVar[str] = "schedule.termination_reached"


class ScheduleChoiceClosed(RetentionEvent):
    """The time for the choice is over (a dated event)."""

    TYPE: ClassVar[str] = "schedule.choice_closed"


class ScheduleReturnClosed(RetentionEvent):
    """The agreed time to fetch what was returned is over (a dated event)."""

    TYPE: ClassVar[str] = "schedule.return_closed"


class ScheduleDeletionDue(RetentionEvent):
    """A day has come on which data must go (a dated event)."""

    TYPE: ClassVar[str] = "schedule.deletion_due"


class ScheduleHoldEnded(RetentionEvent):
    """The last day of a hold has passed (a dated event)."""

    TYPE: ClassVar[str] = "schedule.hold_ended"

    hold_id: Id


class ScheduleReminderDue(OrderEvent):
    """It is time to look whether an order was answered (a dated event)."""

    TYPE: ClassVar[str] = "schedule.reminder_due"

    nth: Annotated[int, Field(ge=1)]


class ScheduleCheckDue(OrderEvent):
    """It is time for a second look (a dated event)."""

    TYPE: ClassVar[str] = "schedule.check_due"


class ScheduleCertificateDue(RetentionEvent):
    """Something was carried out: it may be time for a certificate (a dated event)."""

    TYPE: ClassVar[str] = "schedule.certificate_due"


class ScheduleSweepDue(Event):
    """A day's rolling orders are due for the clients after `after` (a dated event); of one holder, or of all."""

    TYPE: ClassVar[str] = "schedule.sweep_due"
    KEY: ClassVar[tuple[str, ...]] = ("sweep_on",)

    sweep_on: Id
    after: str = ""
    holder_id: Id | None = None
