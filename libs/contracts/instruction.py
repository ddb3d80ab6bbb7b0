"""What clients instruct, and what the processor thinks of it (§2.3, §3.2)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant, Part, Text
from contracts.returning import Sha256


class InstructionChannel(StrEnum):
    """How an instruction came; §9 wants it in writing, and the others are written down by whoever took them."""

    API = "api"
    EMAIL = "email"
    LETTER = "letter"
    TICKET = "ticket"
    CONTRACT = "contract"
    TELEPHONE = "telephone"

    @property
    def is_written(self) -> bool:
        """Whether it is in writing."""
        return self is not InstructionChannel.TELEPHONE


class Instructed(Part):
    """What an instruction says; `documents` are the hashes of what came along.

    `additional`: it goes beyond what the agreement says already; `recorded_by`: who of the processor's staff wrote it
    down, where it did not come from the client's own hand.
    """

    channel: InstructionChannel
    given_by: Text
    received_at: Instant
    text: Annotated[Text, Field(repr=False)]
    purpose: Text
    data_categories: tuple[Id, ...] = ()
    documents: Annotated[tuple[Sha256, ...], Field(max_length=100)] = ()
    additional: bool = False
    recorded_by: Text | None = None


class InstructionEvent(Event):
    """An event about one client's instruction: all that a client says stays in order."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    instruction_id: Id


class InstructionGiven(InstructionEvent):
    """A client instructs; with `request_id` it is about that one request, whose answer it allows."""

    TYPE: ClassVar[str] = "instruction.given"

    said: Instructed
    request_id: Id | None = None


class InstructionAmended(InstructionEvent):
    """The client says it otherwise: the next version is in force, and what was thought of the one before is past."""

    TYPE: ClassVar[str] = "instruction.amended"

    said: Instructed


class InstructionWithdrawn(InstructionEvent):
    """The client takes it back; what was done under it stays done."""

    TYPE: ClassVar[str] = "instruction.withdrawn"

    withdrawn_by: Text
    received_at: Instant
    reason: Text | None = None


class InstructionDoubted(InstructionEvent):
    """In the processor's opinion it infringes the law: it is suspended, and the client is told at once (§3.2)."""

    TYPE: ClassVar[str] = "instruction.doubted"

    reason: Text
    doubted_by: Text


class InstructionConfirmed(InstructionEvent):
    """The client has read the opinion and stands by its instruction."""

    TYPE: ClassVar[str] = "instruction.confirmed"

    confirmed_by: Text
    received_at: Instant
