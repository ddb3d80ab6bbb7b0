"""What people read of the directory: who a client is, and its contacts, each for its time (§3.1, §15)."""

import asyncpg

from chassis.database import Connection, Pool
from notifier.views import ClientView, ContactPeriod, ContactView


async def clients(pool: Pool, *, after: str | None, limit: int) -> list[ClientView]:
    """The clients by their ids, after one of them."""
    rows = await pool.fetch(
        """
        SELECT client_id, name, agreement_id, agreement_version, active_until, contact_name, email, postal_address,
               language
          FROM client
         WHERE $1::text IS NULL OR client_id > $1
         ORDER BY client_id
         LIMIT $2
        """,
        after,
        limit,
    )
    return [_client(row) for row in rows]


async def client(pool: Pool | Connection, client_id: str) -> ClientView | None:
    """One client with the contact in force."""
    row = await pool.fetchrow(
        """
        SELECT client_id, name, agreement_id, agreement_version, active_until, contact_name, email, postal_address,
               language
          FROM client
         WHERE client_id = $1
        """,
        client_id,
    )
    return _client(row) if row else None


async def contacts(pool: Pool, client_id: str) -> list[ContactPeriod]:
    """Every contact that a client ever had, the newest first."""
    rows = await pool.fetch(
        """
        SELECT contact_name AS name, email, postal_address, language, valid_from,
               lead(valid_from) OVER (ORDER BY valid_from) AS valid_until
          FROM contact
         WHERE client_id = $1
         ORDER BY valid_from DESC
        """,
        client_id,
    )
    return [ContactPeriod(**dict(row)) for row in rows]


def _client(row: asyncpg.Record) -> ClientView:
    return ClientView(
        client_id=row["client_id"],
        name=row["name"],
        agreement_id=row["agreement_id"],
        agreement_version=row["agreement_version"],
        active_until=row["active_until"],
        contact=ContactView(
            name=row["contact_name"],
            email=row["email"],
            postal_address=row["postal_address"],
            language=row["language"],
        ),
    )
