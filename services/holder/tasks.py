"""What a task about one person comes to at this holder: where it can be done, where not, and what is answered. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.dsar import Act
from contracts.task import TaskConfirmed, TaskOrdered, TaskPackage, TaskScope, TaskSubject, Touched
from holder import decisions
from holder.data_map import DataMap, KeySource, Scope, Source
from holder.executors import ExecutorFailed
from holder.jobs import Kind
from holder.parcels import Parcel, Place, places_of
from holder.persons import Change, Correct, Mark, Wanted, left, unfit

_LONGEST: Final = 9_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The sources in which a task is done, with the scope of each category, and where it can't be done."""

    places: Sequence[Place]
    scopes: Mapping[str, Scope]
    unreached: Sequence[str]


def plan(data_map: DataMap, order: TaskOrdered, subject: TaskSubject) -> Plan:
    """§9: what the map can tell of this person; ExecutorFailed where that is nothing at all."""
    if order.act is Act.RECTIFY and not subject.corrections:
        raise ExecutorFailed("nothing to correct is named")
    wanted = Wanted(order.act, tuple(each.kind for each in subject.identifiers), tuple(subject.corrections))
    places: list[Place] = []
    unreached: list[str] = []
    for category, nth, source in places_of(data_map, tuple(dict.fromkeys(each.category for each in order.scopes))):
        person = None if isinstance(source, KeySource) else source.person
        reason = unfit(person, wanted)
        if reason is None:
            places.append((category, nth, source))
            reason = left(person, wanted)
        if reason is not None:
            unreached.append(f"{category} in {source.label}: {reason}")
    if not places:
        raise ExecutorFailed("; ".join(unreached))
    return Plan(places, {each.category: _scope(order, each, subject) for each in order.scopes}, unreached)


def change_of(order: TaskOrdered, subject: TaskSubject) -> Change | None:
    """What is changed; None where it is deleted."""
    match order.act:
        case Act.RECTIFY:
            return Correct(subject.corrections)
        case Act.RESTRICT:
            return Mark(restricted=True)
        case Act.RELEASE:
            return Mark(restricted=False)
        case _:
            return None


def parcel(order: TaskOrdered, made: Plan) -> Parcel:
    """The package of an export."""
    if order.available_until is None:
        raise ExecutorFailed("available_until: an export says until when it can be fetched")
    return Parcel(
        order_id=order.order_id,
        kind=Kind.TASK,
        client_id=order.client_id,
        holder_id=order.holder_id,
        clause=order.clause,
        places=made.places,
        scopes=made.scopes,
        recipient=order.recipient,
        available_until=order.available_until,
        instruction_id=order.instruction_id,
    )


@dataclass(frozen=True, slots=True)
class Carried:
    """What was done of a task: when, how much of which category, and whether it was told to stop."""

    started_at: datetime
    finished_at: datetime
    touched: Mapping[str, int]
    halted: bool = False
    package: TaskPackage | None = None


def confirmation(order: TaskOrdered, data_map: DataMap, made: Plan, done: Carried, confirmed_by: str) -> TaskConfirmed:
    """§9: how much was done where; never more, and what could not be done is named."""
    erased = order.act is Act.ERASE
    beyond = decisions.unreached(data_map, done.finished_at) if erased else []
    return TaskConfirmed(
        order_id=order.order_id,
        holder_id=order.holder_id,
        client_id=order.client_id,
        act=order.act,
        started_at=done.started_at,
        finished_at=done.finished_at,
        touched=tuple(
            Touched(category=category, count=done.touched.get(category, 0))
            for category in dict.fromkeys(each.category for each in order.scopes)
        ),
        method=decisions.weakest(source for _, _, source in made.places) if erased and made.places else None,
        package=None if done.halted else done.package,
        unreached=tuple(each[:_LONGEST] for each in [*made.unreached, *beyond]),
        halted=done.halted,
        confirmed_by=confirmed_by,
    )


def by_category(data_map: DataMap, order: TaskOrdered, counted: Mapping[str, int]) -> dict[str, int]:
    """Counts of sources, as counts of categories."""
    return {
        each.category: sum(counted.get(source.label, 0) for source in _sources(data_map, each.category))
        for each in order.scopes
    }


def _sources(data_map: DataMap, category: str) -> Sequence[Source]:
    return data_map.categories.get(category, ())


def _scope(order: TaskOrdered, each: TaskScope, subject: TaskSubject) -> Scope:
    return Scope(order.client_id, each.cutoff_at, counted=each.counted, identifiers=subject.identifiers)
