"""Who holds clients' data, and what a holder reports of itself (§8.3, Appendix A)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant, Text


class HolderKind(StrEnum):
    """A system of the processor's own, or a sub-processor."""

    INTERNAL = "internal"
    SUBPROCESSOR = "subprocessor"


class Finding(StrEnum):
    """What a holder can report: data of a category that is never stored, or processing after it should have ceased."""

    STORED = "stored"
    PROCESSED = "processed"


class HolderEvent(Event):
    """An event about one holder, keyed by it."""

    KEY: ClassVar[tuple[str, ...]] = ("holder_id",)

    holder_id: Id


class HolderDeclared(HolderEvent):
    """A system holds data of these categories and answers orders; said again, it replaces what was said before.

    A sub-processor's own holder names it: without one, the sub-processor's id is its holder's id.
    """

    TYPE: ClassVar[str] = "holder.declared"

    name: Text
    kind: HolderKind
    subprocessor_id: Id | None = None
    categories: Annotated[tuple[Id, ...], Field(min_length=1)]


class HolderRetired(HolderEvent):
    """A system holds nothing any more and gets no further orders."""

    TYPE: ClassVar[str] = "holder.retired"

    reason: Text


class HolderRestored(HolderEvent):
    """A backup was restored: what was erased since `backup_taken_at` is back, and is ordered away again."""

    TYPE: ClassVar[str] = "holder.restored"

    backup_taken_at: Instant
    restored_at: Instant


class HolderReported(HolderEvent):
    """A holder found what should not be there; it is flagged."""

    TYPE: ClassVar[str] = "holder.reported"

    client_id: Id
    finding: Finding
    category: Id
    count: Annotated[int, Field(ge=0)] | None = None
    seen_at: Instant
    detail: Text | None = None
