"""What may not be deleted for a while (§8.3): holds that were placed, and their end."""

from collections.abc import Sequence

import asyncpg

from chassis.transaction import Transaction
from contracts.hold import HoldLifted, HoldPlaced
from retention.planning import Hold


async def place(tx: Transaction, placed: HoldPlaced) -> bool:
    """Keep a hold; the same one again changes it. False: the id is another client's, or the hold is over."""
    status = await tx.execute(
        """
        INSERT INTO hold (hold_id, client_id, kind, categories, legal_basis, reason, placed_by, until, placed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (hold_id) DO UPDATE
           SET kind = excluded.kind, categories = excluded.categories, legal_basis = excluded.legal_basis,
               reason = excluded.reason, placed_by = excluded.placed_by, until = excluded.until
         WHERE hold.client_id = excluded.client_id AND hold.lifted_at IS NULL
        """,
        placed.hold_id,
        placed.client_id,
        placed.kind,
        list(placed.categories),
        placed.legal_basis,
        placed.reason,
        placed.placed_by,
        placed.until,
        tx.now,
    )
    return not status.endswith(" 0")


async def lift(tx: Transaction, lifted: HoldLifted) -> bool:
    """A hold is over; False if this client has no such hold that stands."""
    status = await tx.execute(
        """
        UPDATE hold SET lifted_at = $3, lifted_by = $4, lifted_why = $5
         WHERE hold_id = $1 AND client_id = $2 AND lifted_at IS NULL
        """,
        lifted.hold_id,
        lifted.client_id,
        tx.now,
        lifted.lifted_by,
        lifted.reason,
    )
    return not status.endswith(" 0")


async def load_holds(tx: Transaction, client_ids: Sequence[str]) -> dict[str, list[Hold]]:
    """The holds that stand on these clients' data, in the order of their placing; those that ran out keep nothing."""
    rows = await tx.fetch(
        """
        SELECT client_id, hold_id, categories, legal_basis, until
          FROM hold
         WHERE client_id = ANY ($1::text[]) AND lifted_at IS NULL
         ORDER BY placed_at, hold_id
        """,
        client_ids,
    )
    found: dict[str, list[Hold]] = {}
    for row in rows:
        found.setdefault(row["client_id"], []).append(_hold(row))
    return found


def _hold(row: asyncpg.Record) -> Hold:
    return Hold(row["hold_id"], frozenset(row["categories"]), row["legal_basis"], row["until"])
