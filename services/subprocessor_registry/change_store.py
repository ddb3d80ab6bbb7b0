"""Changes of sub-processors: announced, refused, corrected, withdrawn, in effect."""

from chassis.locks import lock
from chassis.transaction import Transaction
from contracts.change import ChangeCorrected, ChangeRefused
from contracts.subprocessor import SubprocessorFacts
from subprocessor_registry import list_store
from subprocessor_registry.changes import Change
from subprocessor_registry.rows import change_of_row


async def insert_closed(tx: Transaction, change: ChangeCorrected | ChangeRefused) -> None:
    """Record what was decided about a sub-processor, where no client need be asked (`standing_store.announce`)."""
    match change:
        case ChangeCorrected():
            await _insert_closed(tx, change, "corrected", change.facts, f"corrected: {', '.join(change.fields)}", None)
        case ChangeRefused():
            await _insert_closed(tx, change, "refused", None, change.reason, change.clause)


async def _insert_closed(
    tx: Transaction,
    change: ChangeCorrected | ChangeRefused,
    status: str,
    facts: SubprocessorFacts | None,
    reason: str,
    clause: str | None,
) -> None:
    await tx.execute(
        """
        INSERT INTO change (change_id, subprocessor_id, kind, status, facts, reason, clause, announced_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        change.change_id,
        change.subprocessor_id,
        "correction" if status == "corrected" else "refusal",
        status,
        facts.model_dump_json(exclude_none=True) if facts else None,
        reason,
        clause,
        tx.now,
    )


async def close_change(tx: Transaction, change_id: str, status: str, reason: str | None = None) -> None:
    """A planned change took effect, or was withdrawn."""
    await tx.execute(
        "UPDATE change SET status = $2, reason = coalesce($3, reason) WHERE change_id = $1", change_id, status, reason
    )


async def lock_change(tx: Transaction, change_id: str) -> Change | None:
    """A change that was announced; one decision about its sub-processor at a time, this transaction's until its end."""
    subprocessor_id = await tx.fetchval(
        "SELECT subprocessor_id FROM change WHERE change_id = $1 AND effective_on IS NOT NULL", change_id
    )
    if subprocessor_id is None:
        return None
    await lock(tx.connection, list_store.lock_of(subprocessor_id))
    row = await tx.fetchrow(
        """
        SELECT change_id, subprocessor_id, kind, status, facts, requested_on, effective_on, reckoning
          FROM change
         WHERE change_id = $1
           FOR UPDATE
        """,
        change_id,
    )
    return change_of_row(row) if row else None


async def load_announced(tx: Transaction) -> list[Change]:
    """The changes whose day is yet to come."""
    rows = await tx.fetch(
        """
        SELECT change_id, subprocessor_id, kind, status, facts, requested_on, effective_on, reckoning
          FROM change
         WHERE status = 'announced'
         ORDER BY seq
        """
    )
    return [change_of_row(row) for row in rows]


async def load_unsettled(tx: Transaction, client_id: str) -> list[str]:
    """The changes that this client is clear about and that are not in effect for it, by their ids."""
    rows = await tx.fetch(
        """
        SELECT change_id
          FROM client_change JOIN change USING (change_id)
         WHERE client_id = $1 AND client_change.status = 'clear' AND change.status IN ('announced', 'in_effect')
         ORDER BY seq
        """,
        client_id,
    )
    return [row["change_id"] for row in rows]
