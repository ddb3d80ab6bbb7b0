"""Versions of the security measures (§5): what each changes, and whether anybody answers for what it weakens. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from contracts.measure import (
    Effect,
    Measure,
    MeasureEvent,
    MeasureJustified,
    MeasureVersionProposed,
    MeasureVersionWithdrawn,
)


class Status(StrEnum):
    """How far a version is."""

    HELD = "held"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


TO_COME = frozenset({Status.HELD, Status.SCHEDULED})


class Comparison(BaseModel):
    """What a version changes beside the one before; a changed measure that nobody assessed counts as weakened."""

    model_config = ConfigDict(frozen=True)

    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    weakened: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Version(BaseModel):
    """A version as it stands; `before` is the one that it was compared with."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Status
    proposed: MeasureVersionProposed
    proposed_at: datetime
    before: str | None = None
    comparison: Comparison = Comparison()
    justified: tuple[MeasureJustified, ...] = ()
    in_force_from: datetime | None = None

    @property
    def unjustified(self) -> tuple[str, ...]:
        """What it drops or weakens and nobody has answered for."""
        answered = {each.measure_id for each in self.justified}
        return tuple(each for each in (*self.comparison.dropped, *self.comparison.weakened) if each not in answered)


@dataclass(frozen=True, slots=True)
class MeasuresRefusal:
    """Why what was said of a version changes nothing."""

    reason: str
    field: str | None = None


def compare(before: Sequence[Measure], after: MeasureVersionProposed) -> Comparison:
    """§5.1: what is added, dropped, weakened, or otherwise changed."""
    old, new = {each.measure_id: each for each in before}, {each.measure_id: each for each in after.measures}
    effects = {each.measure_id: each.effect for each in after.assessments}
    differing = [each for each in new if each in old and new[each].text != old[each].text]
    weakened = [each for each in differing if effects.get(each, Effect.WEAKER) is Effect.WEAKER]
    return Comparison(
        added=tuple(each for each in new if each not in old),
        dropped=tuple(each for each in old if each not in new),
        weakened=tuple(weakened),
        changed=tuple(each for each in differing if each not in weakened),
    )


def propose(
    in_force: Version, to_come: Version | None, said: MeasureVersionProposed, now: datetime, *, known: bool
) -> Version | MeasuresRefusal:
    """§5: a version is compared with the one in force; it is held as long as somebody has to answer for it."""
    refusal = _why_not(in_force, to_come, said, known=known)
    if refusal is not None:
        return refusal
    version = Version(
        status=Status.SCHEDULED,
        proposed=said,
        proposed_at=now,
        before=in_force.proposed.version_id,
        comparison=compare(in_force.proposed.measures, said),
    )
    return version.model_copy(update={"status": Status.HELD}) if version.unjustified else version


def _why_not(
    in_force: Version, to_come: Version | None, said: MeasureVersionProposed, *, known: bool
) -> MeasuresRefusal | None:
    if known:
        return MeasuresRefusal(f"the version {said.version_id!r} is there already")
    if to_come is not None:
        reason = f"the version {to_come.proposed.version_id!r} is {to_come.status}: justify or withdraw it first"
        return MeasuresRefusal(reason)
    ids = [each.measure_id for each in said.measures]
    if len(set(ids)) < len(ids):
        twice = sorted({each for each in ids if ids.count(each) > 1})
        return MeasuresRefusal(f"named twice: {', '.join(twice)}", "measures")
    comparison = compare(in_force.proposed.measures, said)
    differing = {*comparison.weakened, *comparison.changed}
    strangers = sorted({each.measure_id for each in said.assessments} - differing)
    if strangers:
        return MeasuresRefusal(f"these don't change: {', '.join(strangers)}", "assessments")
    if comparison == Comparison():
        return MeasuresRefusal("it changes nothing beside the version in force", "measures")
    return None


def justify(version: Version, said: MeasureJustified) -> Version | MeasuresRefusal:
    """§5.1: a named person answers for one measure; when all are answered for, nothing holds the version any more."""
    if version.status is not Status.HELD:
        return MeasuresRefusal(f"the version is {version.status}: nothing waits for a justification")
    earlier = next((each for each in version.justified if each.measure_id == said.measure_id), None)
    if earlier is not None:
        return MeasuresRefusal(f"{earlier.justified_by} has justified it: {earlier.reason}")
    if said.measure_id not in version.unjustified:
        waiting = ", ".join(version.unjustified)
        return MeasuresRefusal(f"those that wait for one are {waiting}", "measure_id")
    after = version.model_copy(update={"justified": (*version.justified, said)})
    return after if after.unjustified else after.model_copy(update={"status": Status.SCHEDULED})


def withdraw(version: Version, said: MeasureVersionWithdrawn) -> Version | MeasuresRefusal:
    """A version that is to come is taken back."""
    if version.status not in TO_COME:
        return MeasuresRefusal(f"the version is {version.status}: {said.version_id} can't be withdrawn")
    return version.model_copy(update={"status": Status.WITHDRAWN})


def weigh(version: Version, said: MeasureEvent) -> Version | MeasuresRefusal | None:
    """What comes of a word about a version that is there; None: of one that this knows nothing of."""
    match said:
        case MeasureJustified():
            return justify(version, said)
        case MeasureVersionWithdrawn():
            return withdraw(version, said)
        case _:
            return None
