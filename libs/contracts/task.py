"""Tasks about one person: ordered from a holder for a client, carried out, answered (§9).

Whom a task is about is never said on the bus: the holder reads it from `requests`, with its own token, while the task
is open (`TaskSubject`).
"""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.choice import Encryption, Recipient
from contracts.dsar import Act, Corrections, Identifier
from contracts.event import Event, Id, Instant, Part, Text
from contracts.ordering import Counted, HolderOrder, Method
from contracts.returning import Count, Sha256


class TaskScope(Part):
    """Data of one category: all that is the person's, or what is strictly older than `cutoff_at`."""

    category: Id
    cutoff_at: Instant | None = None
    counted: Counted = Counted.CREATED


class TaskEvent(Event):
    """An event about one task: what is ordered and what is answered stay in order."""

    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: Id
    holder_id: Id
    client_id: Id


class TaskOrdered(HolderOrder, TaskEvent):
    """The holder does this for one person's data of one client, by `due_at`, on the client's instruction.

    `find` counts what the others would reach, and changes nothing. Carrying it out twice harms nothing; with
    `reminder` above 0 it is the same order again. An export is for `recipient`, to be fetched until `available_until`.
    """

    TYPE: ClassVar[str] = "task.ordered"

    act: Act
    instruction_id: Id
    scopes: Annotated[tuple[TaskScope, ...], Field(min_length=1, max_length=1000)]
    recipient: Recipient | None = None
    available_until: Instant | None = None


class TaskHalted(TaskEvent):
    """The task is over: what is not done yet stays undone, and the holder says what it has done."""

    TYPE: ClassVar[str] = "task.halted"

    reason: Text


class Touched(Part):
    """How much of one category was found, handed out, corrected, marked or deleted."""

    category: Id
    count: Count


class TaskPackage(Part):
    """What was handed out: `url` is where the client's own token opens it, and no link that lets in by itself."""

    manifest_sha256: Sha256
    package_sha256: Sha256
    bytes: Count
    encryption: Encryption | None = None
    url: Text
    expires_at: Instant


class TaskConfirmed(TaskEvent):
    """The holder has carried the task out.

    `unreached` names where it can't tell this person's data, or can't do what is asked. `halted`: it was told to stop.
    """

    TYPE: ClassVar[str] = "task.confirmed"

    act: Act
    started_at: Instant
    finished_at: Instant
    touched: tuple[Touched, ...]
    method: Method | None = None
    package: TaskPackage | None = None
    unreached: tuple[Text, ...] = ()
    halted: bool = False
    confirmed_by: Text


class TaskFailed(TaskEvent):
    """The holder can't carry the task out as things are; people must act, and the task stands."""

    TYPE: ClassVar[str] = "task.failed"

    failed_at: Instant
    reason: Text


class TaskDownloaded(TaskEvent):
    """The whole package of an export was fetched."""

    TYPE: ClassVar[str] = "task.downloaded"

    downloaded_at: Instant
    bytes: Count


class TaskAcknowledged(TaskEvent):
    """The client has what was exported: the holder removes the package."""

    TYPE: ClassVar[str] = "task.acknowledged"

    acknowledged_by: Text
    received_at: Instant


class TaskSubject(Part):
    """Whom a task is about, as `GET /tasks/{order_id}/subject` of `requests` answers its holder, and nobody else.

    Anyone that one of the identifiers fits is meant. `corrections` are new values by what can be corrected.
    """

    order_id: Id
    client_id: Id
    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=100)]
    corrections: Corrections = Field({}, max_length=100, repr=False)
