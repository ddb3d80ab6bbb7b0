"""What people read of the changes: what is planned or was refused, and where each client stands with it."""

import asyncpg

from chassis.database import Pool
from contracts.event import Reckoning
from contracts.subprocessor import SubprocessorFacts
from subprocessor_registry.decisions import Status
from subprocessor_registry.views import ChangeView, StandingView


async def changes(
    pool: Pool,
    *,
    client_id: str | None,
    status: str | None,
    subprocessor_id: str | None,
    before: int | None,
    limit: int,
) -> list[tuple[int, ChangeView]]:
    """The newest changes before a place in their order, each with its place; for a client, those that concern it."""
    rows = await pool.fetch(
        """
        SELECT seq, change_id, subprocessor_id, kind, status, facts, requested_on, effective_on, moved, reckoning,
               reason, clause, announced_at
          FROM change
         WHERE ($1::text IS NULL OR EXISTS (
                   SELECT FROM client_change
                    WHERE client_change.change_id = change.change_id AND client_id = $1))
           AND ($2::text IS NULL OR status = $2)
           AND ($3::text IS NULL OR subprocessor_id = $3)
           AND ($4::bigint IS NULL OR seq < $4)
         ORDER BY seq DESC
         LIMIT $5
        """,
        client_id,
        status,
        subprocessor_id,
        before,
        limit,
    )
    return [(row["seq"], _change(row)) for row in rows]


async def change(pool: Pool, change_id: str) -> ChangeView | None:
    """One change, whatever became of it."""
    row = await pool.fetchrow(
        """
        SELECT change_id, subprocessor_id, kind, status, facts, requested_on, effective_on, moved, reckoning, reason,
               clause, announced_at
          FROM change
         WHERE change_id = $1
        """,
        change_id,
    )
    return _change(row) if row else None


async def standing(pool: Pool, change_id: str, client_id: str) -> StandingView | None:
    """Where a client stands with a change; None: the change does not concern it."""
    row = await pool.fetchrow(
        """
        SELECT client_id, status, received_at, receipt_channel, last_day_on, closes_at, reckoning, in_effect_on
          FROM client_change
         WHERE change_id = $1 AND client_id = $2
        """,
        change_id,
        client_id,
    )
    return _standing(row) if row else None


async def standings(pool: Pool, change_id: str, status: Status | None, after: str, limit: int) -> list[StandingView]:
    """Where the clients stand with a change, in the order of their ids after one."""
    rows = await pool.fetch(
        """
        SELECT client_id, status, received_at, receipt_channel, last_day_on, closes_at, reckoning, in_effect_on
          FROM client_change
         WHERE change_id = $1 AND ($2::text IS NULL OR status = $2) AND client_id > $3
         ORDER BY client_id
         LIMIT $4
        """,
        change_id,
        status,
        after,
        limit,
    )
    return [_standing(row) for row in rows]


async def count_standings(pool: Pool, change_id: str) -> dict[Status, int]:
    """How many clients stand where with a change."""
    rows = await pool.fetch(
        "SELECT status, count(*) AS clients FROM client_change WHERE change_id = $1 GROUP BY status ORDER BY status",
        change_id,
    )
    return {Status(row["status"]): row["clients"] for row in rows}


def _change(row: asyncpg.Record) -> ChangeView:
    return ChangeView(
        change_id=row["change_id"],
        subprocessor_id=row["subprocessor_id"],
        kind=row["kind"],
        status=row["status"],
        facts=SubprocessorFacts.model_validate_json(row["facts"]) if row["facts"] else None,
        requested_on=row["requested_on"],
        effective_on=row["effective_on"],
        moved=row["moved"],
        reckoning=Reckoning.model_validate_json(row["reckoning"]) if row["reckoning"] else None,
        reason=row["reason"],
        clause=row["clause"],
        announced_at=row["announced_at"],
    )


def _standing(row: asyncpg.Record) -> StandingView:
    return StandingView(
        client_id=row["client_id"],
        status=Status(row["status"]),
        received_at=row["received_at"],
        receipt_channel=row["receipt_channel"],
        last_day_on=row["last_day_on"],
        closes_at=row["closes_at"],
        reckoning=Reckoning.model_validate_json(row["reckoning"]) if row["reckoning"] else None,
        in_effect_on=row["in_effect_on"],
    )
