"""Every step of every request, as the service says it (§9): ids, dates and hashes, and nothing of who asks."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from contracts.dsar import Act
from contracts.event import Event, Id, Instant, Reckoning
from contracts.instruction import InstructionChannel
from contracts.returning import Sha256
from contracts.telling import AlertOrder, NoticeOrder, RefusalNoticeOrder


class RequestKind(StrEnum):
    """Who asks."""

    DSAR = "dsar"
    AUTHORITY = "authority"


class RequestEvent(Event):
    """An event about one request, keyed by it."""

    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: Id


class RequestOpened(RequestEvent):
    """A request begins; without a client somebody must say whose it is, perhaps one of so many candidates."""

    TYPE: ClassVar[str] = "request.opened"

    kind: RequestKind
    about: str
    received_at: Instant
    client_id: Id | None = None
    candidates: int = 0


class RequestRepeated(RequestEvent):
    """It came again, under this id or another: so many times by now."""

    TYPE: ClassVar[str] = "request.repeated"

    times: int
    under: Id


class RequestMatched(RequestEvent):
    """Whose data it is about, who found that and how, and by when the client must know.

    `answer_by` is the last day of the controller's own month (GDPR art. 12(3)) as the calendar has it, and
    `answer_by_unrolled` before it moves to a working day: the one to rely on.
    """

    TYPE: ClassVar[str] = "request.matched"

    client_id: Id
    found_by: str
    because: str
    tell_by: Instant
    answer_by: date | None = None
    answer_by_unrolled: date | None = None
    reckoning: Reckoning | None = None


class RequestTold(RequestEvent):
    """The client has its notice."""

    TYPE: ClassVar[str] = "request.told"

    client_id: Id
    told_at: Instant


class RequestEscalated(RequestEvent):
    """The client does not know yet; `missed`: the time is over. People must act."""

    TYPE: ClassVar[str] = "request.escalated"

    tell_by: Instant
    missed: bool
    reason: str


class RequestAnswerDrafted(RequestEvent):
    """There is an answer that could leave, once the client instructs so."""

    TYPE: ClassVar[str] = "request.answer_drafted"

    answer_id: Id
    sha256: Sha256
    drafted_by: str


class RequestAnswerSent(RequestEvent):
    """An answer left, on the client's prior written instruction; its bytes are handed out from now on, and only now."""

    TYPE: ClassVar[str] = "request.answer_sent"

    client_id: Id
    answer_id: Id
    sha256: Sha256
    final: bool
    sent_by: str
    sent_at: Instant
    instruction_id: Id
    instruction_version: int
    instruction_sha256: Sha256
    instructed_by: str
    instructed_at: Instant
    instruction_channel: InstructionChannel


class RequestAnswerRefused(RequestEvent):
    """Somebody tried to send an answer that may not leave; it is on record, and the client reads it."""

    TYPE: ClassVar[str] = "request.answer_refused"

    answer_id: Id
    instruction_id: Id | None = None
    tried_by: str
    tried_at: Instant
    reason: str
    clause: str


class RequestClosed(RequestEvent):
    """It is over; `answered`: by an answer of ours that the client instructed."""

    TYPE: ClassVar[str] = "request.closed"

    answered: bool
    closed_by: str
    reason: str


class RequestErased(RequestEvent):
    """What the requester wrote, and what was answered, is erased; the record of what was done stays."""

    TYPE: ClassVar[str] = "request.erased"

    erased_at: Instant


class AssistanceStanding(StrEnum):
    """How far the help with a request is."""

    ASKED = "asked"
    QUOTED = "quoted"
    AGREED = "agreed"
    DECLINED = "declined"
    STARTED = "started"
    DONE = "done"
    HALTED = "halted"


class RequestAssistanceMoved(RequestEvent):
    """The help that a client asked for is asked, quoted, agreed, declined, started, done or halted."""

    TYPE: ClassVar[str] = "request.assistance_moved"

    client_id: Id
    assistance_id: Id
    standing: AssistanceStanding
    acts: tuple[Act, ...]
    instruction_id: Id
    by: str
    quote_id: Id | None = None
    reason: str | None = None


class RequestTaskOverdue(RequestEvent):
    """A holder did not answer a task in time: it is reminded, and once `escalated` people must act."""

    TYPE: ClassVar[str] = "request.task_overdue"

    order_id: Id
    holder_id: Id
    act: Act
    due_at: Instant
    reminders: int
    escalated: bool


class RequestTaskFailed(RequestEvent):
    """A holder said that it can't carry a task out: people must act."""

    TYPE: ClassVar[str] = "request.task_failed"

    order_id: Id
    holder_id: Id
    act: Act
    reason: str


class RequestRefused(RequestEvent):
    """Something that was said of a request and changes nothing, and why."""

    TYPE: ClassVar[str] = "request.refused"

    what: str
    reason: str
    clause: str
    field: str | None = None


class NoticeKind(StrEnum):
    """What a notice about requests and instructions tells a client; each has a text in every language."""

    DSAR_RECEIVED = "dsar_received"
    AUTHORITY_REQUESTED = "authority_requested"
    INSTRUCTION_SUSPENDED = "instruction_suspended"
    QUOTE_OFFERED = "request_quote_offered"
    ASSISTANCE_DONE = "assistance_done"


class RequestNoticeOrdered(NoticeOrder):
    """This client must be told this, by `deadline_at`; the notifier finds the ways to it."""

    TYPE: ClassVar[str] = "request.notice_ordered"

    kind: NoticeKind


class RequestRefusalNoticeOrdered(RefusalNoticeOrder):
    """What this client said over the bus of a request or an instruction changes nothing, and it must be told why."""

    TYPE: ClassVar[str] = "request.refusal_notice_ordered"


class AlertKind(StrEnum):
    """What people on call are told of requests, so that they act; each has a text in every language."""

    REQUEST_UNTOLD = "request_untold"
    TASK_STUCK = "task_stuck"
    ASK_BY_HAND = "ask_by_hand"


class RequestAlertOrdered(AlertOrder):
    """The people on call must be told this; the notifier knows who they are."""

    TYPE: ClassVar[str] = "request.alert_ordered"

    kind: AlertKind
