"""What people read: matters as they stand, gates, versions of the measures, who is bound."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from assurance.assistance import Assistance
from assurance.audit_record import Audit
from assurance.disputes import Dispute
from assurance.measures import Version
from assurance.questions import Question
from contracts.assurance import Matter
from contracts.evidence import Document


class GateView(BaseModel):
    """A gate of an audit as it stands, for the day that is asked for or agreed."""

    gate: str
    text: str = Field(description="what stands open when it does, in the agreement's words")
    open: bool
    because: str
    opens_when: str | None = Field(None, description="what would open it")
    opens_on: date | None = Field(None, description="the first day on which it is open, where only a day is missing")
    since: datetime | None = Field(None, description="when something was put forward for it, or answered, last")
    steps: list[str] = Field(default_factory=list, description="how that day was reached")


class MatterView(BaseModel):
    """A question, an audit, a request for help, or a dispute."""

    client_id: str
    kind: Matter
    matter_id: str
    status: str
    is_over: bool
    due_on: date | None
    overdue: bool
    opened_at: datetime
    record: Question | Audit | Assistance | Dispute
    gates: list[GateView] | None = Field(None, description="of an audit that is read alone")
    earliest_on: date | None = Field(None, description="the first day on which such an audit may be held")


class JournalView(BaseModel):
    """Something that was said, or refused."""

    at: datetime
    what: str
    data: dict[str, object]


class VersionView(Version):
    """A version of the measures, with what waits for somebody to answer for it."""

    waiting_for: list[str] = Field(default_factory=list)


class CompetitorView(BaseModel):
    """Whether a client counts as a competitor, and why."""

    client_id: str
    competitor: str | None


class UndertakingView(BaseModel):
    """What binds a person, and until when."""

    person: str
    basis: str
    given_on: date
    ends_on: date | None
    document: Document | None
    said_by: str
    said_at: datetime
    ended_because: str | None
    in_force: bool
