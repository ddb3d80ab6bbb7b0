"""What the registry's API says and is told: its answers and its requests."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from contracts.event import Id, Reckoning, Text
from contracts.mitigation import MitigationKind
from contracts.permission import Standing
from contracts.subprocessor import SubprocessorFacts
from subprocessor_registry.decisions import Status


class ListedLine(BaseModel):
    """One sub-processor on the list (Appendix B), as it was known."""

    subprocessor_id: str
    name: str
    actions: list[str] = Field(description="what it does to the clients' data")
    data_categories: list[str]
    location: str = Field(description="ISO 3166-1 alpha-2")
    mechanism: str | None = Field(description="the transfer mechanism, by the agreement's code (§8.2)")
    document: str | None = Field(description="the document that proves the mechanism")
    written_agreement: str | None = Field(description="the reference of the written agreement (§4.1)")
    written_agreement_on: date | None
    written_agreement_confirmed: bool | None = Field(
        description="false: reference and day are placeholders that nobody has vouched for; null: there is none"
    )
    parent_id: str | None = Field(description="the sub-processor that it works for")
    listed_from: date
    listed_until: date | None = Field(description="the first day on which it is not on the list any more")
    change_id: str = Field(description="the change that brought it here; `agreement` for the list as it was signed")
    recorded_at: datetime


class ListAnswer(BaseModel):
    """The list of sub-processors on a day, as it was known at an instant."""

    items: list[ListedLine]


class HistoryLine(BaseModel):
    """What was said of a sub-processor: for which days, since when, and until when it was taken for true."""

    listed_from: date
    listed_until: date | None = Field(description="exclusive; null: still on the list, as this row has it")
    facts: SubprocessorFacts
    change_id: str
    recorded_at: datetime
    replaced_at: datetime | None = Field(description="when another row took its place; null: it is the truth as known")


class ChangeView(BaseModel):
    """A change of the list: what is planned, by when and why, or the reason why it is not."""

    change_id: str
    subprocessor_id: str
    kind: str = Field(description="addition, modification, removal, correction or refusal")
    status: str = Field(description="announced, in_effect, withdrawn, corrected or refused")
    facts: SubprocessorFacts | None
    requested_on: date | None = Field(description="the day that the publisher asked for")
    effective_on: date | None = Field(description="the day on which it takes effect, not before (§4.3)")
    moved: bool = Field(description="whether the day asked for was too early")
    reckoning: Reckoning | None = Field(description="how the day was reached")
    reason: str | None = Field(description="why it was refused, withdrawn or corrected")
    clause: str | None
    announced_at: datetime


class StandingView(BaseModel):
    """Where a client stands with a change (§4.4)."""

    client_id: str
    status: Status
    received_at: datetime | None = Field(description="the first proof of receipt; its window counts from it")
    receipt_channel: str | None
    last_day_on: date | None = Field(description="the last day on which the client may object")
    closes_at: datetime | None = Field(description="the first instant at which an objection is too late")
    reckoning: Reckoning | None = Field(description="how the last day was reached")
    in_effect_on: date | None = Field(description="since when the change is in effect for this client")


class ChangeAnswer(ChangeView):
    """A change, with the caller's own standing, or for staff how many clients stand where."""

    standing: StandingView | None = Field(None, description="the calling client's own")
    clients: dict[Status, int] | None = Field(None, description="for staff: how many clients stand where")


class ObjectionView(BaseModel):
    """An objection and what became of it (§4.4); every one is recorded, accepted or not."""

    objection_id: str
    change_id: str
    client_id: str
    received_at: datetime
    ground: str | None
    statement: str | None
    accepted: bool
    reason: str | None = Field(description="why it was refused")
    clause: str | None
    withdrawn_at: datetime | None


class MitigationView(BaseModel):
    """What was offered after an objection, and the client's answer (§4.4)."""

    mitigation_id: str
    change_id: str
    client_id: str
    kind: MitigationKind
    description: str
    offered_by: str
    offered_at: datetime
    answered_at: datetime | None
    accepted: bool | None = Field(description="null: not answered, or closed because the objection was taken back")


class PermissionView(BaseModel):
    """Whether a sub-processor may be used for a client; who is not named here is barred."""

    client_id: str
    subprocessor_id: str
    standing: Standing
    permitted_from: date | None
    reason: str
    clause: str
    change_id: str | None


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ObjectionBody(_Body):
    """An objection to a planned change (§4.4)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ground": "legal_obligation", "statement": "Its audit report shows that it breaches art. 32."}
            ]
        }
    )

    ground: Id | None = Field(None, description="one of the agreement's objective grounds, by its code")
    statement: Text | None = Field(None, description="the objection in the client's words")
    client_id: Id | None = Field(None, description="for staff: the client whose objection came in by letter")


class WithdrawalBody(_Body):
    """An objection is taken back."""

    client_id: Id | None = Field(None, description="for staff: the client that took it back by letter")


class OfferBody(_Body):
    """What is offered to a client that objected (§4.4)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "client_id": "acme",
                    "kind": "configuration",
                    "description": "Calls are not recorded; nothing reaches it.",
                }
            ]
        }
    )

    client_id: Id
    kind: MitigationKind
    description: Text


class AnswerBody(_Body):
    """The client's answer to an offer."""

    accepted: StrictBool
