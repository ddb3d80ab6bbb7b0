"""What people on call must act upon, until it is told them. SQL alone."""

from datetime import datetime

from chassis.transaction import Transaction
from notifier.concerns import Concern, Kind


async def enter(tx: Transaction, concern: Concern) -> None:
    """It waits for the next mail of its kind."""
    await tx.execute(
        "INSERT INTO concern (concern_id, kind, said, coded, heard_at) VALUES ($1, $2, $3, $4, $5)",
        tx.cause.derive(f"concern/{concern.kind}"),
        *concern,
        tx.now,
    )


async def told_at(tx: Transaction, kind: Kind) -> datetime | None:
    """When people were last told of something of this kind."""
    at: datetime | None = await tx.fetchval(
        "SELECT max(told_at) FROM concern WHERE kind = $1 AND told_at IS NOT NULL", kind
    )
    return at


async def take_untold(tx: Transaction, kind: Kind) -> list[Concern]:
    """All of this kind that nobody was told yet, the first heard first; it counts as told from now on."""
    rows = await tx.fetch(
        """
        WITH taken AS (
            UPDATE concern SET told_at = $2
             WHERE kind = $1 AND told_at IS NULL
            RETURNING said, coded, heard_at, concern_id
        )
        SELECT said, coded FROM taken ORDER BY heard_at, concern_id
        """,
        kind,
        tx.now,
    )
    return [Concern(kind, row["said"], row["coded"]) for row in rows]
