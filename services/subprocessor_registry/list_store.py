"""The list of sub-processors over time (Appendix B): a row is replaced, never rewritten."""

from datetime import date
from typing import Final

import asyncpg

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.subprocessor import SubprocessorFacts
from subprocessor_registry.changes import Listed, Situation
from subprocessor_registry.client_store import ACTIVE
from subprocessor_registry.rows import change_of_row, facts_of_row


def lock_of(subprocessor_id: str) -> str:
    """The lock under which a sub-processor is decided about (`chassis.locks`)."""
    return f"subprocessor/{subprocessor_id}"


CHAINS: Final = "chains"
"""The lock under which it is decided who works for whom."""


async def load_situation(tx: Transaction, subprocessor_id: str, on: date) -> Situation:
    """What is known when something is asked of a sub-processor."""
    [row] = await tx.fetch(
        f"""
        SELECT listing.facts AS listed,
               change_id, subprocessor_id, kind, status, change.facts, requested_on, effective_on, reckoning, signed
          FROM (SELECT array_agg(DISTINCT ARRAY[agreement_id, agreement_version]) AS signed
                  FROM ({ACTIVE.replace("$1", "$2")}) AS active) AS bound
          LEFT JOIN (SELECT facts FROM listing
                      WHERE subprocessor_id = $1 AND replaced_at IS NULL AND valid_until IS NULL) AS listing ON true
          LEFT JOIN (SELECT change_id, subprocessor_id, kind, status, facts, requested_on, effective_on, reckoning
                       FROM change WHERE subprocessor_id = $1 AND status = 'announced') AS change ON true
        """,
        subprocessor_id,
        on,
    )
    return Situation(_listed(row), [Signed(*each) for each in row["signed"] or ()])


async def load_list(tx: Transaction) -> list[str]:
    """The sub-processors on the list now, in order."""
    rows = await tx.fetch(
        """
        SELECT subprocessor_id FROM listing
         WHERE replaced_at IS NULL AND valid_until IS NULL
         ORDER BY subprocessor_id
        """
    )
    return [row["subprocessor_id"] for row in rows]


async def load_chains(tx: Transaction) -> dict[str, Listed]:
    """What the list says of every sub-processor, and the change that is planned for it; many, where there are many."""
    rows = await tx.fetch(
        """
        SELECT coalesce(listing.subprocessor_id, change.subprocessor_id) AS chained, listing.facts AS listed,
               change_id, change.subprocessor_id, kind, status, change.facts, requested_on, effective_on, reckoning
          FROM (SELECT subprocessor_id, facts FROM listing
                 WHERE replaced_at IS NULL AND valid_until IS NULL) AS listing
          FULL JOIN (SELECT change_id, subprocessor_id, kind, status, facts, requested_on, effective_on, reckoning
                       FROM change WHERE status = 'announced') AS change USING (subprocessor_id)
        """
    )
    return {row["chained"]: _listed(row) for row in rows}


async def list_first(tx: Transaction, subprocessor_id: str, facts: SubprocessorFacts, on: date) -> None:
    """The agreement's own list, where nothing is known of a sub-processor yet."""
    await tx.execute(
        """
        INSERT INTO listing (subprocessor_id, valid_from, facts, change_id, recorded_at)
        SELECT $1, $2, $3, 'agreement', $4
         WHERE NOT EXISTS (SELECT FROM listing WHERE subprocessor_id = $1)
            ON CONFLICT DO NOTHING
        """,
        subprocessor_id,
        on,
        facts.model_dump_json(exclude_none=True),
        tx.now,
    )


async def list_from(tx: Transaction, subprocessor_id: str, facts: SubprocessorFacts, change_id: str, on: date) -> None:
    """From `on` the list says this; what it said before ends there, and the old row stays readable as replaced."""
    await unlist_from(tx, subprocessor_id, on)
    await _insert_listing(tx, subprocessor_id, facts, change_id, on)


async def unlist_from(tx: Transaction, subprocessor_id: str, on: date) -> None:
    """From `on` the sub-processor is not on the list any more."""
    await tx.execute(
        """
        WITH ended AS (
            UPDATE listing SET replaced_at = $3
             WHERE subprocessor_id = $1 AND replaced_at IS NULL AND valid_until IS NULL
            RETURNING subprocessor_id, valid_from, facts, change_id
        )
        INSERT INTO listing (subprocessor_id, valid_from, valid_until, facts, change_id, recorded_at)
        SELECT subprocessor_id, valid_from, $2, facts, change_id, $3
          FROM ended
         WHERE valid_from < $2
        """,
        subprocessor_id,
        on,
        tx.now,
    )


async def correct_listing(tx: Transaction, subprocessor_id: str, facts: SubprocessorFacts, change_id: str) -> None:
    """The list should have said this all along: the same days, other facts; the wrong row stays readable."""
    valid_from = await tx.fetchval(
        """
        UPDATE listing SET replaced_at = $2
         WHERE subprocessor_id = $1 AND replaced_at IS NULL AND valid_until IS NULL
        RETURNING valid_from
        """,
        subprocessor_id,
        tx.now,
    )
    await _insert_listing(tx, subprocessor_id, facts, change_id, valid_from)


async def _insert_listing(
    tx: Transaction, subprocessor_id: str, facts: SubprocessorFacts, change_id: str, on: date
) -> None:
    await tx.execute(
        """
        INSERT INTO listing (subprocessor_id, valid_from, facts, change_id, recorded_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        subprocessor_id,
        on,
        facts.model_dump_json(exclude_none=True),
        change_id,
        tx.now,
    )


def _listed(row: asyncpg.Record) -> Listed:
    return Listed(
        facts=facts_of_row(row["listed"]) if row["listed"] else None,
        planned=change_of_row(row) if row["change_id"] else None,
    )
