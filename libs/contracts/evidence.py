"""What people hand over beside their words: documents, known by their hash, and sums of money."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.event import Part

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 of a document's bytes, in hexadecimal."""

Person = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Who somebody is, as their token's `sub` or a letter names them."""

Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"),
]
"""A name or title on one line."""


class Document(Part):
    """A document; whoever has the bytes can check that they are these."""

    sha256: Sha256
    name: Line
    bytes: Annotated[int, Field(ge=0)]


Documents = Annotated[tuple[Document, ...], Field(max_length=20)]


class Money(Part):
    """A sum, as decimal text: `1200.00`, and its currency by ISO 4217."""

    amount: Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{2})?$")]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Side(StrEnum):
    """The parties to the agreement."""

    CLIENT = "client"
    PROCESSOR = "processor"
