"""The register of instructions, as it changes (§2.3): what a client's data may be processed on."""

from enum import StrEnum
from typing import ClassVar

from contracts.event import Event, Id, Instant
from contracts.returning import Sha256


class Standing(StrEnum):
    """Whether an instruction counts."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


class RegisterEvent(Event):
    """An event about one client's instructions."""

    KEY: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: Id
    instruction_id: Id


class RegisterEntered(RegisterEvent):
    """How an instruction stands since `at`, in which version, and who said so.

    `too_late_for` are the answers that had left under it when it was withdrawn, suspended or amended.
    """

    TYPE: ClassVar[str] = "register.entered"

    standing: Standing
    version: int
    sha256: Sha256
    at: Instant
    by: str
    request_id: Id | None = None
    too_late_for: tuple[Id, ...] = ()


class RegisterRefused(RegisterEvent):
    """Something that was said of an instruction and changes nothing, and why."""

    TYPE: ClassVar[str] = "register.refused"

    what: str
    reason: str
    clause: str
    field: str | None = None
