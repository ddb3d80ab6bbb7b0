"""Who is on call: the operator's people who are told when something must be done (§6, §15)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from agreement.schema import Agreement
from contracts.client import Email, Language

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Person(BaseModel):
    """Somebody who is told by email, in their language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    email: Email
    language: Language = Language.ENGLISH


def people(named: tuple[Person, ...], agreement: Agreement) -> tuple[Person, ...]:
    """Whom the operator named; or else whom the agreement says to call about an incident, or where it takes notices.

    Nobody, where none of these has an email address.
    """
    if named:
        return named
    contact, processor = agreement.breach.contact, agreement.processor
    if contact.email is not None:
        return (Person(name=contact.name, email=contact.email),)
    if processor.email is not None:
        return (Person(name=processor.name, email=processor.email),)
    return ()
