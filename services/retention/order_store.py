"""Orders to holders: said, reminded of, answered (§8.3, Appendix A)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chassis.transaction import Transaction
from contracts.cease import CeaseOrdered
from contracts.erasure import ErasureCheckOrdered, ErasureOrdered
from contracts.event import Event
from contracts.ordering import HolderOrder, Purpose
from contracts.retention import OrderKind
from contracts.returning import ReturnOrdered
from retention.terminations import Order

KINDS: dict[OrderKind, type[HolderOrder]] = {
    OrderKind.CEASE: CeaseOrdered,
    OrderKind.RETURN: ReturnOrdered,
    OrderKind.ERASURE: ErasureOrdered,
    OrderKind.CHECK: ErasureCheckOrdered,
}


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that is about to be said."""

    order_id: str
    kind: OrderKind
    purpose: Purpose
    event: HolderOrder
    client_ids: tuple[str, ...]
    termination_id: str | None = None

    @property
    def category(self) -> str | None:
        """The category that it is about; None where it is about several."""
        return self.event.category if isinstance(self.event, ErasureOrdered | ErasureCheckOrdered) else None


async def insert_orders(tx: Transaction, orders: Sequence[Placed]) -> None:
    """Keep what is ordered until it is answered."""
    await tx.execute(
        """
        INSERT INTO holder_order (order_id, kind, purpose, holder_id, category, client_ids, termination_id, said,
                                  ordered_at, due_at, state, clause)
        SELECT order_id, kind, purpose, holder_id, category, string_to_array(client_ids, ' '), termination_id, said, $9,
               due_at, 'open', clause
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                      $10::timestamptz[], $11::text[])
               AS each (order_id, kind, purpose, holder_id, category, client_ids, termination_id, said, due_at, clause)
        """,
        [order.order_id for order in orders],
        [order.kind for order in orders],
        [order.purpose for order in orders],
        [order.event.holder_id for order in orders],
        [order.category for order in orders],
        [" ".join(order.client_ids) for order in orders],
        [order.termination_id for order in orders],
        [order.event.model_dump_json() for order in orders],
        tx.now,
        [order.event.due_at for order in orders],
        [order.event.clause for order in orders],
    )


_ORDER = """
    SELECT order_id, kind, purpose, holder_id, category, client_ids, termination_id, due_at, reminders,
           state, state IN ('open', 'halted', 'unreachable') AS open, escalated_at IS NOT NULL AS escalated
      FROM holder_order
"""


async def lock_order(tx: Transaction, order_id: str) -> Order | None:
    """An order, and no other answer to it until the commit."""
    row = await tx.fetchrow(f"{_ORDER} WHERE order_id = $1 FOR UPDATE", order_id)
    return None if row is None else _order(row)


async def load_order(tx: Transaction, order_id: str) -> Order | None:
    """An order as it stands."""
    row = await tx.fetchrow(f"{_ORDER} WHERE order_id = $1", order_id)
    return None if row is None else _order(row)


async def load_open(
    tx: Transaction, client_id: str, kinds: Sequence[OrderKind], categories: Sequence[str] | None = None
) -> list[Order]:
    """The orders about a client that run, of these kinds, of these categories or all."""
    rows = await tx.fetch(
        f"""
        {_ORDER}
         WHERE state = 'open' AND client_ids @> ARRAY [$1::text] AND kind = ANY ($2::text[])
           AND ($3::text[] IS NULL OR category = ANY ($3))
         ORDER BY order_id
           FOR UPDATE
        """,
        client_id,
        list(kinds),
        categories,
    )
    return [_order(row) for row in rows]


async def load_ceased(tx: Transaction, termination_id: str) -> list[tuple[str, str]]:
    """Who was told to cease, each with the order."""
    rows = await tx.fetch(
        "SELECT holder_id, order_id FROM holder_order WHERE termination_id = $1 AND kind = 'cease' ORDER BY 1",
        termination_id,
    )
    return [(row[0], row[1]) for row in rows]


