"""What the API takes: the events of the topic `breach`, but for whose they are and who says them."""

from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import to_json

from chassis.asking import Body
from contracts.breach import Absence, BreachEvent, Circumstance, Ease, Entry, Origin, StepKind, Words
from contracts.event import Id, Text

E = TypeVar("E", bound=BreachEvent)


class EntryBody(Entry):
    """An element of the dossier."""

    model_config = ConfigDict(strict=False, extra="forbid")


class CircumstanceBody(Circumstance):
    """A circumstance."""

    model_config = ConfigDict(strict=False, extra="forbid")


class AbsenceBody(Absence):
    """What closing needs and isn't there, and why."""

    model_config = ConfigDict(strict=False, extra="forbid")


class OpenBody(Body):
    """Somebody saw something that may be a breach."""

    incident_id: Id
    origin: Origin = Origin.OPERATOR
    detected_at: AwareDatetime
    description: Text
    aware_at: AwareDatetime | None = None
    subprocessor_id: Id | None = None
    client_ids: tuple[Id, ...] = ()
    data_categories: tuple[Id, ...] = ()
    systems: tuple[Id, ...] = ()
    description_fr: Text | None = None


class AwarenessBody(Body):
    """Since when it is known to be a breach."""

    aware_at: AwareDatetime
    reason: Text


class ScopeBody(Body):
    """Who else is affected, or who was named by mistake."""

    client_ids: tuple[Id, ...] = ()
    subprocessor_ids: tuple[Id, ...] = ()
    systems: tuple[Id, ...] = ()
    data_categories: tuple[Id, ...] = ()
    reason: Text


class UpdateBody(Body):
    """The next phase of information."""

    update_id: Id
    as_of: AwareDatetime
    text: Words
    entries: tuple[EntryBody, ...] = ()
    advice: Words | None = None
    next_at: AwareDatetime | None = None
    corrects: Id | None = None
    last: bool = False


class StepBody(Body):
    """Something that was done."""

    step_id: Id
    kind: StepKind
    taken_at: AwareDatetime
    taken_by: Text
    text: Words
    internal: bool = False


class DossierBody(Body):
    """Elements of the dossier."""

    entries: Annotated[tuple[EntryBody, ...], Field(min_length=1)]


class SeverityBody(Body):
    """The choices of an assessment."""

    data_context: Annotated[int, Field(ge=1, le=4)]
    data_context_because: Text
    ease: Ease
    ease_because: Text
    circumstances: tuple[CircumstanceBody, ...] = ()


class ExemptionBody(Body):
    """That this client caused it."""

    client_id: Id
    reason: Text
    evidence: Text


class ReasonBody(Body):
    """Why."""

    reason: Text


class DelayBody(Body):
    """Why a clock was missed."""

    clock: Id
    reason: Words


class DecisionBody(Body):
    """Whether an authority is notified."""

    clock: Id
    notify: bool
    reason: Text


class SubmissionBody(Body):
    """That the dossier went out."""

    clock: Id
    submitted_at: AwareDatetime
    reference: Text | None = None


class CloseBody(Body):
    """That it is over."""

    reason: Text
    absences: tuple[AbsenceBody, ...] = ()


def event_of(kind: type[E], body: BaseModel, **more: object) -> E:
    """The event that a body is, with whose it is and who says it."""
    return kind.model_validate_json(to_json({**body.model_dump(mode="json", exclude_none=True), **more}))
