"""Who concludes the agreement, in which words, for how long, and who may do what (heading, 1, 13 to 15, App. C 9)."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from agreement.part import Clausal, Slug, Text


class Processor(Clausal):
    """The processor as the heading names it; notices to it go to these addresses (§15)."""

    name: Text
    brand: Text
    legal_form: Text
    registered_as: Text
    postal_address: Text
    email: Text | None = Field(None, description="the address for notices; the heading may give none")


class Controller(Clausal):
    """The client: its name and addresses come with each signature, not from the file."""

    called: tuple[Text, ...]
    name: Text | None = None


class Term(Clausal):
    """When the agreement begins to bind, and when it ends."""

    begins: Text
    ends: Text


class Amendment(Clausal):
    """What an amendment needs (§15)."""

    in_writing: bool
    signed_by: tuple[Slug, ...]


class Law(Clausal):
    """The law that governs, the court, and how a dispute begins (§14)."""

    governing: Text
    court: Text
    notified_by: Text


class Definition(Clausal):
    """A term that the agreement defines."""

    term: Text
    meaning: Text


class Claim(StrEnum):
    """A promise inside a text that can be held against the rest of the file."""

    NO_TRANSFER_OUTSIDE_EEA = "no_transfer_outside_eea"


class Passage(Clausal):
    """Words of the agreement, kept as they are written."""

    text: Text
    language: Text
    claims: Claim | None = None


class UserClass(Clausal):
    """A class of users of the client (Appendix C 9)."""

    code: Slug
    label: Text
    named_in_agreement: bool
    may: Text


class UserClasses(Clausal):
    """How many classes the agreement announces, and which."""

    announced: int
    classes: tuple[UserClass, ...]


class LegalBasis(Clausal):
    """A law that the agreement rests on or that bears on it, and what has come of it since."""

    code: Slug
    title: Text
    superseded_by: Text | None = None
    confirm: bool = Field(default=False, description="counsel must confirm it")
    in_force_on: date | None = None


class DataCategory(Clausal):
    """A kind of personal data, as Appendix A lists them."""

    code: Slug
    label: Text
    label_fr: Text | None = Field(None, description="the same in French, where the file says it")
