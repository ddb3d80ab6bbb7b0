"""What retention says: what is planned, asked, chosen, held, overdue, found and certified (§8.3, Appendix A)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.choice import Choice
from contracts.event import Event, Id, Instant, Part, Reckoning
from contracts.telling import NoticeOrder


class Action(StrEnum):
    """What happens to the data of one category at one holder; `roll`: they go by their own rule, day by day."""

    DELETE = "delete"
    RETURN_THEN_DELETE = "return_then_delete"
    HOLD = "hold"
    ROLL = "roll"


class PlanEntry(Part):
    """One line of a plan: what happens, from which day on, why, and what holds it back.

    `coded` are the reasons for words in another language, as `contracts.coded` has it.
    """

    category: Id
    holder_id: Id
    action: Action
    delete_on: date | None = None
    clause: str
    because: tuple[str, ...]
    held_by: tuple[Id, ...] = ()
    coded: tuple[str, ...] | None = None


class RetentionEvent(Event):
    """An event about one client's data."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id


class RetentionPlanned(RetentionEvent):
    """The plan of a termination; said again whenever it changes."""

    TYPE: ClassVar[str] = "retention.planned"

    terminated_on: date
    choice: Choice | None = None
    entries: tuple[PlanEntry, ...]
    without_holder: tuple[Id, ...] = ()


class RetentionTerminationRefused(RetentionEvent):
    """A termination that changes nothing any more: one is under way."""

    TYPE: ClassVar[str] = "retention.termination_refused"

    reason: str
    clause: str


class RetentionChoiceRequested(RetentionEvent):
    """The client is asked: return or deletion, until the end of `last_day_on`."""

    TYPE: ClassVar[str] = "retention.choice_requested"

    last_day_on: date
    closes_at: Instant
    default: Choice
    reckoning: Reckoning
    termination_id: Id | None = None


class RetentionChoiceAccepted(RetentionEvent):
    """The client's choice counts."""

    TYPE: ClassVar[str] = "retention.choice_accepted"

    choice: Choice
    made_by: str
    termination_id: Id | None = None


class RetentionChoiceRefused(RetentionEvent):
    """The client's choice can't count: too late, or about nothing.

    `gone` names what was confirmed as deleted, category/holder, where that is why; `ordered` what was ordered to be,
    and may be gone at any moment. `waiting` are the ends of its contract that it can't be told which of them is meant.
    """

    TYPE: ClassVar[str] = "retention.choice_refused"

    choice: Choice
    reason: str
    clause: str
    gone: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    waiting: tuple[Id, ...] = ()


class RetentionChoiceDefaulted(RetentionEvent):
    """The client made no choice: the agreement's default runs."""

    TYPE: ClassVar[str] = "retention.choice_defaulted"

    choice: Choice
    clause: str


class RetentionReturnSettled(RetentionEvent):
    """What was returned is deleted now: the client acknowledged it or gave up the rest, or the agreed time is over."""

    TYPE: ClassVar[str] = "retention.return_settled"

    acknowledged: bool
    reason: str


class MissedWhy(StrEnum):
    """Why something is not returned: its client gave it up, or its holder can't be reached."""

    WAIVED = "waived"
    UNREACHABLE = "unreachable"


class RetentionReturnMissed(RetentionEvent):
    """What a holder has of these categories is not returned; deletion waits for its package no more.

    One that is `unreachable` may still send it until deletion begins.
    """

    TYPE: ClassVar[str] = "retention.return_missed"

    order_id: Id
    holder_id: Id
    categories: tuple[Id, ...]
    why: MissedWhy
    said_by: str
    reason: str | None = None


class RetentionFetchingMoved(RetentionEvent):
    """These packages can be fetched until `available_until`, whatever their orders said.

    It is said when all that is returned is ready, and whenever one that is still missing keeps the others waiting.
    """

    TYPE: ClassVar[str] = "retention.fetching_moved"

    order_ids: Annotated[tuple[Id, ...], Field(min_length=1)]
    available_until: Instant


class RetentionHoldApplied(RetentionEvent):
    """A hold keeps data; `too_late` names what it can't keep any more, category/holder."""

    TYPE: ClassVar[str] = "retention.hold_applied"

    hold_id: Id
    categories: tuple[Id, ...]
    too_late: tuple[str, ...] = ()


class RetentionHoldRefused(RetentionEvent):
    """A hold, or its end, that fits nothing."""

    TYPE: ClassVar[str] = "retention.hold_refused"

    hold_id: Id
    reason: str


class RetentionReinstated(RetentionEvent):
    """The contract goes on: nothing was deleted, and the orders to cease are lifted."""

    TYPE: ClassVar[str] = "retention.reinstated"

    reason: str | None = None


class RetentionReinstatementRefused(RetentionEvent):
    """The contract can't simply go on.

    `gone` names what was confirmed as deleted, category/holder; `ordered` what was ordered to be, and may be gone at
    any moment.
    """

    TYPE: ClassVar[str] = "retention.reinstatement_refused"

    reason: str
    gone: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()


class OrderKind(StrEnum):
    """What a holder can be ordered to do."""

    CEASE = "cease"
    RETURN = "return"
    ERASURE = "erasure"
    CHECK = "check"


class OrderEvent(Event):
    """An event about one order to a holder."""

    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: Id


class RetentionOrderOverdue(OrderEvent):
    """A holder did not answer in time: it is reminded, and once `escalated` people must act."""

    TYPE: ClassVar[str] = "retention.order_overdue"

    kind: OrderKind
    holder_id: Id
    category: Id | None = None
    client_ids: tuple[Id, ...]
    due_at: Instant
    reminders: int
    escalated: bool


class RetentionOrderFailed(OrderEvent):
    """A holder said that it can't carry an order out: people must act."""

    TYPE: ClassVar[str] = "retention.order_failed"

    kind: OrderKind
    holder_id: Id
    category: Id | None = None
    reason: str


class RetentionAnswerRefused(OrderEvent):
    """An answer that fits no open order, or comes from another holder."""

    TYPE: ClassVar[str] = "retention.answer_refused"

    holder_id: Id
    reason: str


class RetentionReopened(OrderEvent):
    """A second look found something: the order runs again."""

    TYPE: ClassVar[str] = "retention.reopened"

    client_id: Id
    holder_id: Id
    category: Id
    remaining: int


class RetentionFlagged(RetentionEvent):
    """What should not be: processing after the end of the contract, or data of a category that is never stored."""

    TYPE: ClassVar[str] = "retention.flagged"

    holder_id: Id | None = None
    category: Id | None = None
    seen_at: Instant
    reason: str
    clause: str


class RetentionCertified(RetentionEvent):
    """A certificate of deletion was made; it is `complete` when nothing is left and nothing is held."""

    TYPE: ClassVar[str] = "retention.certified"

    certificate_id: Id
    complete: bool
    sha256: str


class NoticeKind(StrEnum):
    """What a notice of retention tells a client; each has a text in every language."""

    CHOICE_REQUESTED = "choice_requested"
    CHOICE_DEFAULTED = "choice_defaulted"
    PACKAGE_READY = "package_ready"
    CERTIFICATE_READY = "certificate_ready"


class RetentionNoticeOrdered(NoticeOrder):
    """These clients must be told this, by `deadline_at`; the notifier finds the ways to them."""

    TYPE: ClassVar[str] = "retention.notice_ordered"

    kind: NoticeKind
    client_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
