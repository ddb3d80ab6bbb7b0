"""Clients, what binds them, and what was heard of them: marks, ends of contracts, breaches that they were told of."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from agreement.book import Signed
from assurance.words import Client
from chassis.database import Pool
from chassis.transaction import Transaction

_CLIENT = """
    SELECT client.client_id, competitor, ended_on, agreement_id, agreement_version
      FROM client
      LEFT JOIN ending USING (client_id)
     CROSS JOIN LATERAL (SELECT agreement_id, agreement_version
                           FROM signature
                          WHERE signature.client_id = client.client_id
                          ORDER BY signed_on > $2, CASE WHEN signed_on <= $2 THEN signed_on END DESC,
                                   CASE WHEN signed_on > $2 THEN signed_on END, seq DESC
                          LIMIT 1) AS bound
     WHERE client.client_id = $1
"""
"""§15: bound by what was signed last by a day; before that, by the first that is to come."""


async def save_client(tx: Transaction, client_id: str, name: str, signed: Signed, signed_on: date) -> None:
    """A client signed a version, which binds it from a day on."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name) VALUES ($1, $2)
            ON CONFLICT (client_id) DO UPDATE SET name = excluded.name
        """,
        client_id,
        name,
    )
    await sign(tx, client_id, signed, signed_on)


async def sign(tx: Transaction, client_id: str, signed: Signed, signed_on: date) -> None:
    """Another version binds the client from a day on (§15)."""
    await tx.execute(
        """
        INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version) VALUES ($1, $2, $3, $4)
        """,
        client_id,
        signed_on,
        signed.agreement_id,
        signed.version,
    )


async def lock_client(tx: Transaction, client_id: str, today: date) -> Client | None:
    """The client as it stands on a day, and no other decision about its matters until the commit."""
    row = await tx.fetchrow(f"{_CLIENT} FOR UPDATE OF client", client_id, today)
    return None if row is None else _client(row)


async def load_client(pool: Pool, client_id: str, today: date) -> Client | None:
    """The client as it stands on a day."""
    row = await pool.fetchrow(_CLIENT, client_id, today)
    return None if row is None else _client(row)


async def mark_competitor(tx: Transaction, client_id: str, reason: str | None) -> bool:
    """Why it counts as a competitor, None where it doesn't; False: there is no such client."""
    status = await tx.execute("UPDATE client SET competitor = $2 WHERE client_id = $1", client_id, reason)
    return not status.endswith(" 0")


async def set_ending(tx: Transaction, client_id: str, ended_on: date) -> None:
    """The contract ends with a day."""
    await tx.execute(
        """
        INSERT INTO ending (client_id, ended_on) VALUES ($1, $2)
            ON CONFLICT (client_id) DO UPDATE SET ended_on = excluded.ended_on
        """,
        client_id,
        ended_on,
    )


async def forget_ending(tx: Transaction, client_id: str) -> None:
    """The contract goes on."""
    await tx.execute("DELETE FROM ending WHERE client_id = $1", client_id)


async def note_breach(tx: Transaction, incident_id: str, client_ids: Sequence[str], told_at: datetime) -> None:
    """A notice of a breach went out to these clients."""
    await tx.execute(
        """
        INSERT INTO told_breach (client_id, incident_id, told_at) SELECT client_id, $2, $3
          FROM unnest($1::text[]) AS client_id
            ON CONFLICT DO NOTHING
        """,
        client_ids,
        incident_id,
        told_at,
    )


def _client(row: asyncpg.Record) -> Client:
    signed = Signed(row["agreement_id"], row["agreement_version"])
    return Client(row["client_id"], signed, row["competitor"], row["ended_on"])
