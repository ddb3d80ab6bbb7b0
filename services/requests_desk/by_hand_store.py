"""Which sub-processors are to be asked by hand about help, and what came of it."""

from chassis.transaction import Transaction
from contracts.handling import HandlingSubProcessorAsked


async def enter(tx: Transaction, assistance_id: str, client_id: str) -> None:
    """Those that were ever permitted to touch the client's data, and of which no system was ever declared."""
    await tx.execute(
        """
        INSERT INTO by_hand (assistance_id, subprocessor_id)
        SELECT $1, subprocessor_id
          FROM client_subprocessor
         WHERE client_id = $2
           AND NOT EXISTS (SELECT FROM keeper WHERE keeper.subprocessor_id = client_subprocessor.subprocessor_id)
            ON CONFLICT DO NOTHING
        """,
        assistance_id,
        client_id,
    )


async def load_open(tx: Transaction, assistance_id: str) -> list[str]:
    """Those of which nobody has entered yet what came of it."""
    rows = await tx.fetch(
        """
        SELECT subprocessor_id FROM by_hand
         WHERE assistance_id = $1 AND outcome IS NULL ORDER BY subprocessor_id
        """,
        assistance_id,
    )
    return [row["subprocessor_id"] for row in rows]


async def settle(tx: Transaction, said: HandlingSubProcessorAsked) -> bool:
    """What came of it; said again, the last word holds. False: this one is not to be asked by hand."""
    status = await tx.execute(
        """
        UPDATE by_hand SET outcome = $3, entered_by = $4, entered_at = $5
         WHERE assistance_id = $1 AND subprocessor_id = $2
        """,
        said.assistance_id,
        said.subprocessor_id,
        said.outcome,
        said.asked_by,
        tx.now,
    )
    return status != "UPDATE 0"
