"""Webhook endpoints and their secrets: registered, rotated, disabled. Only a claim for delivery reads a secret back."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from notifier.views import EndpointView

_ENDPOINTS = """
    SELECT endpoint_id, client_id, url, description, created_at, disabled_at, reason,
           (SELECT max(expires_at) FROM endpoint_secret
             WHERE endpoint_secret.endpoint_id = endpoint.endpoint_id AND expires_at > $2) AS overlap_until
      FROM endpoint
"""


async def of_client(pool: Pool, client_id: str, now: datetime) -> list[EndpointView]:
    """A client's endpoints, the disabled ones too, the oldest first."""
    rows = await pool.fetch(f"{_ENDPOINTS} WHERE client_id = $1 ORDER BY created_at, endpoint_id", client_id, now)
    return [EndpointView(**dict(row)) for row in rows]


async def one(connection: Pool | Connection, endpoint_id: str, now: datetime) -> EndpointView | None:
    """One endpoint, disabled or not."""
    row = await connection.fetchrow(f"{_ENDPOINTS} WHERE endpoint_id = $1", endpoint_id, now)
    return EndpointView(**dict(row)) if row else None


async def locked(tx: Transaction, endpoint_id: str) -> EndpointView | None:
    """One endpoint, for this transaction alone until it ends."""
    row = await tx.fetchrow(f"{_ENDPOINTS} WHERE endpoint_id = $1 FOR UPDATE OF endpoint", endpoint_id, tx.now)
    return EndpointView(**dict(row)) if row else None


async def register(tx: Transaction, endpoint_id: str, client_id: str, url: str, description: str | None) -> bool:
    """A new endpoint; False if it is there."""
    status = await tx.execute(
        """
        INSERT INTO endpoint (endpoint_id, client_id, url, description, created_at)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
        """,
        endpoint_id,
        client_id,
        url,
        description,
        tx.now,
    )
    return not status.endswith(" 0")


async def add_secret(tx: Transaction, endpoint_id: str, secret: str, closed: bytes) -> None:
    """From now on this secret signs; it is kept closed, and in plain while processes that know no other way may run."""
    await tx.execute(
        """
        INSERT INTO endpoint_secret (endpoint_id, secret, closed, created_at)
        SELECT $1, CASE WHEN NOT is_so THEN $2 END, CASE WHEN is_so THEN $3::bytea END, $4
          FROM (SELECT EXISTS (SELECT FROM only_closed) AS is_so) AS closed_alone
        """,
        endpoint_id,
        secret,
        closed,
        tx.now,
    )


async def expire_secrets(tx: Transaction, endpoint_id: str, at: datetime) -> None:
    """The secrets that sign now do so until `at`, those that end before as they did; the ended ones are forgotten."""
    await tx.execute("DELETE FROM endpoint_secret WHERE endpoint_id = $1 AND expires_at <= $2", endpoint_id, tx.now)
    await tx.execute(
        "UPDATE endpoint_secret SET expires_at = least(expires_at, $2) WHERE endpoint_id = $1", endpoint_id, at
    )


async def secrets_in_force(tx: Transaction, endpoint_id: str) -> int:
    """How many secrets sign now."""
    number: int = await tx.fetchval(
        "SELECT count(*) FROM endpoint_secret WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > $2)",
        endpoint_id,
        tx.now,
    )
    return number


async def enable(tx: Transaction, endpoint_id: str) -> None:
    """New notices go there again."""
    await tx.execute("UPDATE endpoint SET disabled_at = NULL, reason = NULL WHERE endpoint_id = $1", endpoint_id)


async def disable(tx: Transaction, endpoint_id: str, reason: str) -> Sequence[str]:
    """Nothing goes there any more, what is under way neither; return the notices that were."""
    await tx.execute(
        "UPDATE endpoint SET disabled_at = $2, reason = $3 WHERE endpoint_id = $1 AND disabled_at IS NULL",
        endpoint_id,
        tx.now,
        reason,
    )
    rows = await tx.fetch(
        """
        UPDATE delivery SET status = 'failed'
         WHERE endpoint_id = $1 AND status = 'pending' AND channel <> 'post'
        RETURNING notice_id
        """,
        endpoint_id,
    )
    return [row["notice_id"] for row in rows]
