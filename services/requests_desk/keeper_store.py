"""Who holds clients' data and answers orders, and what may not be deleted."""

from collections.abc import Sequence

from chassis.transaction import Transaction
from contracts.hold import HoldLifted, HoldPlaced
from contracts.holder import HolderDeclared, HolderKind
from requests_desk.tasks import Hold, Keeper


async def declare(tx: Transaction, holder: HolderDeclared) -> None:
    """A holder and its categories; said again, it replaces what was said before."""
    sub_processor = holder.kind is HolderKind.SUBPROCESSOR
    await tx.execute(
        """
        INSERT INTO keeper (holder_id, kind, subprocessor_id, categories) VALUES ($1, $2, $3, $4)
            ON CONFLICT (holder_id) DO UPDATE
           SET kind = excluded.kind, subprocessor_id = excluded.subprocessor_id, categories = excluded.categories,
               retired_at = NULL
        """,
        holder.holder_id,
        holder.kind,
        (holder.subprocessor_id or holder.holder_id) if sub_processor else None,
        holder.categories,
    )


async def retire(tx: Transaction, holder_id: str) -> None:
    """A holder is asked nothing new."""
    await tx.execute("UPDATE keeper SET retired_at = $2 WHERE holder_id = $1", holder_id, tx.now)


async def note_permitted(tx: Transaction, pairs: Sequence[tuple[str, str]]) -> None:
    """These sub-processors were permitted to touch these clients' data."""
    await tx.execute(
        """
        INSERT INTO client_subprocessor (client_id, subprocessor_id)
        SELECT * FROM unnest($1::text[], $2::text[])
            ON CONFLICT DO NOTHING
        """,
        [client_id for client_id, _ in pairs],
        [subprocessor_id for _, subprocessor_id in pairs],
    )


async def place_hold(tx: Transaction, hold: HoldPlaced) -> None:
    """A hold; said again, it is another. One of another client's is left alone."""
    await tx.execute(
        """
        INSERT INTO hold (hold_id, client_id, categories, until) VALUES ($1, $2, $3, $4)
            ON CONFLICT (hold_id) DO UPDATE SET categories = excluded.categories, until = excluded.until
         WHERE hold.client_id = excluded.client_id AND hold.lifted_at IS NULL
        """,
        hold.hold_id,
        hold.client_id,
        hold.categories,
        hold.until,
    )


async def lift_hold(tx: Transaction, hold: HoldLifted) -> None:
    """A hold is over."""
    await tx.execute(
        "UPDATE hold SET lifted_at = $3 WHERE hold_id = $1 AND client_id = $2", hold.hold_id, hold.client_id, tx.now
    )


async def load_keepers(tx: Transaction, client_id: str) -> list[Keeper]:
    """Who may hold this client's data: own systems, and sub-processors that were ever permitted to."""
    rows = await tx.fetch(
        """
        SELECT holder_id, categories
          FROM keeper
         WHERE retired_at IS NULL
           AND (subprocessor_id IS NULL
                OR subprocessor_id IN (SELECT subprocessor_id FROM client_subprocessor WHERE client_id = $1))
         ORDER BY holder_id
        """,
        client_id,
    )
    return [Keeper(row["holder_id"], frozenset(row["categories"])) for row in rows]


async def load_holds(tx: Transaction, client_id: str) -> list[Hold]:
    """What keeps this client's data from being deleted."""
    rows = await tx.fetch(
        "SELECT hold_id, categories, until FROM hold WHERE client_id = $1 AND lifted_at IS NULL ORDER BY hold_id",
        client_id,
    )
    return [Hold(row["hold_id"], frozenset(row["categories"]), row["until"]) for row in rows]
