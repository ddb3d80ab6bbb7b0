"""Requests, instructions and answers as they stand, for whoever judges them; no statement."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel

from contracts.authority import AuthorityKind, Ban
from contracts.event import Reckoning
from contracts.instruction import InstructionChannel
from contracts.register import Standing
from contracts.request import RequestKind


class Status(StrEnum):
    """How far a request is."""

    SEARCHING = "searching"
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"

    @property
    def is_over(self) -> bool:
        """Whether nothing is expected any more."""
        return self in {Status.ANSWERED, Status.CLOSED}


class AuthorityFacts(BaseModel):
    """What can be told of an authority's request; `ban`: that was over before anybody was told."""

    authority: str
    kind: AuthorityKind
    legal_basis: str
    ban: Ban | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands."""

    request_id: str
    kind: RequestKind
    about: str
    status: Status
    client_id: str | None
    received_at: datetime
    times: int
    authority: AuthorityFacts | None
    tell_by: datetime
    told_at: datetime | None
    answer_by: date | None
    answer_by_unrolled: date | None
    reckoning: Reckoning | None
    handler: str | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction as it stands, with what is evidence of its version."""

    instruction_id: str
    client_id: str
    request_id: str | None
    standing: Standing
    version: int
    sha256: str
    channel: InstructionChannel
    given_by: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A change of how an instruction stands."""

    standing: Standing
    version: int
    what: str
    by: str
    reason: str | None = None
    too_late_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was written, and since when it is gone, if it is."""

    answer_id: str
    request_id: str
    sha256: str
    final: bool
    sent_at: datetime | None
    erased: bool
