"""What people read of the objections and of what was offered to meet them (§4.4)."""

from chassis.database import Pool
from contracts.objection import ObjectionRaised
from subprocessor_registry.views import MitigationView, ObjectionView


async def objections(
    pool: Pool, change_id: str, client_id: str | None, after: int, limit: int
) -> list[tuple[int, ObjectionView]]:
    """The objections to a change in the order in which they were recorded, each with its place in it."""
    rows = await pool.fetch(
        """
        SELECT seq, objection_id, change_id, client_id, received_at, ground, statement, accepted, reason, clause,
               withdrawn_at
          FROM objection
         WHERE change_id = $1 AND ($2::text IS NULL OR client_id = $2) AND seq > $3
         ORDER BY seq
         LIMIT $4
        """,
        change_id,
        client_id,
        after,
        limit,
    )
    return [(row["seq"], ObjectionView.model_validate(dict(row))) for row in rows]


async def objection(pool: Pool, raised: ObjectionRaised) -> ObjectionView | None:
    """An objection as it was first recorded, and what became of it."""
    row = await pool.fetchrow(
        """
        SELECT objection_id, change_id, client_id, received_at, ground, statement, accepted, reason, clause,
               withdrawn_at
          FROM objection
         WHERE change_id = $1 AND client_id = $2 AND objection_id = $3
         ORDER BY seq
         LIMIT 1
        """,
        raised.change_id,
        raised.client_id,
        raised.objection_id,
    )
    return ObjectionView.model_validate(dict(row)) if row else None


async def last_withdrawn(pool: Pool, change_id: str, client_id: str) -> ObjectionView | None:
    """The objection that a client took back last."""
    row = await pool.fetchrow(
        """
        SELECT objection_id, change_id, client_id, received_at, ground, statement, accepted, reason, clause,
               withdrawn_at
          FROM objection
         WHERE change_id = $1 AND client_id = $2 AND withdrawn_at IS NOT NULL
         ORDER BY withdrawn_at DESC, seq DESC
         LIMIT 1
        """,
        change_id,
        client_id,
    )
    return ObjectionView.model_validate(dict(row)) if row else None


async def mitigations(
    pool: Pool, change_id: str, client_id: str | None, after: int, limit: int
) -> list[tuple[int, MitigationView]]:
    """What was offered against objections to a change, in the order of the offers, each with its place in it."""
    rows = await pool.fetch(
        """
        SELECT seq, mitigation_id, change_id, client_id, kind, description, offered_by, offered_at, answered_at,
               accepted
          FROM mitigation
         WHERE change_id = $1 AND ($2::text IS NULL OR client_id = $2) AND seq > $3
         ORDER BY seq
         LIMIT $4
        """,
        change_id,
        client_id,
        after,
        limit,
    )
    return [(row["seq"], MitigationView.model_validate(dict(row))) for row in rows]


async def mitigation(pool: Pool, mitigation_id: str) -> MitigationView | None:
    """One offer and its answer."""
    row = await pool.fetchrow(
        """
        SELECT mitigation_id, change_id, client_id, kind, description, offered_by, offered_at, answered_at, accepted
          FROM mitigation
         WHERE mitigation_id = $1
        """,
        mitigation_id,
    )
    return MitigationView.model_validate(dict(row)) if row else None
