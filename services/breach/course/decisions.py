"""What counts of what people say about an incident (§6): values in, events or reasons out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from agreement.schema import Agreement
from breach.affected.scope import FIELDS, Scope
from contracts.breach import (
    BreachAwarenessRecorded,
    BreachClosed,
    BreachDelayExplained,
    BreachDetected,
    BreachEvent,
    BreachExempted,
    BreachScopeCorrected,
    BreachUpdated,
    Needed,
)
from contracts.incident import IncidentClosed, IncidentRefused, IncidentUpdated


class Status(StrEnum):
    """How far an incident is."""

    SUSPECTED = "suspected"
    ESTABLISHED = "established"
    CLOSED = "closed"
    DISMISSED = "dismissed"

    @property
    def is_over(self) -> bool:
        """Whether nothing is expected any more."""
        return self in {Status.CLOSED, Status.DISMISSED}


@dataclass(frozen=True, slots=True)
class Detection:
    """What one or many detections of an incident say together: `times` of them."""

    first: BreachDetected
    detected_at: datetime
    last_detected_at: datetime
    aware_at: datetime | None
    client_ids: tuple[str, ...]
    subprocessor_ids: tuple[str, ...]
    systems: tuple[str, ...]
    data_categories: tuple[str, ...]
    times: int


def fold(detections: Sequence[BreachDetected]) -> Detection:
    """A flood of detections of one incident is one: the earliest times hold, and whoever any of them names."""
    ats = [each.detected_at for each in detections]
    awares = [each.aware_at for each in detections if each.aware_at is not None]
    subprocessors = [each.subprocessor_id for each in detections if each.subprocessor_id is not None]
    return Detection(
        first=detections[0],
        detected_at=min(ats),
        last_detected_at=max(ats),
        aware_at=min(awares, default=None),
        client_ids=_all(client_id for each in detections for client_id in each.client_ids),
        subprocessor_ids=_all(subprocessors),
        systems=_all(system for each in detections for system in each.systems),
        data_categories=_all(category for each in detections for category in each.data_categories),
        times=len(detections),
    )


def _all(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Known:
    """Of an incident: what decisions about it need."""

    incident_id: str
    status: Status
    detected_at: datetime
    aware_at: datetime | None
    updates: int


class Said(NamedTuple):
    """A numbered update: when it was so, and the update that it describes an earlier state than."""

    number: int
    as_of: datetime
    overtaken_by: int | None


def weigh_awareness(
    agreement: Agreement, known: Known, said: BreachAwarenessRecorded, now: datetime, skew: timedelta
) -> IncidentRefused | None:
    """§6: awareness is not before detection, nor ahead of the clock by more than publishers' clocks differ."""
    if said.aware_at < known.detected_at:
        return refuse(
            agreement, said, f"nobody is aware before the detection at {known.detected_at.isoformat()}", "aware_at"
        )
    if said.aware_at > now + skew:
        return refuse(agreement, said, f"it lies ahead: it is {now.isoformat()}", "aware_at")
    if known.status.is_over:
        return refuse(agreement, said, f"the incident is {known.status}: reopen it first")
    if said.aware_at == known.aware_at:
        return refuse(agreement, said, "that is when it is known since already", "aware_at")
    return None


def weigh_update(
    agreement: Agreement, known: Known, updates: Mapping[str, Said], said: BreachUpdated
) -> IncidentRefused | IncidentUpdated:
    """BRE-2: each update has a number; one about an earlier state than another is told as that."""
    if said.update_id in updates:
        return refuse(agreement, said, f"it is there already, as number {updates[said.update_id].number}", "update_id")
    if known.status.is_over:
        return refuse(agreement, said, f"the incident is {known.status}: reopen it first")
    if said.corrects is not None and said.corrects not in updates:
        return refuse(agreement, said, f"there is no update {said.corrects!r} to correct", "corrects")
    latest = max(updates.values(), key=lambda each: (each.as_of, each.number), default=None)
    overtaken = latest is not None and said.as_of < latest.as_of
    return IncidentUpdated(
        incident_id=said.incident_id,
        number=known.updates + 1,
        update_id=said.update_id,
        corrects=None if said.corrects is None else updates[said.corrects].number,
        overtaken_by=latest.number if latest is not None and overtaken else None,
    )


def weigh_correction(
    agreement: Agreement,
    known: Known,
    named: Scope,
    mistaken: Scope,
    told: Collection[str],
    said: BreachScopeCorrected,
) -> IncidentRefused | None:
    """§6: what was named by mistake is taken out; who was told of it is not untold."""
    if known.status.is_over:
        return refuse(agreement, said, f"the incident is {known.status}: reopen it first")
    if mistaken == Scope():
        return refuse(agreement, said, "it names nobody", "client_ids")
    strange = next((name for name in mistaken.names if name not in named.names), None)
    if strange is not None:
        kind, _, name = strange.partition("/")
        return refuse(agreement, said, f"{kind} {name!r} was not named, so it can't be taken out", FIELDS[kind])
    if told:
        reason = f"{', '.join(told)} was told already, or exempted: say in an update how it is"
        return refuse(agreement, said, reason, "client_ids")
    return None


def weigh_delay(
    agreement: Agreement, codes: Collection[str], said: BreachDelayExplained, *, late: bool
) -> IncidentRefused | None:
    """BRE-1: the reason is for a delay that there is, of a clock that there is."""
    if said.clock not in codes:
        return refuse(agreement, said, f"there is no clock {said.clock!r}; there are {', '.join(codes)}", "clock")
    if not late:
        return refuse(agreement, said, "that clock was not missed: there is no delay to explain", "clock")
    return None


def weigh_exemption(agreement: Agreement, said: BreachExempted, *, affected: bool) -> IncidentRefused | None:
    """BRE-5: what a client caused itself exempts that client alone, where its agreement says so."""
    if not agreement.breach.exempt_if_caused_by_client:
        return refuse(agreement, said, "the client's agreement knows no such exemption", "client_id")
    if not affected:
        return refuse(
            agreement,
            said,
            f"client {said.client_id!r} is not affected: there is nothing to exempt it from",
            "client_id",
        )
    return None


def weigh_closing(
    agreement: Agreement, known: Known, there: Collection[Needed], said: BreachClosed
) -> IncidentRefused | IncidentClosed:
    """§6: closing needs cause, measures and a last update, or a reason for each that is absent; dismissing a reason."""
    if known.status.is_over:
        return refuse(agreement, said, f"the incident is {known.status} already")
    closed = IncidentClosed(
        incident_id=said.incident_id,
        dismissed=known.status is Status.SUSPECTED,
        closed_by=said.closed_by,
        reason=said.reason,
    )
    explained = {each.what for each in said.absences}
    lacking = [each.value for each in Needed if each not in there and each not in explained]
    if lacking and not closed.dismissed:
        return refuse(
            agreement, said, f"it lacks {', '.join(lacking)}: add them, or give a reason for each", "absences"
        )
    return closed


def refuse(agreement: Agreement, said: BreachEvent, reason: str, field: str | None = None) -> IncidentRefused:
    """What was said changes nothing, and why."""
    return IncidentRefused(
        incident_id=said.incident_id, what=said.TYPE, reason=reason, clause=agreement.breach.clause, field=field
    )
