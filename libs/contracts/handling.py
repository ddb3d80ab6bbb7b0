"""What operators do about a request, whoever made it: who takes it, whose it is, what is answered (§9)."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.dsar import Attachments
from contracts.event import Event, Id, Text


class HandlingEvent(Event):
    """An event about one request, keyed by it."""

    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: Id


class HandlingTaken(HandlingEvent):
    """Somebody handles the request from here on, and may read who made it; nobody else may then."""

    TYPE: ClassVar[str] = "handling.taken"

    taken_by: Text


class HandlingClientNamed(HandlingEvent):
    """Somebody decided whose data the request is about."""

    TYPE: ClassVar[str] = "handling.client_named"

    client_id: Id
    decided_by: Text
    reason: Text


class HandlingAnswerDrafted(HandlingEvent):
    """An answer was written; nothing leaves yet. `final`: with it the request is answered."""

    TYPE: ClassVar[str] = "handling.answer_drafted"

    answer_id: Id
    text: Annotated[Text, Field(repr=False)]
    attachments: Attachments = ()
    final: bool = True
    drafted_by: Text


class HandlingSendRequested(HandlingEvent):
    """Somebody wants an answer to leave, on an instruction of the client; without one it is refused."""

    TYPE: ClassVar[str] = "handling.send_requested"

    answer_id: Id
    instruction_id: Id | None = None
    requested_by: Text


class HandlingSubProcessorAsked(HandlingEvent):
    """A sub-processor whose systems take no orders was asked by hand about help, and this came of it.

    The words stay on record: they leave out who the person is.
    """

    TYPE: ClassVar[str] = "handling.sub_processor_asked"

    assistance_id: Id
    subprocessor_id: Id
    outcome: Text
    asked_by: Text


class HandlingClosed(HandlingEvent):
    """The request is over without an answer of ours: the client answers itself, or it concerns nobody here."""

    TYPE: ClassVar[str] = "handling.closed"

    closed_by: Text
    reason: Text
