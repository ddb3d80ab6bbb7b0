"""Incidents as they stand, with what is entered, decided and done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pydantic import TypeAdapter
from pydantic_core import to_json

from breach.affected.scope import Scope
from breach.course.decisions import Detection, Known, Status
from chassis.transaction import Transaction
from contracts.breach import Entry, Words

_ENTRIES = TypeAdapter(dict[str, Entry])
_DELAYS = TypeAdapter(dict[str, Words])


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it stands."""

    known: Known
    origin: str
    description: Words
    opened_at: datetime
    subprocessor_ids: tuple[str, ...]
    systems: tuple[str, ...]
    data_categories: tuple[str, ...]
    entries: Mapping[str, Entry]
    delays: Mapping[str, Words]
    advice: Words | None
    next_at: datetime | None
    has_last_update: bool
    unresolved: tuple[str, ...]
    by_categories: tuple[str, ...]

    @property
    def incident_id(self) -> str:
        """Its id."""
        return self.known.incident_id

    def covers(self, scope: Scope) -> bool:
        """Whether a scope names no client, and nothing else that was not named before: it can bring in nobody else."""
        return (
            not scope.client_ids
            and set(scope.subprocessor_ids) <= set(self.subprocessor_ids)
            and set(scope.systems) <= set(self.systems)
            and set(scope.data_categories) <= set(self.data_categories)
            and set(scope.by_categories) <= set(self.by_categories)
        )


_INCIDENT = """
    SELECT incident_id, status, origin, description, detected_at, aware_at, opened_at, subprocessor_ids, systems,
           data_categories, entries, delays, advice, next_at, updates, has_last_update, description_fr, unresolved,
           by_categories
      FROM incident
     WHERE incident_id = $1
"""


async def lock_incident(tx: Transaction, incident_id: str) -> Incident | None:
    """The incident, and no other decision about it until the commit."""
    row = await tx.fetchrow(f"{_INCIDENT} FOR UPDATE", incident_id)
    return None if row is None else incident_of(row)


async def open_incident(tx: Transaction, detection: Detection) -> bool:
    """A new incident, suspected; False: it is there already."""
    first = detection.first
    status = await tx.execute(
        """
        INSERT INTO incident (incident_id, status, origin, description, detected_at, last_detected_at, detections,
                              opened_at, description_fr)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT DO NOTHING
        """,
        first.incident_id,
        Status.SUSPECTED,
        first.origin,
        first.description,
        detection.detected_at,
        detection.last_detected_at,
        detection.times,
        tx.now,
        first.description_fr,
    )
    return not status.endswith(" 0")


async def count_detections(tx: Transaction, detection: Detection) -> None:
    """Detected again: counted; the earliest detection stays the first that was before awareness."""
    await tx.execute(
        """
        UPDATE incident
           SET detections = detections + $2, last_detected_at = greatest(last_detected_at, $3),
               detected_at = least(detected_at, $4)
         WHERE incident_id = $1
        """,
        detection.first.incident_id,
        detection.times,
        detection.last_detected_at,
        detection.detected_at,
    )


async def set_aware(tx: Transaction, incident_id: str, aware_at: datetime) -> None:
    """It is a breach, known since then."""
    await tx.execute(
        "UPDATE incident SET aware_at = $2, status = $3 WHERE incident_id = $1",
        incident_id,
        aware_at,
        Status.ESTABLISHED,
    )


async def set_status(tx: Transaction, incident_id: str, status: Status) -> None:
    """How far it is; what goes on again still has its last update to come."""
    await tx.execute(
        """
        UPDATE incident
           SET status = $2, closed_at = CASE WHEN $3 THEN $4::timestamptz END,
               has_last_update = has_last_update AND $3
         WHERE incident_id = $1
        """,
        incident_id,
        status,
        status.is_over,
        tx.now,
    )


async def set_entries(tx: Transaction, incident_id: str, entries: Mapping[str, Entry]) -> None:
    """The dossier as it stands."""
    await tx.execute(
        "UPDATE incident SET entries = $2 WHERE incident_id = $1",
        incident_id,
        to_json(entries, exclude_none=True).decode(),
    )


async def put(tx: Transaction, incident_id: str, column: str, name: str, value: object) -> None:
    """Put one value under a name of `delays` or `decisions`."""
    await tx.execute(
        f"UPDATE incident SET {column} = {column} || jsonb_build_object($2::text, $3::jsonb) WHERE incident_id = $1",
        incident_id,
        name,
        to_json(value, exclude_none=True).decode(),
    )


async def set_severity(tx: Transaction, incident_id: str, severity: object) -> None:
    """The last assessment."""
    await tx.execute(
        "UPDATE incident SET severity = $2 WHERE incident_id = $1", incident_id, to_json(severity).decode()
    )


def entries_of(text: str) -> dict[str, Entry]:
    """The elements of a dossier, as they are kept."""
    return _ENTRIES.validate_json(text)


def incident_of(row: asyncpg.Record) -> Incident:
    """A row as an incident."""
    return Incident(
        known=Known(
            row["incident_id"],
            Status(row["status"]),
            row["detected_at"],
            row["aware_at"],
            row["updates"],
        ),
        origin=row["origin"],
        description=Words(en=row["description"], fr=row["description_fr"]),
        opened_at=row["opened_at"],
        subprocessor_ids=tuple(row["subprocessor_ids"]),
        systems=tuple(row["systems"]),
        data_categories=tuple(row["data_categories"]),
        entries=entries_of(row["entries"]),
        delays=_DELAYS.validate_json(row["delays"]),
        advice=None if row["advice"] is None else Words.model_validate_json(row["advice"]),
        next_at=row["next_at"],
        has_last_update=row["has_last_update"],
        unresolved=tuple(row["unresolved"]),
        by_categories=tuple(row["by_categories"]),
    )
