"""What a client chooses at the end of its contract, however the word reached the processor (§8.3)."""

from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Instant, Part, Text


class Choice(StrEnum):
    """§8.3 knows two: return, which deletion follows, or deletion at once."""

    RETURN = "return"
    DELETION = "deletion"


class Encryption(StrEnum):
    """For whose key a return package is encrypted."""

    AGE = "age"
    PGP = "pgp"


class Recipient(Part):
    """The client's public key: an age recipient (`age1…`), or an armoured PGP certificate."""

    encryption: Encryption
    public_key: Text


class ChoiceMade(Event):
    """The client chooses; `received_at` is when its word reached the processor.

    `termination_id` says for which end, where several ends of its contract wait for its choice.
    """

    TYPE: ClassVar[str] = "choice.made"
    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    choice: Choice
    made_by: Text
    received_at: Instant
    recipient: Recipient | None = None
    termination_id: Id | None = None