async def load_told(tx: Transaction, termination_id: str, holder_id: str) -> set[OrderKind]:
    """What a holder was ordered to do for a termination."""
    rows = await tx.fetch(
        "SELECT DISTINCT kind FROM holder_order WHERE termination_id = $1 AND holder_id = $2", termination_id, holder_id
    )
    return {OrderKind(row[0]) for row in rows}


async def load_said(tx: Transaction, order_id: str) -> HolderOrder | None:
    """The order in its own words, while it is not answered."""
    row = await tx.fetchrow("SELECT kind, said FROM holder_order WHERE order_id = $1 AND state = 'open'", order_id)
    return None if row is None else KINDS[OrderKind(row["kind"])].model_validate_json(row["said"])


async def note_reminder(tx: Transaction, order_id: str, nth: int, *, escalated: bool) -> None:
    """The holder was reminded; once it is escalated, people were told."""
    await tx.execute(
        """
        UPDATE holder_order
           SET reminders = $2, escalated_at = CASE WHEN $3 THEN coalesce(escalated_at, $4) ELSE escalated_at END
         WHERE order_id = $1
        """,
        order_id,
        nth,
        escalated,
        tx.now,
    )


async def note_failure(tx: Transaction, order_id: str, reason: str) -> None:
    """The holder can't, as things are; the order stands, and people were told."""
    await tx.execute(
        "UPDATE holder_order SET failure = $2, escalated_at = coalesce(escalated_at, $3) WHERE order_id = $1",
        order_id,
        reason,
        tx.now,
    )


async def answer(tx: Transaction, order_id: str, said: Event) -> None:
    """The holder has answered; the order's own words are kept where a restored backup may call for them again.

    Of what goes day by day a page of clients is forgotten: there are as many of them as there are days.
    """
    await tx.execute(
        """
        UPDATE holder_order
           SET state = 'answered', answered_at = $2, answer = $3, failure = NULL,
               said = CASE WHEN purpose = 'desynchronisation' THEN said END,
               client_ids = CASE WHEN purpose = 'rolling' THEN '{}' ELSE client_ids END
         WHERE order_id = $1
        """,
        order_id,
        tx.now,
        said.model_dump_json(),
    )


async def halt(tx: Transaction, order_ids: Sequence[str], state: str = "halted") -> None:
    """These orders are stopped (`halted`: their holders may still say how far they came) or `withdrawn`."""
    await tx.execute("UPDATE holder_order SET state = $2 WHERE order_id = ANY ($1::text[])", order_ids, state)


async def narrow(tx: Transaction, said: ErasureOrdered | ErasureCheckOrdered) -> None:
    """An order about many clients goes on about these alone."""
    await tx.execute(
        "UPDATE holder_order SET client_ids = $2, said = $3 WHERE order_id = $1",
        said.order_id,
        [scope.client_id for scope in said.scopes],
        said.model_dump_json(),
    )


async def load_desynchronised(tx: Transaction, holder_id: str, since: datetime) -> list[ErasureOrdered]:
    """What a holder has erased since then because a client ended a synchronisation, as it was ordered."""
    rows = await tx.fetch(
        """
        SELECT said
          FROM holder_order
         WHERE purpose = 'desynchronisation' AND kind = 'erasure' AND holder_id = $1 AND answered_at >= $2
         ORDER BY order_id
        """,
        holder_id,
        since,
    )
    return [ErasureOrdered.model_validate_json(row["said"]) for row in rows]


def _order(row: asyncpg.Record) -> Order:
    return Order(
        order_id=row["order_id"],
        kind=OrderKind(row["kind"]),
        holder_id=row["holder_id"],
        category=row["category"],
        client_ids=tuple(row["client_ids"]),
        termination_id=row["termination_id"],
        purpose=Purpose(row["purpose"]),
        is_open=row["open"],
        due_at=row["due_at"],
        reminders=row["reminders"],
        escalated=row["escalated"],
        state=row["state"],
    )
