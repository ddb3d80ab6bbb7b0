"""Deletions: ordered from a holder, carried out with evidence, looked at again (§8.3, Appendix A)."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant, Text
from contracts.ordering import Counted, HolderOrder, Method, Purpose, Scope

Count = Annotated[int, Field(ge=0)]


class ErasureEvent(Event):
    """An event about one order: what is ordered and what is answered stay in order."""

    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: Id
    holder_id: Id


class ErasureOrdered(HolderOrder, ErasureEvent):
    """The holder deletes these clients' data of one category, irretrievably, by `due_at`.

    Carrying it out twice harms nothing; with `reminder` above 0 it is the same order again.
    """

    TYPE: ClassVar[str] = "erasure.ordered"

    category: Id
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=1000)]
    counted: Counted = Counted.CREATED
    purpose: Purpose
    because: tuple[str, ...] = ()


class ErasureHalted(ErasureEvent):
    """A hold was placed: what is not deleted of these clients yet stays, and the holder says what it has deleted."""

    TYPE: ClassVar[str] = "erasure.halted"

    client_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
    reason: str


class ErasureConfirmed(ErasureEvent):
    """The holder has carried the order out; `unreached` names what it could not reach, and until when that stays.

    `halted`: it stopped because it was told to, after `count` records.
    """

    TYPE: ClassVar[str] = "erasure.confirmed"

    started_at: Instant
    finished_at: Instant
    count: Count
    method: Method
    confirmed_by: Text
    evidence: Text | None = None
    unreached: tuple[Text, ...] = ()
    halted: bool = False


class ErasureFailed(ErasureEvent):
    """The holder can't carry the order out as things are; people must act, and the order stands."""

    TYPE: ClassVar[str] = "erasure.failed"

    failed_at: Instant
    reason: Text


class ErasureCheckOrdered(HolderOrder, ErasureEvent):
    """The holder counts what is left of what it confirmed to have deleted."""

    TYPE: ClassVar[str] = "erasure.check_ordered"

    category: Id
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=1000)]
    counted: Counted = Counted.CREATED


class ErasureChecked(ErasureEvent):
    """What a second look found: nothing, or what reopens the order."""

    TYPE: ClassVar[str] = "erasure.checked"

    checked_at: Instant
    remaining: Count
    checked_by: Text
