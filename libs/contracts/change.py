"""What the registry says about changes of sub-processors: announced, weighed, in effect or barred (§4.3, §4.4)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant, Part, Reckoning, Text
from contracts.subprocessor import SubprocessorFacts


class ChangeKind(StrEnum):
    """§4.3 names additions and deletions; a change of material facts needs the same notice."""

    ADDITION = "addition"
    MODIFICATION = "modification"
    REMOVAL = "removal"


class ChangeEvent(Event):
    """An event about one change, keyed by it."""

    KEY: ClassVar[tuple[str, ...]] = ("change_id",)

    change_id: Id


class ChangeAnnounced(ChangeEvent):
    """A lawful change was planned; the notices are on their way."""

    TYPE: ClassVar[str] = "change.announced"

    kind: ChangeKind
    subprocessor_id: Id
    facts: SubprocessorFacts
    announced_at: Instant
    requested_on: date | None = None
    effective_on: date
    moved: bool
    reckoning: Reckoning


class ChangeRefused(ChangeEvent):
    """The publisher asked for something that the agreement forbids; nothing was planned.

    `coded` is the reason for words in another language, as `contracts.coded` has it, where there is a code for it.
    """

    TYPE: ClassVar[str] = "change.refused"

    subprocessor_id: Id
    reason: str
    coded: str | None = None
    clause: str


class ChangeCorrected(ChangeEvent):
    """The list was corrected; nothing that needs notice changed."""

    TYPE: ClassVar[str] = "change.corrected"

    subprocessor_id: Id
    facts: SubprocessorFacts
    fields: tuple[str, ...]


class ChangeWithdrawn(ChangeEvent):
    """A planned change was overtaken or taken back before its day and will not take effect."""

    TYPE: ClassVar[str] = "change.withdrawn"

    subprocessor_id: Id
    reason: str


class NoticeKind(StrEnum):
    """What a notice tells a client; each has a text in every language."""

    CHANGE_ANNOUNCED = "change_announced"
    OBJECTION_ACCEPTED = "objection_accepted"
    OBJECTION_REFUSED = "objection_refused"
    MITIGATION_OFFERED = "mitigation_offered"
    MITIGATION_CLOSED = "mitigation_closed"
    CHANGE_WITHDRAWN = "change_withdrawn"


class ChangeNoticeOrdered(ChangeEvent):
    """These clients must be told this, by `deadline_at`; the notifier finds the ways to them."""

    TYPE: ClassVar[str] = "change.notice_ordered"
    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: Id
    kind: NoticeKind
    client_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
    deadline_at: Instant
    escalate_at: Instant
    clause: str
    facts: dict[str, str | tuple[str, ...]]

    @property
    def about(self) -> str:
        """What the notice is about, as every order of a notice names it."""
        return self.change_id


class ClientChangeEvent(ChangeEvent):
    """An event about what one change means for one client."""

    client_id: Id


class ChangeWindowOpened(ClientChangeEvent):
    """The client has the notice: it may object until the end of `last_day_on`."""

    TYPE: ClassVar[str] = "change.window_opened"

    received_at: Instant
    last_day_on: date
    closes_at: Instant
    reckoning: Reckoning


class ChangeReceiptOverdue(ClientChangeEvent):
    """The planned day is near and the client has given no proof of receipt; nothing takes effect for it."""

    TYPE: ClassVar[str] = "change.receipt_overdue"

    effective_on: date


class ObjectionVerdict(Part):
    """Which objection, and what it said."""

    objection_id: Id
    ground: Id | None = None


class ChangeObjectionAccepted(ClientChangeEvent, ObjectionVerdict):
    """§4.4: in time and on an objective ground; the sub-processor is barred for this client."""

    TYPE: ClassVar[str] = "change.objection_accepted"


class ChangeObjectionRefused(ClientChangeEvent, ObjectionVerdict):
    """§4.4: too late, groundless, or about nothing that can be objected to; recorded and answered.

    `coded` is the reason for words in another language, as `contracts.coded` has it.
    """

    TYPE: ClassVar[str] = "change.objection_refused"

    reason: str
    coded: str | None = None
    clause: str


class ChangeMitigationOpened(ClientChangeEvent):
    """An alternative was offered to the client; while it is open the sub-processor stays barred."""

    TYPE: ClassVar[str] = "change.mitigation_opened"

    mitigation_id: Id
    description: Text


class ChangeMitigationClosed(ClientChangeEvent):
    """The client answered the offer."""

    TYPE: ClassVar[str] = "change.mitigation_closed"

    mitigation_id: Id
    accepted: bool


class ChangeAnswerRefused(ClientChangeEvent):
    """An offer, an answer or a withdrawal that fits nothing that is open; recorded with the reason."""

    TYPE: ClassVar[str] = "change.answer_refused"

    reason: str
    clause: str


class ChangeTookEffect(ChangeEvent):
    """The change is in effect for these clients, from `effective_on` on."""

    TYPE: ClassVar[str] = "change.took_effect"

    subprocessor_id: Id
    kind: ChangeKind
    effective_on: date
    client_ids: tuple[Id, ...]
