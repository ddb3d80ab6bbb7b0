"""What the record of evidence says of itself (§3.2, §7): its signed heads, and that one of them doesn't fit."""

from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints

from contracts.event import ID_PATTERN, Event, Id, Instant
from contracts.evidence import Sha256

EVERYBODY: Final = "all"
"""The chain of what concerns every client."""

_OF_CLIENT: Final = "client/"
_PATTERN: Final = rf"^({EVERYBODY}|{_OF_CLIENT}{ID_PATTERN[1:-1]})$"
Chain = Annotated[str, StringConstraints(pattern=_PATTERN, max_length=160)]
"""`all`, or `client/` and a client's id."""


def chain_of(client_id: str | None) -> str:
    """The name of a client's chain; of everybody's, where no client is named."""
    return EVERYBODY if client_id is None else f"{_OF_CLIENT}{client_id}"


class SealEvent(Event):
    """An event about one chain."""

    KEY: ClassVar[tuple[str, ...]] = ("chain",)

    chain: Chain


class EvidenceSealed(SealEvent):
    """The chain ended so at `sealed_at`: whoever keeps this can show later that nothing before it was rewritten."""

    TYPE: ClassVar[str] = "evidence.sealed"

    seq: Annotated[int, Field(ge=1)]
    sha256: Sha256
    sealed_at: Instant
    key_id: str
    signature: str


class AnchorContradicted(SealEvent):
    """A head that was signed and said is not what the record holds: it was restored from a backup, or rewritten.

    `held_sha256` is what stands at that place; without one nothing does, and `held_seq` is where the chain ends.
    """

    TYPE: ClassVar[str] = "anchor.contradicted"

    seq: Annotated[int, Field(ge=1)]
    sha256: Sha256
    held_seq: Annotated[int, Field(ge=0)]
    held_sha256: Sha256 | None = None
    noticed_at: Instant


class AnchorDue(Event):
    """It is time to sign the heads of the chains after `after` that have grown (a dated event)."""

    TYPE: ClassVar[str] = "anchor.due"
    KEY: ClassVar[tuple[str, ...]] = ("round",)

    round: Id
    after: str = ""
