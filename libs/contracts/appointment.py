"""The assurance service's own dates as they come (§7, §10, §14, §5).

They have a topic of their own, so that the service, which hears them, doesn't fetch all that it says.
"""

from datetime import date
from typing import ClassVar

from contracts.assurance import Matter
from contracts.event import Event, Id


class AppointmentMatterDue(Event):
    """The last day of a matter has passed: an answer is overdue, or a dispute goes to court (a dated event)."""

    TYPE: ClassVar[str] = "appointment.matter_due"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    matter: Matter
    matter_id: Id
    due_on: date


class AppointmentReminderDue(Event):
    """People are reminded of a last day, of a finding's with `finding_id` (a dated event).

    `overdue`: it was said already that the day has passed.
    """

    TYPE: ClassVar[str] = "appointment.reminder_due"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    matter: Matter
    matter_id: Id
    finding_id: Id | None = None
    due_on: date
    overdue: bool = False


class AppointmentMeasuresDue(Event):
    """The day has come on which a version of the measures may come into force (a dated event)."""

    TYPE: ClassVar[str] = "appointment.measures_due"
    KEY: ClassVar[tuple[str, ...]] = ("agreement_id",)

    agreement_id: Id
    version_id: Id
