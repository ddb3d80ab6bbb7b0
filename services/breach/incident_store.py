"""Incidents as they stand, with what is entered, decided and done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pydantic import TypeAdapter
from pydantic_core import to_json

from breach.decisions import Detection, Known, Status
from chassis.transaction import Transaction
from contracts.breach import BreachStepLogged, BreachUpdated, Entry, StepKind, Words
from contracts.incident import IncidentUpdated

_ENTRIES = TypeAdapter(dict[str, Entry])
_DELAYS = TypeAdapter(dict[str, Words])


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it stands."""

    known: Known
    origin: str
    description: str
    opened_at: datetime
    subprocessor_ids: tuple[str, ...]
    systems: tuple[str, ...]
    data_categories: tuple[str, ...]
    entries: Mapping[str, Entry]
    delays: Mapping[str, Words]
    advice: Words | None
    next_at: datetime | None
    has_last_update: bool

    @property
    def incident_id(self) -> str:
        """Its id."""
        return self.known.incident_id


_INCIDENT = """
    SELECT incident_id, status, origin, description, detected_at, aware_at, opened_at, subprocessor_ids, systems,
           data_categories, entries, delays, advice, next_at, updates, last_as_of, has_last_update
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
                              opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
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


async def insert_update(tx: Transaction, said: BreachUpdated, numbered: IncidentUpdated) -> None:
    """A numbered update; what it says is the current state, unless a later one has overtaken it."""
    await tx.execute(
        """
        INSERT INTO phase (incident_id, number, update_id, said, said_at, corrects, overtaken_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        said.incident_id,
        numbered.number,
        said.update_id,
        said.model_dump_json(exclude_none=True),
        tx.now,
        numbered.corrects,
        numbered.overtaken_by,
    )
    await tx.execute(
        "UPDATE step SET number = $2 WHERE incident_id = $1 AND number IS NULL AND NOT internal",
        said.incident_id,
        numbered.number,
    )
    current = numbered.overtaken_by is None
    await tx.execute(
        """
        UPDATE incident
           SET updates = $2, last_as_of = CASE WHEN $3 THEN $4 ELSE last_as_of END,
               advice = CASE WHEN $3 THEN coalesce($5::jsonb, advice) ELSE advice END,
               next_at = CASE WHEN $3 THEN $6 ELSE next_at END, has_last_update = has_last_update OR $7
         WHERE incident_id = $1
        """,
        said.incident_id,
        numbered.number,
        current,
        said.as_of,
        said.advice.model_dump_json(exclude_none=True) if said.advice else None,
        said.next_at,
        said.last,
    )


async def load_numbers(tx: Transaction, incident_id: str) -> dict[str, int]:
    """The number of each update."""
    rows = await tx.fetch("SELECT update_id, number FROM phase WHERE incident_id = $1", incident_id)
    return {row["update_id"]: row["number"] for row in rows}


async def insert_step(tx: Transaction, said: BreachStepLogged) -> bool:
    """Something that was done; False: it is there already."""
    status = await tx.execute(
        """
        INSERT INTO step (incident_id, step_id, kind, taken_at, taken_by, text, internal)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING
        """,
        said.incident_id,
        said.step_id,
        said.kind,
        said.taken_at,
        said.taken_by,
        said.text.model_dump_json(exclude_none=True),
        said.internal,
    )
    return not status.endswith(" 0")


async def load_step_kinds(tx: Transaction, incident_id: str) -> set[StepKind]:
    """What kinds of things were done."""
    rows = await tx.fetch("SELECT DISTINCT kind FROM step WHERE incident_id = $1", incident_id)
    return {StepKind(row["kind"]) for row in rows}


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
            row["last_as_of"],
        ),
        origin=row["origin"],
        description=row["description"],
        opened_at=row["opened_at"],
        subprocessor_ids=tuple(row["subprocessor_ids"]),
        systems=tuple(row["systems"]),
        data_categories=tuple(row["data_categories"]),
        entries=entries_of(row["entries"]),
        delays=_DELAYS.validate_json(row["delays"]),
        advice=None if row["advice"] is None else Words.model_validate_json(row["advice"]),
        next_at=row["next_at"],
        has_last_update=row["has_last_update"],
    )
