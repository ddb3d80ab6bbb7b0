"""What the platform says about its clients, the controllers (§3.1, §15)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints

from contracts.event import Event, Id, Instant, Part, Text

EMAIL_PATTERN: Final = r"^[^@\s<>,;\x00-\x1f\x7f]+@[^@\s<>,;\x00-\x1f\x7f]+$"
Email = Annotated[str, StringConstraints(pattern=EMAIL_PATTERN, max_length=254)]


class Language(StrEnum):
    """A language in which notices are written."""

    ENGLISH = "en"
    FRENCH = "fr"


class Contact(Part):
    """The single point of contact (§3.1) and the addresses in the heading (§15)."""

    name: Text
    email: Email
    postal_address: Text | None = None
    language: Language = Language.ENGLISH


class ClientSigned(Event):
    """A client signed a version of the agreement; from here on its promises run for this client."""

    TYPE: ClassVar[str] = "client.signed"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    name: Text
    agreement_id: Id
    agreement_version: Text
    signed_on: date
    contact: Contact
    contract_ends_on: date | None = None


class ClientAmended(Event):
    """Both parties signed an amendment: the client is bound to another version from `signed_on` on (§15)."""

    TYPE: ClassVar[str] = "client.amended"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    agreement_version: Text
    signed_on: date
    contract_ends_on: date | None = None


class ClientContactChanged(Event):
    """A client's contact or address changed (§15); earlier notices keep the address they were sent to."""

    TYPE: ClassVar[str] = "client.contact_changed"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    contact: Contact


class DurationUnit(StrEnum):
    """What a client's own duration counts."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


class Duration(Part):
    """How long a client wants data of a category kept."""

    category: Id
    n: Annotated[int, Field(ge=0, le=1200)]
    unit: DurationUnit


class ClientSettingsChanged(Event):
    """A client set how long data are kept, category by category (Appendix A); the others stay as they are."""

    TYPE: ClassVar[str] = "client.settings_changed"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    retention: Annotated[tuple[Duration, ...], Field(min_length=1)]


class ClientDesynchronised(Event):
    """A client ended the synchronisation with its CRM: what was synchronised goes (Appendix A)."""

    TYPE: ClassVar[str] = "client.desynchronised"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    desynchronised_at: Instant


class ClientCompetitorMarked(Event):
    """Somebody decided whether a client competes with the processor, or belongs to one that does (§7)."""

    TYPE: ClassVar[str] = "client.competitor_marked"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    competitor: bool
    reason: Text
    said_by: Text
