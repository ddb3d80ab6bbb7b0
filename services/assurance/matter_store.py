"""Matters as they stand, what an audit is judged by besides, and the journal of all that was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from assurance.assistance import Assistance
from assurance.audit_record import Audit
from assurance.disputes import Dispute
from assurance.questions import Question
from assurance.words import Record
from chassis.database import Pool
from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.assurance import Matter
from contracts.event import Event

RECORDS: Final[Mapping[Matter, type[Record]]] = {
    Matter.QUESTION: Question,
    Matter.AUDIT: Audit,
    Matter.ASSISTANCE: Assistance,
    Matter.DISPUTE: Dispute,
}


@dataclass(frozen=True, slots=True)
class About:
    """Which matter of which client."""

    client_id: str
    kind: Matter
    matter_id: str


_RECORD = "SELECT record FROM matter WHERE client_id = $1 AND kind = $2 AND matter_id = $3"


async def load(db: Transaction | Pool, about: About) -> Record | None:
    """The matter as it stands; a transaction holds its client's lock."""
    record = await db.fetchval(_RECORD, about.client_id, about.kind, about.matter_id)
    return None if record is None else RECORDS[about.kind].model_validate_json(record)


async def save(tx: Transaction, about: About, record: Record) -> None:
    """The matter as it stands now."""
    held_on = record.held_on if isinstance(record, Audit) else None
    due_on = min(record.last_days.values(), default=record.due_on)
    await tx.execute(
        """
        INSERT INTO matter (client_id, kind, matter_id, status, is_over, due_on, overdue, held_on, record, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (client_id, kind, matter_id) DO UPDATE
           SET status = excluded.status, is_over = excluded.is_over, due_on = excluded.due_on,
               overdue = excluded.overdue, held_on = excluded.held_on, record = excluded.record
        """,
        about.client_id,
        about.kind,
        about.matter_id,
        record.status,
        record.is_over,
        due_on,
        record.overdue,
        held_on,
        record.model_dump_json(exclude_none=True),
        tx.now,
    )


@dataclass(frozen=True, slots=True)
class Other:
    """What an audit is judged by besides: the day of the last one, another that is open, a breach that was told."""

    last_held_on: date | None
    open_audit_id: str | None
    told_breach: bool


async def load_other(db: Transaction | Pool, about: About, incident_id: str | None) -> Other:
    """What the client's other audits and its notices say about this one."""
    row: asyncpg.Record | None = await db.fetchrow(
        """
        SELECT max(held_on) FILTER (WHERE matter_id <> $2) AS last_held_on,
               min(matter_id) FILTER (WHERE matter_id <> $2 AND status = 'open') AS open_audit_id,
               EXISTS (SELECT FROM told_breach WHERE client_id = $1 AND incident_id = $3) AS told_breach
          FROM matter
         WHERE client_id = $1 AND kind = 'audit'
        """,
        about.client_id,
        about.matter_id,
        incident_id,
    )
    if row is None:
        return Other(None, None, told_breach=False)
    return Other(row["last_held_on"], row["open_audit_id"], told_breach=row["told_breach"])


async def note(tx: Transaction, whose: str, kind: str, matter_id: str, said: Event) -> None:
    """Keep what was said, with the event that it comes from."""
    await tx.execute(
        "INSERT INTO journal (whose, kind, matter_id, at, what, cause, data) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        whose,
        kind,
        matter_id,
        tx.now,
        said.TYPE,
        cause_of(tx.cause),
        said.model_dump_json(exclude_none=True),
    )


def cause_of(cause: Cause) -> str:
    """What an entry's cause is known by."""
    return f"{cause.source}/{cause.id}"
