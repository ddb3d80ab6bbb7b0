"""What comes of what somebody says (values only): a step, or a refusal that says what would help."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from string import Template
from typing import Final, TypedDict

from pydantic import BaseModel, ConfigDict

from agreement.book import Signed
from agreement.deadlines import Deadline, local_date
from agreement.schema import Agreement
from contracts.assurance import AssuranceNoticeKind, Matter
from contracts.coded import encode
from contracts.event import Event, Reckoning
from contracts.telling import Facts, RefusalKind


class Record(BaseModel):
    """What is kept of a matter, as one value; `due_on` is its last day, `overdue`: it has passed without an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: str
    due_on: date | None = None
    overdue: bool = False

    @property
    @abstractmethod
    def is_over(self) -> bool:
        """Whether nothing is expected any more."""

    @property
    def last_days(self) -> dict[str | None, date]:
        """The days of which people are reminded: the matter's own under None, and those of its parts by their ids."""
        return {} if self.is_over or self.due_on is None else {None: self.due_on}


@dataclass(frozen=True, slots=True)
class Client:
    """A client, as far as decisions need it; `competitor` is the reason where it is marked as one."""

    client_id: str
    signed: Signed
    competitor: str | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What a decision rests on beside the matter itself."""

    agreement: Agreement
    client: Client
    now: datetime
    ahead_within: timedelta

    @property
    def today(self) -> date:
        """The day where the agreement is."""
        return local_date(self.agreement, self.now)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the client is told."""

    kind: AssuranceNoticeKind | RefusalKind
    facts: Facts


@dataclass(frozen=True, slots=True)
class Step:
    """The matter as it stands then, what is said of it, and what the client is told."""

    record: Record
    events: tuple[Event, ...] = ()
    notices: tuple[Notice, ...] = ()


OPENS: Final = {
    "competitor": "the mark as a competitor is lifted",
    "question_first": "a question is asked, and what it brings does not allow you to verify",
    "answer_first": "the question $question_id is answered and that is not enough, or $due_on passes without an answer",
    "insufficient": "you say in which way the answer to $question_id is not enough",
    "breach_notice": "a notice of the breach $incident_id has gone out to you",
    "certificate": "a certificate is offered and declined, or it is said why none can be had",
    "certificate_answer": "you decline the certificate that is offered",
    "under_way": "the audit $audit_id is over or withdrawn",
    "term": "the contract goes on",
    "day": "the day comes: $opens_on",
    "plan": "a detailed written plan is submitted",
    "plan_answer": "our security organisation approves the plan",
    "expert": "an independent third-party expert is named",
    "expert_answer": "we accept the expert",
    "confidentiality": "the expert signs an undertaking of confidentiality",
    "confidentiality_answer": "we find the undertaking satisfactory",
    "terms": "scope, schedule and costs are proposed",
    "terms_answer": "the other side agrees to what is proposed",
    "session": "the schedule has a session on that day",
    "hours": "it is on a working day between $opens_at and $closes_at",
    "escort": "we name who is present",
    "begin": "the audit has begun",
    "report": "you give us a copy of the report",
    "findings": "every finding is closed",
}
"""What would open a gate, by its code; a language may have its own words for the same code."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What would open a gate: its code, and what that names."""

    code: str
    names: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """In English."""
        return Template(OPENS[self.code]).substitute(dict(self.names))

    @property
    def coded(self) -> str:
        """As a code, for words in another language."""
        return encode(self.code, dict(self.names))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why what was said changes nothing; for an audit by which gate, what would open it, and from which day on.

    `notices` are for a client whose word came by another way than the API.
    """

    reason: str
    clause: str
    field: str | None = None
    gate: str | None = None
    opening: Opening | None = None
    opens_on: date | None = None
    reckoning: Deadline | None = None
    notices: tuple[Notice, ...] = ()


def reckon(deadline: Deadline) -> Reckoning:
    """A date's steps as events carry them."""
    return Reckoning(
        rule=deadline.rule,
        clause=deadline.clause,
        because=deadline.because,
        calendar=deadline.calendar,
        coded=tuple(encode(each.code, each.names) for each in deadline.steps) or None,
    )


def steps_of(deadline: Deadline | None) -> Facts:
    """A date's steps as a notice says them."""
    if deadline is None:
        return {}
    facts: Facts = {"because": deadline.because}
    coded = tuple(encode(each.code, each.names) for each in deadline.steps)
    return facts | {"because.code": coded} if coded else facts


class Of(TypedDict):
    """Whose matter an event is about."""

    client_id: str
    matter: Matter
    matter_id: str


def ahead(world: World, said_at: datetime, clause: str, field: str) -> Refusal | None:
    """What is said to have happened can't lie ahead of the clock by more than clocks differ."""
    if said_at > world.now + world.ahead_within:
        return Refusal(f"it lies ahead: it is {world.now.isoformat()}", clause, field)
    return None
