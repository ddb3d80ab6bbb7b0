"""What belongs to an incident's dossier: what was done, told in phases, sent to authorities; what things are called."""

from collections.abc import Sequence

import asyncpg
from pydantic_core import from_json

from breach.answers.views import PhaseView, StepView, SubmissionView
from breach.course.incident_store import entries_of
from chassis.database import Connection, Pool


async def steps(pool: Pool | Connection, incident_id: str, *, internal: bool) -> list[StepView]:
    """What was done, in order; for clients without what is internal."""
    rows = await pool.fetch(
        """
        SELECT step_id, kind, taken_at, taken_by, text, internal, number
          FROM step WHERE incident_id = $1 AND ($2 OR NOT internal) ORDER BY taken_at, step_id
        """,
        incident_id,
        internal,
    )
    return [StepView(**{**dict(row), "text": from_json(row["text"])}) for row in rows]


async def phases(pool: Pool | Connection, incident_id: str) -> list[PhaseView]:
    """The numbered updates."""
    rows = await pool.fetch(
        """
        SELECT number, said_at, said -> 'text' AS text, (said ->> 'as_of')::timestamptz AS as_of, corrects, overtaken_by
          FROM phase WHERE incident_id = $1 ORDER BY number
        """,
        incident_id,
    )
    return [PhaseView(**{**dict(row), "text": from_json(row["text"])}) for row in rows]


async def submissions(pool: Pool | Connection, incident_id: str) -> list[SubmissionView]:
    """What went to authorities."""
    rows = await pool.fetch(
        """
        SELECT clock, nth, kind, submitted_at, submitted_by, reference, missing, entries
          FROM submission WHERE incident_id = $1 ORDER BY submitted_at, clock, nth
        """,
        incident_id,
    )
    return [_submission(row) for row in rows]


def _submission(row: asyncpg.Record) -> SubmissionView:
    fields = {name: row[name] for name in SubmissionView.model_fields if name != "entries"}
    return SubmissionView(**fields, entries=dict(entries_of(row["entries"])))


async def names(pool: Pool | Connection, subprocessors: Sequence[str], systems: Sequence[str]) -> dict[str, str]:
    """What sub-processors and systems are called, by kind/id."""
    rows = await pool.fetch(
        """
        SELECT 'subprocessor/' || subprocessor_id, name FROM subprocessor WHERE subprocessor_id = ANY ($1::text[])
         UNION ALL
        SELECT 'system/' || system_id, name FROM system WHERE system_id = ANY ($2::text[])
        """,
        subprocessors,
        systems,
    )
    return {row[0]: row[1] for row in rows}
