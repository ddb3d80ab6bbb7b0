"""What people read of the list: as of a day and an instant, over time, and for whom each line may be used."""

from datetime import date, datetime

import asyncpg

from chassis.database import Pool
from contracts.subprocessor import SubprocessorFacts
from subprocessor_registry.views import HistoryLine, ListedLine, PermissionView


async def list_on(pool: Pool, on: date, known_at: datetime) -> list[ListedLine]:
    """The list on a day, as it was known at an instant: rows recorded later, or replaced before, are not its."""
    rows = await pool.fetch(
        """
        SELECT subprocessor_id, valid_from, valid_until, facts, change_id, recorded_at
          FROM listing
         WHERE valid_from <= $1 AND (valid_until IS NULL OR valid_until > $1)
           AND recorded_at <= $2 AND (replaced_at IS NULL OR replaced_at > $2)
         ORDER BY subprocessor_id
        """,
        on,
        known_at,
    )
    return [_line(row) for row in rows]


async def history_of(pool: Pool, subprocessor_id: str) -> list[HistoryLine]:
    """Every row that was ever written about a sub-processor, in the order of writing."""
    rows = await pool.fetch(
        """
        SELECT valid_from, valid_until, facts, change_id, recorded_at, replaced_at
          FROM listing
         WHERE subprocessor_id = $1
         ORDER BY seq
        """,
        subprocessor_id,
    )
    return [
        HistoryLine(
            listed_from=row["valid_from"],
            listed_until=row["valid_until"],
            facts=SubprocessorFacts.model_validate_json(row["facts"]),
            change_id=row["change_id"],
            recorded_at=row["recorded_at"],
            replaced_at=row["replaced_at"],
        )
        for row in rows
    ]


async def permissions(
    pool: Pool, client_id: str | None, after: tuple[str, str] | None, limit: int
) -> list[PermissionView]:
    """What was last said of a client's sub-processors, or of every client's, after a pair of both ids."""
    after_client, after_subprocessor = after or ("", "")
    rows = await pool.fetch(
        """
        SELECT client_id, subprocessor_id, standing, permitted_from, reason, clause, change_id
          FROM permission
         WHERE ($1::text IS NULL OR client_id = $1) AND (client_id, subprocessor_id) > ($2, $3)
         ORDER BY client_id, subprocessor_id
         LIMIT $4
        """,
        client_id,
        after_client,
        after_subprocessor,
        limit,
    )
    return [PermissionView.model_validate(dict(row)) for row in rows]


def _line(row: asyncpg.Record) -> ListedLine:
    facts = SubprocessorFacts.model_validate_json(row["facts"])
    transfer, agreed = facts.transfer, facts.written_agreement
    return ListedLine(
        subprocessor_id=row["subprocessor_id"],
        name=facts.name,
        actions=list(facts.actions),
        data_categories=list(facts.data_categories),
        location=facts.location,
        mechanism=transfer.mechanism if transfer else None,
        document=transfer.document if transfer else None,
        written_agreement=agreed.reference if agreed else None,
        written_agreement_on=agreed.signed_on if agreed else None,
        written_agreement_confirmed=agreed.confirmed if agreed else None,
        parent_id=facts.parent_id,
        listed_from=row["valid_from"],
        listed_until=row["valid_until"],
        change_id=row["change_id"],
        recorded_at=row["recorded_at"],
    )
