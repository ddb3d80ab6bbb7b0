"""The notifier's own dates: when it must look who has no receipt (§15), and when people are told what waits for them.

They have a topic of their own, so that the notifier, which alone hears them, doesn't fetch every receipt that it says.
"""

from typing import ClassVar

from contracts.event import Event, Id


class EscalationDue(Event):
    """It is time to see who has no receipt (a dated event); after the `final` look people must act."""

    TYPE: ClassVar[str] = "escalation.due"
    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: Id
    final: bool


class EscalationAlertDue(Event):
    """It is time to tell people on call what waits of a kind (a dated event), all of it in one mail."""

    TYPE: ClassVar[str] = "escalation.alert_due"
    KEY: ClassVar[tuple[str, ...]] = ("kind",)

    kind: Id
