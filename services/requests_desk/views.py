"""What the API shows."""

from datetime import date, datetime

from pydantic import BaseModel, Field, JsonValue

from contracts.dsar import Act
from contracts.instruction import InstructionChannel
from contracts.register import Standing
from contracts.request import AssistanceStanding, RequestKind
from requests_desk.assistance_store import Quote
from requests_desk.records import AuthorityFacts, Status
from requests_desk.seal_store import Sealed
from requests_desk.vault import AnswerText, Requester


class RequestLine(BaseModel):
    """A request in a list."""

    request_id: str
    kind: RequestKind
    about: str = Field(description="the right that is exercised, or what kind of authority asks")
    status: Status
    client_id: str | None = Field(description="whose data; null: nobody has said yet")
    received_at: datetime
    times: int = Field(description="how often it came")
    tell_by: datetime = Field(description="the client must know by then")
    told_at: datetime | None
    answer_by_unrolled: date | None = Field(
        description="GDPR art. 12(3): the controller's own date, the one to rely on"
    )
    answer_by: date | None = Field(description="the same, moved to a working day")
    handler: str | None = Field(description="who of the staff may read what the requester wrote")
    erased_at: datetime | None = Field(description="since when nothing personal is left of it")


class CandidateView(BaseModel):
    """Whose data it may be about."""

    client_id: str
    because: str


class AnswerView(BaseModel):
    """An answer: a draft, or what has left on which instruction."""

    answer_id: str
    sha256: str = Field(description="of its bytes, as they are handed out once it is sent")
    final: bool
    drafted_by: str
    drafted_at: datetime
    sent_at: datetime | None = Field(description="null: nothing has left")
    sent_by: str | None
    instruction_id: str | None
    instruction_version: int | None
    said: AnswerText | None = Field(description="null: it is erased, or not yours to read")


class AttemptView(BaseModel):
    """Somebody tried to send an answer that might not leave."""

    at: datetime
    answer_id: str
    instruction_id: str | None
    tried_by: str
    reason: str
    clause: str


class AssistanceView(BaseModel):
    """The help that the client asked for."""

    assistance_id: str
    acts: list[Act]
    instruction_id: str
    standing: AssistanceStanding
    asked_at: datetime
    asked_by: str
    quote: Quote | None


class RequestView(RequestLine):
    """A request, whole."""

    because: list[str] = Field(description="how the controller's date was reached")
    authority: AuthorityFacts | None
    requester: Requester | None = Field(description="null: it is erased, or not yours to read")
    also_said: list[Requester] = Field(description="what repetitions said otherwise")
    candidates: list[CandidateView]
    answers: list[AnswerView]
    refused: list[AttemptView] = Field(description="answers that somebody tried to send and that did not leave")
    assistance: list[AssistanceView]


class JournalView(BaseModel):
    """Something that was said; without what is personal."""

    at: datetime
    what: str
    cause: str
    data: JsonValue


class InstructionView(BaseModel):
    """An instruction as it stands, or stood at the instant that was asked about."""

    instruction_id: str
    client_id: str
    request_id: str | None
    standing: Standing
    since: datetime
    by: str
    reason: str | None = Field(description="why it is suspended or withdrawn")
    version: int
    channel: InstructionChannel
    given_by: str
    received_at: datetime
    recorded_at: datetime
    recorded_by: str | None = Field(description="who of the staff wrote it down; null: from the client's own hand")
    purpose: str
    data_categories: list[str]
    additional: bool = Field(description="beyond what the agreement says already")
    sha256: str
    documents: list[str]
    text: str | None = Field(description="null: it is erased, or not yours to read")


class StepView(BaseModel):
    """How it stood since when."""

    at: datetime
    standing: Standing
    version: int
    what: str
    by: str
    reason: str | None
    too_late_for: list[str] = Field(description="the answers that had left under it by then")


class InstructionWhole(InstructionView):
    """An instruction, with every step and what has left on it."""

    steps: list[StepView]
    sent: list[str]


class Recorded(BaseModel):
    """An authority's request is kept; what is sealed is shown by its opening alone."""

    request_id: str
    sealed: bool


class SealedLine(BaseModel):
    """Something is sealed, and since when; what it is shows its opening alone."""

    request_id: str
    sealed_at: datetime
    openings: int


class SealedView(BaseModel):
    """What was sealed, opened by somebody whose name is kept with it."""

    opened_by: str
    sealed: Sealed


class SealLogView(BaseModel):
    """What was done with something sealed."""

    at: datetime
    what: str
    by: str
    reason: str | None
