"""What the API shows and takes."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from contracts.choice import Choice, Encryption
from contracts.event import Id, Text
from contracts.hold import HoldKind
from contracts.ordering import Method
from contracts.retention import Action, MissedWhy, OrderKind
from retention.terminations import Stage, State


class LineView(BaseModel):
    """One line of a plan, and how far it is."""

    category: str
    holder_id: str
    action: Action
    delete_on: date | None = Field(description="none while a hold without an end keeps it")
    state: State | None = Field(None, description="none in a simulation")
    held_by: list[str]
    because: list[str]
    clause: str
    deleted: int | None = Field(None, description="records that the holder confirmed to have deleted")


class TerminationView(BaseModel):
    """The end of a client's contract, as it stands."""

    termination_id: str
    client_id: str
    terminated_on: date
    stage: Stage
    reason: str | None
    choice: Choice | None
    chosen_on: date | None = Field(description="none with a choice: the agreement made it")
    made_by: str | None
    closes_at: datetime | None = Field(description="until then the client may choose")
    settled_on: date | None = Field(description="from then on deletion may begin")
    settled_why: str | None
    without_holder: list[str] = Field(description="categories that no own system is declared to hold")


class MissedView(BaseModel):
    """What one holder doesn't return, though it was to."""

    order_id: str
    holder_id: str
    holder: str
    categories: list[str]
    why: MissedWhy
    reason: str | None
    said_by: str
    said_at: datetime


class PlanAnswer(TerminationView):
    """An end with its whole plan."""

    lines: list[LineView]
    not_returned: list[MissedView] = Field([], description="given up by the client, or of a holder beyond reach")
    earlier: list["PlanAnswer"] = Field(
        [], description="ends before this one of which something is still to come: the client has signed since"
    )


class AnnouncedView(BaseModel):
    """A sub-processor that is not in force yet."""

    holder_id: str
    effective_on: date


class SimulationAnswer(BaseModel):
    """What would happen."""

    client_id: str
    terminated_on: date
    choice: Choice | None
    stands: str | None = Field(description="the end that is known already, and what that means for this one")
    ceased: list[str] = Field(description="who would be told to cease, at once")
    announced: list[AnnouncedView] = Field(
        description="of those, who is announced and not in force yet: by then it holds data unless the client objects"
    )
    lines: list[LineView]
    without_holder: list[str]


class PackageView(BaseModel):
    """A return package."""

    order_id: str
    holder_id: str
    contents: JsonValue
    manifest_sha256: str
    package_sha256: str
    encryption: Encryption | None
    url: str
    expires_at: datetime = Field(description="until then it can be fetched")
    ready_at: datetime
    downloaded_at: datetime | None
    acknowledged_at: datetime | None


class OrderView(BaseModel):
    """An order to a holder."""

    order_id: str
    kind: OrderKind
    purpose: str
    holder_id: str
    category: str | None
    clients: int
    ordered_at: datetime
    due_at: datetime
    state: str
    reminders: int
    escalated_at: datetime | None
    failure: str | None
    answered_at: datetime | None
    clause: str | None = Field(
        description="of the agreement, that it rests on; null: it was answered before that was kept"
    )
    instruction: str | None = Field(description="the client's own word that it rests on; null: the clause alone")


class HoldView(BaseModel):
    """A hold."""

    hold_id: str
    client_id: str
    kind: HoldKind
    categories: list[str] = Field(description="none named: all of them")
    legal_basis: str
    reason: str
    placed_by: str
    until: date | None
    placed_at: datetime
    lifted_at: datetime | None
    lifted_by: str | None


class FlagView(BaseModel):
    """What should not be."""

    client_id: str
    holder_id: str | None
    category: str | None
    seen_at: datetime
    reason: str
    clause: str


class CertificateView(BaseModel):
    """A certificate that was made."""

    certificate_id: str
    made_at: datetime
    complete: bool
    sha256: str


class RecipientBody(BaseModel):
    """For whose key the packages are encrypted."""

    encryption: Encryption
    public_key: Text


class ChoiceBody(BaseModel):
    """What the client chooses."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    recipient: RecipientBody | None = None
    termination_id: Id | None = Field(
        None, description="for which end; needed only where several ends of the contract wait for the client's choice"
    )


class WaiverBody(BaseModel):
    """The client gives up what a holder was to return."""

    model_config = ConfigDict(extra="forbid")

    reason: Text | None = None


class UnreachableBody(BaseModel):
    """A holder can't be reached: what was tried, and why no more is."""

    model_config = ConfigDict(extra="forbid")

    reason: Text


class AcknowledgementBody(BaseModel):
    """Which package the client has; none named: all of them."""

    model_config = ConfigDict(extra="forbid")

    order_id: Id | None = None


class HoldBody(BaseModel):
    """What may not be deleted."""

    model_config = ConfigDict(extra="forbid")

    hold_id: Id
    kind: HoldKind
    categories: list[Id] = []
    legal_basis: Text
    reason: Text
    until: date | None = None


class LiftBody(BaseModel):
    """Why a hold is over."""

    model_config = ConfigDict(extra="forbid")

    reason: Text


class ConfirmationBody(BaseModel):
    """What a holder said by letter, entered for it."""

    model_config = ConfigDict(extra="forbid")

    started_at: datetime
    finished_at: datetime
    count: int = Field(ge=0)
    method: Method
    confirmed_by: Text
    evidence: Text
    unreached: list[Text] = []


class SimulationBody(BaseModel):
    """The end of a contract that is thought of."""

    model_config = ConfigDict(extra="forbid")

    client_id: Id
    on: date
    choice: Choice | None = None


class AccessBody(BaseModel):
    """Who wants to process which data, and what for."""

    model_config = ConfigDict(extra="forbid")

    client_id: Id
    category: Id
    asked_by: Text
    purpose: Text


class AccessAnswer(BaseModel):
    """Whether the data may be processed, and why not."""

    allowed: bool
    reason: str | None
