"""What detectors, operators, sub-processors and clients say about a personal data breach (§6)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Event, Id, Instant, Part, Text


class Origin(StrEnum):
    """Who noticed."""

    DETECTOR = "detector"
    OPERATOR = "operator"
    SUBPROCESSOR = "subprocessor"


class Words(Part):
    """What a person wrote for clients to read; who reads French gets the English where there is no French."""

    en: Text
    fr: Text | None = None


class BreachEvent(Event):
    """An event about one incident, keyed by it."""

    KEY: ClassVar[tuple[str, ...]] = ("incident_id",)

    incident_id: Id


class BreachDetected(BreachEvent):
    """Something that may be a personal data breach was seen at `detected_at`; `aware_at` starts the clock.

    Said again under the same id it folds into the same incident and is counted. Clients, the sub-processor and systems
    say who is affected; categories alone do where none of these is named.
    """

    TYPE: ClassVar[str] = "breach.detected"

    origin: Origin
    detected_at: Instant
    description: Text
    aware_at: Instant | None = None
    subprocessor_id: Id | None = None
    client_ids: tuple[Id, ...] = ()
    data_categories: tuple[Id, ...] = ()
    systems: tuple[Id, ...] = ()
    description_fr: Text | None = None


class BreachAwarenessRecorded(BreachEvent):
    """Somebody decided since when it is known to be a breach; said again, it moves the clocks and is explained."""

    TYPE: ClassVar[str] = "breach.awareness_recorded"

    aware_at: Instant
    decided_by: Text
    reason: Text


class BreachScoped(BreachEvent):
    """Somebody decided who is affected, beside those who are already."""

    TYPE: ClassVar[str] = "breach.scoped"

    client_ids: tuple[Id, ...] = ()
    subprocessor_ids: tuple[Id, ...] = ()
    systems: tuple[Id, ...] = ()
    data_categories: tuple[Id, ...] = ()
    decided_by: Text
    reason: Text


class BreachScopeCorrected(BreachEvent):
    """Somebody was named by mistake: what is named here is taken out, and whoever was affected by that alone.

    Who was told already stays: an update says how it is.
    """

    TYPE: ClassVar[str] = "breach.scope_corrected"

    client_ids: tuple[Id, ...] = ()
    subprocessor_ids: tuple[Id, ...] = ()
    systems: tuple[Id, ...] = ()
    data_categories: tuple[Id, ...] = ()
    decided_by: Text
    reason: Text


class Standing(StrEnum):
    """How well an element of the dossier is known."""

    KNOWN = "known"
    APPROXIMATE = "approximate"
    UNKNOWN = "unknown"


class Entry(Part):
    """An element of the dossier, by the agreement's code; `number` counts persons or records, `choices` are codes."""

    code: Id
    standing: Standing = Standing.KNOWN
    text: Words | None = None
    number: Annotated[int, Field(ge=0)] | None = None
    choices: tuple[Id, ...] = ()


class BreachDossierEntered(BreachEvent):
    """Elements of the dossier (GDPR art. 33(3)); what is entered again replaces what was entered before."""

    TYPE: ClassVar[str] = "breach.dossier_entered"

    entries: Annotated[tuple[Entry, ...], Field(min_length=1)]
    entered_by: Text


class BreachUpdated(BreachEvent):
    """The next phase of information: it is numbered and told to every client that is affected.

    `as_of` is when it was so; `corrects` names the update whose words no longer hold; `last`: no other follows.
    """

    TYPE: ClassVar[str] = "breach.updated"

    update_id: Id
    as_of: Instant
    text: Words
    entries: tuple[Entry, ...] = ()
    advice: Words | None = None
    next_at: Instant | None = None
    corrects: Id | None = None
    last: bool = False
    said_by: Text


class StepKind(StrEnum):
    """What is done about a breach."""

    CONTAINMENT = "containment"
    INVESTIGATION = "investigation"
    CAUSE = "cause"
    REMEDY = "remedy"


class BreachStepLogged(BreachEvent):
    """Something was done about it; the next update tells the clients, unless it is `internal`."""

    TYPE: ClassVar[str] = "breach.step_logged"

    step_id: Id
    kind: StepKind
    taken_at: Instant
    taken_by: Text
    text: Words
    internal: bool = False


class BreachExempted(BreachEvent):
    """Somebody decided, on evidence, that this client caused it: the obligations don't apply to it, and to it alone."""

    TYPE: ClassVar[str] = "breach.exempted"

    client_id: Id
    reason: Text
    evidence: Text
    decided_by: Text


class BreachExemptionLifted(BreachEvent):
    """It was not this client after all: its clock shows the delay."""

    TYPE: ClassVar[str] = "breach.exemption_lifted"

    client_id: Id
    reason: Text
    decided_by: Text


class BreachDelayExplained(BreachEvent):
    """Why a clock was missed; it goes into the notices to whom it was missed for."""

    TYPE: ClassVar[str] = "breach.delay_explained"

    clock: Id
    reason: Words
    said_by: Text


class BreachStateRequested(BreachEvent):
    """A client asks for the current state."""

    TYPE: ClassVar[str] = "breach.state_requested"

    client_id: Id
    received_at: Instant


class Ease(StrEnum):
    """How easily persons are identified (ENISA 2013, EI)."""

    NEGLIGIBLE = "negligible"
    LIMITED = "limited"
    SIGNIFICANT = "significant"
    MAXIMUM = "maximum"


class Aspect(StrEnum):
    """A circumstance of the breach (ENISA 2013, CB)."""

    CONFIDENTIALITY = "confidentiality"
    INTEGRITY = "integrity"
    AVAILABILITY = "availability"
    MALICIOUS_INTENT = "malicious_intent"


class Extent(StrEnum):
    """How much a circumstance weighs; malicious intent is there in full or not at all."""

    NONE = "none"
    SOME = "some"
    FULL = "full"


class Circumstance(Part):
    """One circumstance, how much it weighs, and why."""

    aspect: Aspect
    extent: Extent
    because: Text


class BreachSeverityAssessed(BreachEvent):
    """The choices of an assessment by the ENISA method (2013), each with its reason."""

    TYPE: ClassVar[str] = "breach.severity_assessed"

    data_context: Annotated[int, Field(ge=1, le=4)]
    data_context_because: Text
    ease: Ease
    ease_because: Text
    circumstances: tuple[Circumstance, ...] = ()
    assessed_by: Text


class BreachAuthorityDecided(BreachEvent):
    """Somebody decided whether the authority of this clock is notified, and why."""

    TYPE: ClassVar[str] = "breach.authority_decided"

    clock: Id
    notify: bool
    reason: Text
    decided_by: Text


class BreachAuthorityNotified(BreachEvent):
    """The dossier, as it stood, went to the authority of this clock."""

    TYPE: ClassVar[str] = "breach.authority_notified"

    clock: Id
    submitted_at: Instant
    submitted_by: Text
    reference: Text | None = None


class Needed(StrEnum):
    """What closing needs."""

    CAUSE = "cause"
    MEASURES = "measures"
    LAST_UPDATE = "last_update"


class Absence(Part):
    """Something that closing needs and that isn't there, and why."""

    what: Needed
    reason: Text


class BreachClosed(BreachEvent):
    """Somebody closes it, or dismisses a suspicion."""

    TYPE: ClassVar[str] = "breach.closed"

    reason: Text
    closed_by: Text
    absences: tuple[Absence, ...] = ()


class BreachReopened(BreachEvent):
    """It goes on."""

    TYPE: ClassVar[str] = "breach.reopened"

    reason: Text
    reopened_by: Text
