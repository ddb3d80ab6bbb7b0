"""Every step of every incident, as the breach service says it (§6)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.breach import BreachEvent, Origin
from contracts.event import Id, Instant, Part, Reckoning
from contracts.telling import AlertOrder, NoticeOrder

Page = Annotated[tuple[Id, ...], Field(max_length=500)]
"""Clients, at most as many as fit one record with ease."""


class IncidentOpened(BreachEvent):
    """An incident begins; a suspected one waits for somebody's decision."""

    TYPE: ClassVar[str] = "incident.opened"

    origin: Origin
    detected_at: Instant
    suspected: bool


class ClockStarted(Part):
    """A clock that runs, towards the clients or an authority; `to_confirm`: counsel must say whether it binds."""

    clock: Id
    to: str
    clause: str
    due_at: Instant
    to_confirm: bool = False
    reckoning: Reckoning


class IncidentAware(BreachEvent):
    """It is a breach since `aware_at`: these clocks run. With `previous_at` they were moved; `because` says more."""

    TYPE: ClassVar[str] = "incident.aware"

    aware_at: Instant
    decided_by: str
    reason: str
    previous_at: Instant | None = None
    because: tuple[str, ...] = ()
    clocks: tuple[ClockStarted, ...]


class IncidentScopeWidened(BreachEvent):
    """So many more clients are affected; `unresolved` names what nobody here knows, kind/id."""

    TYPE: ClassVar[str] = "incident.scope_widened"

    added: int
    affected: int
    unresolved: tuple[str, ...] = ()
    decided_by: str
    reason: str


class IncidentScopeNarrowed(BreachEvent):
    """So many clients were named by mistake and are not affected: they had not been told."""

    TYPE: ClassVar[str] = "incident.scope_narrowed"

    removed: int
    affected: int
    decided_by: str
    reason: str


class IncidentReachedNobody(BreachEvent):
    """It is a breach, and no client is known to be affected: nobody was told; `unresolved` was named and is unknown."""

    TYPE: ClassVar[str] = "incident.reached_nobody"

    aware_at: Instant
    unresolved: tuple[str, ...] = ()


class IncidentTimeLeft(BreachEvent):
    """So much time is left on a clock; `client_ids`: who has no receipt yet; `late`: it was noticed late."""

    TYPE: ClassVar[str] = "incident.time_left"

    clock: Id
    due_at: Instant
    seconds_left: int
    client_ids: Page = ()
    late: bool
    late_by_s: int = 0


class IncidentClockMissed(BreachEvent):
    """A clock ran out: the reason for the delay is asked for, and goes into the notice."""

    TYPE: ClassVar[str] = "incident.clock_missed"

    clock: Id
    due_at: Instant
    client_ids: Page = ()
    reason_known: bool
    late: bool


class IncidentReminded(BreachEvent):
    """Nobody has decided yet whether it is a breach, or who is affected."""

    TYPE: ClassVar[str] = "incident.reminded"

    nth: int
    open_question: str
    since: Instant


class IncidentUpdated(BreachEvent):
    """An update has its number; `overtaken_by`: it describes an earlier state than that number does."""

    TYPE: ClassVar[str] = "incident.updated"

    number: int
    update_id: Id
    corrects: int | None = None
    overtaken_by: int | None = None


class IncidentAllTold(BreachEvent):
    """Every client that is affected and not exempt has its notice."""

    TYPE: ClassVar[str] = "incident.all_told"

    clients: int
    told_at: Instant


class IncidentExemptionSet(BreachEvent):
    """A client is exempt, or no longer."""

    TYPE: ClassVar[str] = "incident.exemption_set"

    client_id: Id
    exempt: bool
    decided_by: str
    reason: str
    clause: str


class IncidentAssessed(BreachEvent):
    """The severity by the ENISA method: advice, never a gate."""

    TYPE: ClassVar[str] = "incident.assessed"

    score: float
    severity: str
    because: tuple[str, ...]


class IncidentAuthorityDecided(BreachEvent):
    """Whether an authority is notified."""

    TYPE: ClassVar[str] = "incident.authority_decided"

    clock: Id
    notify: bool
    decided_by: str
    reason: str


class Submission(StrEnum):
    """What a notification to an authority is."""

    INITIAL = "initial"
    COMPLEMENTARY = "complementary"
    COMPLETE = "complete"


class IncidentDossierSubmitted(BreachEvent):
    """An authority was notified; `missing` names what a complete notification still needs."""

    TYPE: ClassVar[str] = "incident.dossier_submitted"

    clock: Id
    kind: Submission
    submitted_at: Instant
    late: bool
    missing: tuple[Id, ...]


class IncidentClosed(BreachEvent):
    """It is over; a suspicion that was none is `dismissed`."""

    TYPE: ClassVar[str] = "incident.closed"

    dismissed: bool
    closed_by: str
    reason: str


class IncidentReopened(BreachEvent):
    """It goes on."""

    TYPE: ClassVar[str] = "incident.reopened"

    reopened_by: str
    reason: str


class IncidentRefused(BreachEvent):
    """Something that was said of an incident and changes nothing, and why."""

    TYPE: ClassVar[str] = "incident.refused"

    what: str
    reason: str
    clause: str
    field: str | None = None


class AlertKind(StrEnum):
    """What people on call are told, so that they act; each has a text in every language."""

    BREACH_TIME_LEFT = "breach_time_left"
    BREACH_CLOCK_MISSED = "breach_clock_missed"
    BREACH_REACHED_NOBODY = "breach_reached_nobody"
    BREACH_UNDECIDED = "breach_undecided"


class IncidentAlertOrdered(AlertOrder):
    """The people on call must be told this; the notifier knows who they are."""

    TYPE: ClassVar[str] = "incident.alert_ordered"

    kind: AlertKind


class NoticeKind(StrEnum):
    """What a notice of a breach tells a client; each has a text in every language."""

    BREACH_NOTICE = "breach_notice"
    BREACH_UPDATE = "breach_update"
    BREACH_STATE = "breach_state"
    BREACH_DELAY = "breach_delay"


class IncidentNoticeOrdered(NoticeOrder):
    """These clients must be told this, by `deadline_at`; the notifier finds the ways to them."""

    TYPE: ClassVar[str] = "incident.notice_ordered"

    kind: NoticeKind
