"""What is said of an authority's request for clients' data, and of a ban on telling the client (§9)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.dsar import Attachments
from contracts.event import Event, Id, Instant, Part, Text


class AuthorityKind(StrEnum):
    """§9 names them: law enforcement, a government security agency, a supervisory authority."""

    LAW_ENFORCEMENT = "law_enforcement"
    SECURITY_AGENCY = "security_agency"
    SUPERVISORY_AUTHORITY = "supervisory_authority"


class Ban(Part):
    """The law forbids telling the client: by what text, and through which last day; none: until it is lifted."""

    text: Text
    until: date | None = None


class AuthorityEvent(Event):
    """An event about one request of an authority, keyed by it."""

    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: Id


class AuthorityRequested(AuthorityEvent):
    """An authority asked for data of a client at `received_at`; with a ban nothing may reveal it to the client.

    What is under a ban is better said to the API than to a topic, which more people read.
    """

    TYPE: ClassVar[str] = "authority.requested"

    authority: Text
    kind: AuthorityKind
    legal_basis: Text
    received_at: Instant
    client_id: Id
    text: Annotated[Text, Field(repr=False)]
    reply_to: Annotated[Text | None, Field(repr=False)] = None
    attachments: Attachments = ()
    ban: Ban | None = None


class AuthorityBanExtended(AuthorityEvent):
    """The ban goes on: through another last day, or until it is lifted."""

    TYPE: ClassVar[str] = "authority.ban_extended"

    ban: Ban
    extended_by: Text


class AuthorityBanLifted(AuthorityEvent):
    """The ban is over before its day, or it had none."""

    TYPE: ClassVar[str] = "authority.ban_lifted"

    lifted_by: Text
    reason: Text
