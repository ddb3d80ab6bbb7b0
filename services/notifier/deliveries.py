"""Deliveries as people read them, every attempt included, and sending one again."""

from datetime import datetime
from typing import Final

import asyncpg

from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from notifier.asking import Place
from notifier.views import AttemptView, DeliveryStatus, DeliveryView

_COLUMNS: Final = """
    delivery_id, notice_id, client_id, about, kind, channel, endpoint_id, status, attempts,
    CASE WHEN status = 'pending' AND channel <> 'post' THEN next_attempt_at END AS next_attempt_at,
    delivery.created_at
"""
_DELIVERIES: Final = f"""
    SELECT {_COLUMNS} FROM delivery JOIN notice USING (notice_id) JOIN notice_order USING (order_id)
"""

_OF_CLIENT: Final = f"""
    SELECT {_COLUMNS}
      FROM notice
      JOIN notice_order USING (order_id)
     CROSS JOIN LATERAL (SELECT delivery_id, channel, endpoint_id, status, attempts, next_attempt_at, created_at
                           FROM delivery
                          WHERE delivery.notice_id = notice.notice_id
                         OFFSET 0) AS delivery
"""
"""The same by way of the client's notices, and no other way: by time, whoever was told little lately would cost a
reading of all that everybody was told since."""

_STANDS: Final[dict[DeliveryStatus | None, str]] = {
    None: "true",
    "pending": "(status = 'pending' AND channel <> 'post' OR status = 'pending' AND channel = 'post')",
    "posted": "status = 'posted' AND channel = 'post'",
    "delivered": "status = 'delivered'",
    "failed": "status = 'failed'",
}
"""Said as the partial indexes say it: those that wait are few among all that ever were."""


async def deliveries(
    pool: Pool,
    *,
    client_id: str | None,
    notice_id: str | None,
    order_id: str | None = None,
    status: DeliveryStatus | None,
    before: Place | None,
    limit: int,
) -> list[DeliveryView]:
    """The newest deliveries before a place; None: of every client, notice and order, whatever became of them."""
    rows = await pool.fetch(
        f"""
        {_DELIVERIES if client_id is None else _OF_CLIENT}
         WHERE ($1::text IS NULL OR client_id = $1)
           AND ($2::text IS NULL OR notice_id = $2)
           AND ($3::text IS NULL OR order_id = $3)
           AND {_STANDS[status]}
           AND ($4::timestamptz IS NULL OR (delivery.created_at, delivery_id) < ($4, $5))
         ORDER BY delivery.created_at DESC, delivery_id DESC
         LIMIT $6
        """,
        client_id,
        notice_id,
        order_id,
        *(before or (None, None)),
        limit,
    )
    return [_delivery(row) for row in rows]


async def one(connection: Pool | Connection, delivery_id: str) -> DeliveryView | None:
    """One delivery."""
    row = await connection.fetchrow(f"{_DELIVERIES} WHERE delivery_id = $1", delivery_id)
    return _delivery(row) if row else None


async def locked(tx: Transaction, delivery_id: str) -> DeliveryView | None:
    """One delivery, for this transaction alone until it ends."""
    row = await tx.fetchrow(f"{_DELIVERIES} WHERE delivery_id = $1 FOR UPDATE OF delivery", delivery_id)
    return _delivery(row) if row else None


async def attempts(pool: Pool, delivery_id: str) -> list[AttemptView]:
    """Every attempt of a delivery, the first one first."""
    rows = await pool.fetch(
        """
        SELECT nth, at, address, ok, status, latency_ms, answer, reason
          FROM attempt
         WHERE delivery_id = $1
         ORDER BY nth
        """,
        delivery_id,
    )
    return [AttemptView(**dict(row)) for row in rows]


async def send_again(tx: Transaction, delivery_id: str) -> None:
    """It is due now, whatever became of it."""
    await tx.execute(
        "UPDATE delivery SET status = 'pending', next_attempt_at = $2 WHERE delivery_id = $1", delivery_id, tx.now
    )


async def is_disabled(tx: Transaction, endpoint_id: str) -> bool:
    """Whether nothing goes to this endpoint any more."""
    disabled_at: datetime | None = await tx.fetchval(
        "SELECT disabled_at FROM endpoint WHERE endpoint_id = $1", endpoint_id
    )
    return disabled_at is not None


def _delivery(row: asyncpg.Record) -> DeliveryView:
    return DeliveryView(**dict(row))
