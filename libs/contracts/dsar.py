"""What is said of a data subject's request, from outside and by its client (§9)."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter

from contracts.choice import Recipient
from contracts.event import Event, Id, Instant, Part, Text
from contracts.returning import Count, Sha256

Short = Annotated[
    str,
    StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"),
]
"""A name or an address on one line."""


_KIND_PATTERN: Final = r"^[a-z][a-z0-9_]{0,62}$"
Kind = Annotated[str, StringConstraints(pattern=_KIND_PATTERN)]
"""The kind of an identifier, or the name of what can be corrected: `phone`, `email`, `name`."""


_KIND: Final[TypeAdapter[str]] = TypeAdapter(Kind)


def _named(corrections: dict[str, str]) -> dict[str, str]:
    for name in corrections:
        _KIND.validate_python(name)
    return corrections


Corrections = Annotated[
    dict[str, Short],
    AfterValidator(_named),
    Field(json_schema_extra={"propertyNames": {"pattern": _KIND_PATTERN, "type": "string"}}),
]
"""New values by what is to be corrected, each named as a kind is."""


class DataSubjectRight(StrEnum):
    """The eight rights of §9 (GDPR art. 15 to 22; instructions after death: French law, art. 85)."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    ERASURE = "erasure"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    INSTRUCTIONS_AFTER_DEATH = "instructions_after_death"
    AUTOMATED_DECISION = "automated_decision"


class Identifier(Part):
    """One of the ways in which a system knows the person: `phone`, `email`, `customer_number`, and its value."""

    kind: Kind
    value: Annotated[Short, Field(repr=False)]


class Attachment(Part):
    """A file that came along: known by its hash. Its bytes stay where they came in."""

    name: Annotated[Short, Field(repr=False)]
    media_type: Short
    bytes: Count
    sha256: Sha256


Attachments = Annotated[tuple[Attachment, ...], Field(max_length=50)]


class DsarEvent(Event):
    """An event about one request, keyed by it."""

    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: Id


class DsarReceived(DsarEvent):
    """A data subject's request arrived at `received_at`; the client answers it, never the processor by itself.

    `hints` are the person's own words for whose customer it is: a company's name, a site, an address. Said again under
    the same id, or the same words of the same person under another, it folds into the same request and is counted.
    """

    TYPE: ClassVar[str] = "dsar.received"

    right: DataSubjectRight
    received_at: Instant
    text: Annotated[Text, Field(repr=False)]
    client_id: Id | None = None
    reply_to: Annotated[Text | None, Field(repr=False)] = None
    hints: Annotated[tuple[Short, ...], Field(max_length=20, repr=False)] = ()
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=100)] = ()
    attachments: Attachments = ()


class Act(StrEnum):
    """What a client can ask to be done with one person's data; `release` ends a restriction."""

    FIND = "find"
    EXPORT = "export"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    RELEASE = "release"
    ERASE = "erase"


class DsarAssistanceRequested(DsarEvent):
    """The client expressly asks for help with a request, on an instruction of its own.

    The person is known by these `identifiers`, or by those of the request. `corrections` are new values by what is to
    be corrected; an export is encrypted for `recipient`.
    """

    TYPE: ClassVar[str] = "dsar.assistance_requested"

    client_id: Id
    assistance_id: Id
    instruction_id: Id
    acts: Annotated[tuple[Act, ...], Field(min_length=1)]
    requested_by: Text
    received_at: Instant
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=100)] = ()
    corrections: Corrections = Field({}, max_length=100, repr=False)
    recipient: Recipient | None = None


class DsarQuoteOffered(DsarEvent):
    """The help takes significant resources: what it costs, before anything is begun."""

    TYPE: ClassVar[str] = "dsar.quote_offered"

    assistance_id: Id
    quote_id: Id
    amount: Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,2})?$")]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    text: Text
    offered_by: Text


class DsarQuoteAnswered(DsarEvent):
    """The client accepts the quote, or declines it."""

    TYPE: ClassVar[str] = "dsar.quote_answered"

    client_id: Id
    assistance_id: Id
    quote_id: Id
    accepted: bool
    answered_by: Text
    received_at: Instant


class DsarAssistanceStarted(DsarEvent):
    """Somebody lets the work begin: no quote is needed, or the client has accepted it."""

    TYPE: ClassVar[str] = "dsar.assistance_started"

    assistance_id: Id
    started_by: Text
