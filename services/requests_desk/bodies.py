"""What the API takes: the events of the topics, but for whose they are and who says them."""

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field

from chassis.asking import Body
from contracts.authority import AuthorityKind, Ban
from contracts.choice import Recipient
from contracts.dsar import Act, Attachment, Corrections, DataSubjectRight, Identifier, Short
from contracts.event import Id, Text
from contracts.instruction import InstructionChannel
from contracts.returning import Sha256
from contracts.task import Touched


class AttachmentBody(Attachment):
    """A file, by its hash."""

    model_config = ConfigDict(strict=False, extra="forbid")


class IdentifierBody(Identifier):
    """One of the ways in which a system knows the person."""

    model_config = ConfigDict(strict=False, extra="forbid")


class RecipientBody(Recipient):
    """The client's public key."""

    model_config = ConfigDict(strict=False, extra="forbid")


class BanBody(Ban):
    """The law forbids telling the client."""

    model_config = ConfigDict(strict=False, extra="forbid")


Reason = Annotated[Text, Field(description="it stays on record: leave out who the person is")]
Attachments = Annotated[tuple[AttachmentBody, ...], Field(max_length=50)]


class DsarBody(Body):
    """A data subject's request that reached an operator."""

    request_id: Id
    right: DataSubjectRight
    received_at: AwareDatetime
    text: Text
    client_id: Id | None = None
    reply_to: Text | None = None
    hints: Annotated[tuple[Short, ...], Field(max_length=20)] = ()
    identifiers: Annotated[tuple[IdentifierBody, ...], Field(max_length=100)] = ()
    attachments: Attachments = ()


class AuthorityBody(Body):
    """An authority's request."""

    request_id: Id
    authority: Text
    kind: AuthorityKind
    legal_basis: Text
    received_at: AwareDatetime
    client_id: Id
    text: Text
    reply_to: Text | None = None
    attachments: Attachments = ()
    ban: BanBody | None = None


class ExtensionBody(Body):
    """The ban goes on."""

    ban: BanBody


class ReasonBody(Body):
    """Why."""

    reason: Reason


class ClientBody(Body):
    """Whose data it is about."""

    client_id: Id
    reason: Reason


class AnswerBody(Body):
    """An answer to be sent once the client instructs so."""

    text: Text
    attachments: Attachments = ()
    final: bool = True


class SendingBody(Body):
    """The instruction on which it is to leave."""

    instruction_id: Id | None = None


class AmendmentBody(Body):
    """What the client wants; staff say who of the client said it, how and when."""

    text: Text
    purpose: Text
    data_categories: tuple[Id, ...] = ()
    documents: Annotated[tuple[Sha256, ...], Field(max_length=100)] = ()
    additional: bool = False
    channel: InstructionChannel | None = Field(None, description="staff only: how it came")
    given_by: Text | None = Field(None, description="staff only: who of the client said it")
    received_at: AwareDatetime | None = Field(None, description="staff only: when it came")


class InstructionBody(AmendmentBody):
    """The same, perhaps about one request."""

    request_id: Id | None = None


class WithdrawalBody(Body):
    """The client takes it back."""

    reason: Text | None = None


class AssistanceBody(Body):
    """What is to be done with the person's data, on which instruction."""

    instruction_id: Id
    acts: Annotated[tuple[Act, ...], Field(min_length=1)]
    identifiers: Annotated[
        tuple[IdentifierBody, ...],
        Field(max_length=100, description="as systems know the person; the request's own by default"),
    ] = ()
    corrections: Corrections = Field({}, max_length=100, description="new values, where `rectify` is asked for")
    recipient: RecipientBody | None = Field(None, description="for whose key exports are encrypted")


class QuoteBody(Body):
    """What the help costs."""

    amount: Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,2})?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    text: Text


class QuoteAnswerBody(Body):
    """Whether the client accepts it."""

    quote_id: Id
    accepted: bool


class TouchedBody(Touched):
    """How much of one category."""

    model_config = ConfigDict(strict=False, extra="forbid")


class AskedBody(Body):
    """What came of asking a sub-processor by hand."""

    outcome: Reason


class TaskAnswerBody(Body):
    """What a holder did, as people know it."""

    touched: tuple[TouchedBody, ...]
    unreached: tuple[Text, ...] = ()
    confirmed_by: Annotated[str, Field(min_length=1, max_length=1000)]
