"""What the API shows."""

from datetime import datetime

from pydantic import BaseModel, Field, JsonValue

from breach.course.decisions import Status
from contracts.breach import Entry, StepKind, Words
from contracts.incident import Submission


class ClockView(BaseModel):
    """A clock, for all for whom it ends at the same time."""

    clock: str
    due_at: datetime
    seconds_left: int = Field(description="below nought: it is over")
    running: int = Field(description="for so many clients it still runs; 1 or 0 towards an authority")
    missed: int
    stopped_why: str | None = Field(description="told, exempt, notified, not_notified; none while it runs for anybody")


class IncidentView(BaseModel):
    """An incident as it stands; the time left always with it."""

    incident_id: str
    status: Status
    clocks: list[ClockView]
    detected_at: datetime
    aware_at: datetime | None = Field(description="starts the clocks; none while it is only suspected")
    told_at: datetime | None = Field(
        description="since when every client that is affected knows; none while one doesn't"
    )
    origin: str
    description: str
    description_fr: str | None
    detections: int = Field(description="how often it was detected")
    last_detected_at: datetime
    subprocessor_ids: list[str]
    systems: list[str]
    data_categories: list[str]
    unresolved: list[str] = Field(description="kind/id that nobody here knew when it was named")
    affected: int
    reaches_nobody: bool = Field(description="it is a breach, and no client is known to be affected: find out who is")
    told: int
    exempt: int
    updates: int
    next_at: datetime | None
    advice: Words | None
    entries: dict[str, Entry]
    filled: dict[str, Entry] = Field(description="entered, or known by the steps that were logged or the agreement")
    missing: list[str] = Field(description="what a complete notification to an authority still needs")
    severity: JsonValue
    decisions: dict[str, JsonValue]
    delays: dict[str, Words]
    opened_at: datetime
    closed_at: datetime | None


class AffectedView(BaseModel):
    """A client that is affected, and whether it knows."""

    client_id: str
    found_at: datetime
    exempt: bool
    ordered_at: datetime | None
    told_at: datetime | None
    channel: str | None
    due_at: datetime | None = Field(description="none while it is only suspected")
    missed: bool | None


class JournalView(BaseModel):
    """Something that was said of an incident, or refused."""

    at: datetime
    what: str
    data: JsonValue


class StepView(BaseModel):
    """Something that was done."""

    step_id: str
    kind: StepKind
    taken_at: datetime
    taken_by: str
    text: Words
    internal: bool
    number: int | None = Field(description="the update that told clients of it")


class PhaseView(BaseModel):
    """A numbered update."""

    number: int
    said_at: datetime
    as_of: datetime
    text: Words
    corrects: int | None
    overtaken_by: int | None


class SubmissionView(BaseModel):
    """A notification to an authority, as it went out."""

    clock: str
    nth: int
    kind: Submission
    submitted_at: datetime
    submitted_by: str
    reference: str | None
    missing: list[str]
    entries: dict[str, Entry]


class ClientBreachView(BaseModel):
    """A breach as a client that it affects reads it: nothing of anybody else."""

    incident_id: str
    over: bool
    detected_at: datetime
    aware_at: datetime
    found_at: datetime = Field(description="since when it is known that this client is affected")
    told_at: datetime | None
    due_at: datetime = Field(description="until then the client must have its notice")
    missed: bool
    subprocessors: list[str]
    data_categories: list[str]
    nature: Words
    entries: dict[str, Entry]
    advice: Words | None
    next_at: datetime | None
    no_admission: str = Field(description="in the client's language, or the one that is asked for")


class ClientBreachAnswer(ClientBreachView):
    """With all that was said and done so far."""

    phases: list[PhaseView]
    steps: list[StepView]
