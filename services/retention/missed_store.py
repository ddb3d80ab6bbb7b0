"""What holders never return, and on whose word (TER-5)."""

from collections.abc import Sequence

from pydantic_core import from_json

from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from contracts.retention import MissedWhy
from retention.terminations import Missed


async def load_categories(tx: Transaction, order_id: str) -> tuple[str, ...]:
    """What an order to return is about."""
    found = await tx.fetchval("SELECT said::jsonb -> 'categories' FROM holder_order WHERE order_id = $1", order_id)
    return tuple(from_json(found)) if found else ()


async def insert(
    tx: Transaction, order_id: str, why: MissedWhy, categories: Sequence[str], said_by: str, reason: str | None
) -> None:
    """It is not returned; the order waits no more, and one that is `unreachable` may still be answered."""
    await tx.execute(
        """
        WITH closed AS (
            UPDATE holder_order SET state = $2 WHERE order_id = $1 RETURNING termination_id
        )
        INSERT INTO missed_return (order_id, why, termination_id, categories, reason, said_by, said_at)
        SELECT $1, $2, termination_id, $3, $4, $5, $6 FROM closed
            ON CONFLICT DO NOTHING
        """,
        order_id,
        why.value,
        list(categories),
        reason,
        said_by,
        tx.now,
    )


async def load(connection: Pool | Connection, termination_id: str) -> list[Missed]:
    """What isn't returned at the end of a contract, by holder, the last word on each; what came after all is none."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (holder_order.holder_id, order_id)
               order_id, holder_order.holder_id, missed_return.categories, why, reason, said_by, said_at,
               coalesce(holder.name, subprocessor.name, holder_order.holder_id) AS holder
          FROM missed_return
               JOIN holder_order USING (order_id)
               LEFT JOIN holder ON holder.holder_id = holder_order.holder_id
               LEFT JOIN subprocessor ON subprocessor.subprocessor_id = holder_order.holder_id
         WHERE missed_return.termination_id = $1 AND holder_order.state <> 'answered'
         ORDER BY holder_order.holder_id, order_id, said_at DESC, why DESC
        """,
        termination_id,
    )
    return [Missed(**{**row, "categories": tuple(row["categories"]), "why": MissedWhy(row["why"])}) for row in rows]


async def count_unreachable(tx: Transaction, termination_id: str) -> int:
    """How many returns are missing that the client has not given up itself."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM holder_order WHERE termination_id = $1 AND kind = 'return' AND state = 'unreachable'",
        termination_id,
    )
    return count


async def withdraw(tx: Transaction, termination_id: str) -> None:
    """Deletion begins: what could have come late comes too late now."""
    await tx.execute(
        "UPDATE holder_order SET state = 'withdrawn' WHERE termination_id = $1 AND state = 'unreachable'",
        termination_id,
    )
