"""What people read of the directory: who a client is, and its contacts, each for its time (§3.1, §15)."""

from datetime import date

import asyncpg

from chassis.database import Connection, Pool
from notifier.views import ClientView, ContactPeriod, ContactView

# §15: what binds a client on a day ($1) is what it signed last by then, though no word of it has come since.
_CLIENTS = """
    SELECT client_id, name, coalesce(bound.agreement_id, client.agreement_id) AS agreement_id,
           coalesce(bound.agreement_version, client.agreement_version) AS agreement_version, active_until,
           contact_name, email, postal_address, language
      FROM client
      LEFT JOIN LATERAL (
            SELECT agreement_id, agreement_version FROM signature
             WHERE signature.client_id = client.client_id AND signed_on <= $1
             ORDER BY signed_on DESC, seq DESC
             LIMIT 1) AS bound ON true
    """


async def clients(pool: Pool, *, on: date, after: str | None, limit: int) -> list[ClientView]:
    """The clients by their ids, after one of them, as they stand on a day."""
    rows = await pool.fetch(
        f"{_CLIENTS} WHERE $2::text IS NULL OR client_id > $2 ORDER BY client_id LIMIT $3", on, after, limit
    )
    return [_client(row) for row in rows]


async def client(pool: Pool | Connection, client_id: str, on: date) -> ClientView | None:
    """One client with the contact in force, as it stands on a day."""
    row = await pool.fetchrow(f"{_CLIENTS} WHERE client_id = $2", on, client_id)
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
