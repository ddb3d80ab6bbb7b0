"""Sub-processors that are announced and not yet in force: for the end of a contract that is only thought of (§4.3)."""

from datetime import date

from chassis.transaction import Transaction
from contracts.change import ChangeAnnounced
from contracts.holder import HolderKind
from retention.planning import Keeper


async def note(tx: Transaction, announced: ChangeAnnounced) -> None:
    """A sub-processor comes on a day, unless that is taken back."""
    await tx.execute(
        """
        INSERT INTO announced (change_id, subprocessor_id, effective_on) VALUES ($1, $2, $3)
            ON CONFLICT (change_id) DO UPDATE SET effective_on = excluded.effective_on
        """,
        announced.change_id,
        announced.subprocessor_id,
        announced.effective_on,
    )


async def forget(tx: Transaction, change_id: str) -> None:
    """A change was taken back."""
    await tx.execute("DELETE FROM announced WHERE change_id = $1", change_id)


async def load_announced(tx: Transaction, client_id: str, *, after: date, until: date) -> list[tuple[Keeper, date]]:
    """Who comes after today and by a day, and never had this client's data; from its day on, permissions tell."""
    rows = await tx.fetch(
        """
        SELECT coalesce(holder_id, announced.subprocessor_id) AS holder_id, min(effective_on) AS effective_on,
               coalesce(holder.categories, subprocessor.categories, '{}') AS categories,
               holder_id IS NOT NULL AS declared
          FROM announced
               LEFT JOIN subprocessor ON subprocessor.subprocessor_id = announced.subprocessor_id
               LEFT JOIN holder ON holder.subprocessor_id = announced.subprocessor_id AND retired_at IS NULL
         WHERE effective_on > $2 AND effective_on <= $3
           AND NOT EXISTS (SELECT FROM client_subprocessor AS known
                            WHERE client_id = $1 AND known.subprocessor_id = announced.subprocessor_id)
         GROUP BY 1, 3, 4
         ORDER BY 1
        """,
        client_id,
        after,
        until,
    )
    return [
        (Keeper(row[0], HolderKind.SUBPROCESSOR, frozenset(row["categories"]), row["declared"]), row["effective_on"])
        for row in rows
    ]
