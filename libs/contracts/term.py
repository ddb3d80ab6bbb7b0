"""The dates of requests, as they come (§9)."""

from typing import ClassVar

from contracts.event import Event, Id


class TermEvent(Event):
    """A date of one request; it names nothing but the request."""

    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: Id


class TermTellingDue(TermEvent):
    """The client should know by now, or with `final` must."""

    TYPE: ClassVar[str] = "term.telling_due"

    final: bool


class TermBanEnded(TermEvent):
    """The last day of a ban is over."""

    TYPE: ClassVar[str] = "term.ban_ended"


class TermErasureDue(TermEvent):
    """What is personal of a request has been kept as long as it may."""

    TYPE: ClassVar[str] = "term.erasure_due"


class TermByHandDue(TermEvent):
    """People were to ask sub-processors about help by hand."""

    TYPE: ClassVar[str] = "term.by_hand_due"

    assistance_id: Id


class TermTaskDue(TermEvent):
    """The answer of a holder is due; `nth` is the reminder that is sent if there is none."""

    TYPE: ClassVar[str] = "term.task_due"

    order_id: Id
    nth: int
