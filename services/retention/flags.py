"""What should not be, kept and said: processing after the end, data that are never stored (TER-1, RET-1)."""

from chassis.transaction import Transaction
from contracts.retention import RetentionFlagged


async def raise_flag(tx: Transaction, flagged: RetentionFlagged) -> None:
    """Keep a flag and say it; the same of one message is kept once."""
    flag_id = tx.cause.derive(f"flag/{flagged.client_id}/{flagged.holder_id}/{flagged.category}/{flagged.reason}")
    status = await tx.execute(
        """
        INSERT INTO flag (flag_id, client_id, holder_id, category, seen_at, reason, clause)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (flag_id) DO NOTHING
        """,
        flag_id,
        flagged.client_id,
        flagged.holder_id,
        flagged.category,
        flagged.seen_at,
        flagged.reason,
        flagged.clause,
    )
    if not status.endswith(" 0"):
        tx.emit(flagged)
