"""What people read of the record."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, Field, JsonValue


class Signed(BaseModel):
    """The head of a chain, signed: whoever keeps it can show later that nothing before it was rewritten."""

    chain: str
    seq: int
    sha256: str
    sealed_at: datetime
    key_id: str
    signature: str


class EntryView(BaseModel):
    """An entry: what was hashed, and the hash."""

    seq: int
    hash: str
    recorded_at: datetime
    type: str
    clause: str | None
    promises: list[str]
    about: list[str] = Field(description="the event's id, and the ids that it names")
    entry: Mapping[str, JsonValue] = Field(description="as it was hashed")


class RecordPage(BaseModel):
    """A page of a record, in order; `next` is the cursor of the page that follows."""

    chain: str
    complete_from: datetime = Field(description="facts said before are in as far as the bus still held them")
    head: Signed | None = Field(description="where the chain ends now, signed; None: it has no entry")
    items: list[EntryView]
    next: str | None = None


class Last(BaseModel):
    """The last fact about a promise."""

    seq: int
    chain: str
    type: str
    recorded_at: datetime


class PromiseView(BaseModel):
    """A promise of the agreement that the client signed, and what the record holds of it."""

    code: str
    clause: str
    title: str
    title_fr: str | None
    facts: int
    last: Last | None
    open: int = Field(description="what has begun and is not over, as far as events say so")
    missed: int = Field(description="what is overdue, or failed, and not mended since")


class PromisesAnswer(BaseModel):
    """All promises, in the order of the agreement."""

    client_id: str
    agreement_id: str
    agreement_version: str
    complete_from: datetime
    items: list[PromiseView]
