"""What staff read of incidents: how they stand, whom they affect, what was said, and all of them for the register."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from pydantic_core import from_json

from agreement.schema import Agreement
from breach.answers.views import (
    AffectedView,
    ClockView,
    IncidentView,
    JournalView,
)
from breach.authority import dossier
from breach.authority.dossier import Done
from breach.course.decisions import Status
from breach.course.incident_store import incident_of
from breach.timing.clocks import CLIENTS
from chassis.database import Connection, Pool
from contracts.breach import StepKind, Words

Place = tuple[str | int, ...]

_JSON = ("entries", "severity", "decisions", "delays", "advice")
_INCIDENT = """
    SELECT incident_id, status, origin, description, detected_at, last_detected_at, detections, aware_at, opened_at,
           closed_at, subprocessor_ids, systems, data_categories, unresolved, entries, delays, decisions, severity,
           advice, next_at, updates, has_last_update, seq, description_fr, by_categories,
           whom.affected, whom.exempt, whom.told, whom.last_told_at
      FROM incident
     CROSS JOIN LATERAL (SELECT count(*) AS affected, count(*) FILTER (WHERE exempt) AS exempt,
                                count(told_at) FILTER (WHERE NOT exempt) AS told,
                                max(told_at) FILTER (WHERE NOT exempt) AS last_told_at
                           FROM affected WHERE affected.incident_id = incident.incident_id) AS whom
"""


async def incidents(
    pool: Pool, agreement: Agreement, now: datetime, *, status: str | None, before: int | None, limit: int
) -> list[tuple[IncidentView, Place]]:
    """The newest incidents, each with its place."""
    rows = await pool.fetch(
        f"""
        {_INCIDENT} WHERE ($1::text IS NULL OR status = $1) AND ($2::bigint IS NULL OR seq < $2)
         ORDER BY seq DESC LIMIT $3
        """,
        status,
        before,
        limit,
    )
    beside = await _beside(pool, [row["incident_id"] for row in rows], now)
    return [(_incident(agreement, row, beside), (row["seq"],)) for row in rows]


async def incident(
    pool: Pool | Connection, agreement: Agreement, now: datetime, incident_id: str
) -> IncidentView | None:
    """One incident."""
    row = await pool.fetchrow(f"{_INCIDENT} WHERE incident_id = $1", incident_id)
    if row is None:
        return None
    return _incident(agreement, row, await _beside(pool, [incident_id], now))


class _Beside(NamedTuple):
    """What belongs to incidents, by their ids."""

    clocks: dict[str, list[ClockView]]
    done: dict[str, list[Done]]


async def _beside(pool: Pool | Connection, incident_ids: Sequence[str], now: datetime) -> _Beside:
    return _Beside(await _clocks(pool, incident_ids, now), await _done(pool, incident_ids))


async def _done(pool: Pool | Connection, incident_ids: Sequence[str]) -> dict[str, list[Done]]:
    rows = await pool.fetch(
        """
        SELECT incident_id, kind, text FROM step
         WHERE incident_id = ANY ($1::text[]) ORDER BY incident_id, taken_at, step_id
        """,
        incident_ids,
    )
    found: dict[str, list[Done]] = {}
    for row in rows:
        done = Done(StepKind(row["kind"]), Words.model_validate_json(row["text"]))
        found.setdefault(row["incident_id"], []).append(done)
    return found


def _incident(agreement: Agreement, row: asyncpg.Record, beside: _Beside) -> IncidentView:
    clocks = beside.clocks.get(row["incident_id"], [])
    known = incident_of(row)
    filled = dossier.filled(agreement, known.entries, beside.done.get(row["incident_id"], []))
    read: dict[str, Any] = dict(row) | {name: None if row[name] is None else from_json(row[name]) for name in _JSON}
    all_told = row["affected"] > row["exempt"] and row["told"] == row["affected"] - row["exempt"]
    late = any(clock.missed for clock in clocks if clock.clock != CLIENTS)
    return IncidentView(
        **{
            name: read[name]
            for name in IncidentView.model_fields
            if name in read and name not in {"entries", "told_at"}
        },
        entries=dict(known.entries),
        filled=filled,
        reaches_nobody=known.known.status is Status.ESTABLISHED and not row["affected"],
        told_at=row["last_told_at"] if all_told else None,
        clocks=clocks,
        missing=list(dossier.missing(agreement, filled, late=late)),
    )


async def _clocks(pool: Pool | Connection, incident_ids: Sequence[str], now: datetime) -> dict[str, list[ClockView]]:
    rows = await pool.fetch(
        """
        SELECT incident_id, clock, due_at, count(*) FILTER (WHERE stopped_at IS NULL) AS running,
               count(*) FILTER (WHERE missed) AS missed,
               CASE WHEN bool_and(stopped_at IS NOT NULL) THEN max(stopped_why) END AS stopped_why
          FROM clock
         WHERE incident_id = ANY ($1::text[])
         GROUP BY incident_id, clock, due_at
         ORDER BY due_at, clock
        """,
        incident_ids,
    )
    found: dict[str, list[ClockView]] = {}
    for row in rows:
        left = int((row["due_at"] - now).total_seconds())
        view = ClockView(
            clock=row["clock"],
            due_at=row["due_at"],
            seconds_left=left,
            running=row["running"],
            missed=row["missed"],
            stopped_why=row["stopped_why"],
        )
        found.setdefault(row["incident_id"], []).append(view)
    return found


async def affected(pool: Pool, incident_id: str, after: str, limit: int) -> list[tuple[AffectedView, Place]]:
    """Whom an incident affects, by id, each with its place."""
    rows = await pool.fetch(
        """
        SELECT client_id, found_at, exempt, ordered_at, told_at, channel, due_at, missed
          FROM affected LEFT JOIN clock USING (incident_id, client_id)
         WHERE incident_id = $1 AND client_id > $2
         ORDER BY client_id
         LIMIT $3
        """,
        incident_id,
        after,
        limit,
    )
    return [(AffectedView(**dict(row)), (row["client_id"],)) for row in rows]


async def journal(pool: Pool, incident_id: str, after: int, limit: int) -> list[tuple[JournalView, Place]]:
    """What was said of an incident, in order, each with its place."""
    rows = await pool.fetch(
        "SELECT seq, at, what, data FROM journal WHERE incident_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        incident_id,
        after,
        limit,
    )
    return [(JournalView(at=row["at"], what=row["what"], data=from_json(row["data"])), (row["seq"],)) for row in rows]


async def refusal(pool: Pool, incident_id: str, cause: str) -> tuple[str, str | None] | None:
    """Why what somebody said changed nothing, and its field; None: it was not refused."""
    data = await pool.fetchval(
        "SELECT data FROM journal WHERE incident_id = $1 AND cause = $2 AND what = 'incident.refused' LIMIT 1",
        incident_id,
        cause,
    )
    if data is None:
        return None
    refused = from_json(data)
    return refused["reason"], refused.get("field")
