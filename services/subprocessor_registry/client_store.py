"""The clients, and the version of the agreement that binds each (§15)."""

from datetime import date

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.client import ClientAmended, ClientSigned


async def insert_client(tx: Transaction, signed: ClientSigned) -> bool:
    """Enter a client and its signature; False if it is one already and only signed again."""
    status = await tx.execute(
        """
        INSERT INTO client (client_id, name, recorded_at)
        VALUES ($1, $2, $3)
            ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, active_until = NULL
         WHERE client.active_until IS NOT NULL
        """,
        signed.client_id,
        signed.name,
        tx.now,
    )
    await _insert_signature(tx, signed.client_id, signed.signed_on, signed.agreement_id, signed.agreement_version)
    return not status.endswith(" 0")


async def insert_amendment(tx: Transaction, amended: ClientAmended) -> bool:
    """§15: the client is bound to another version from its signature on; False if there is no such client."""
    agreement_id = await tx.fetchval(
        "SELECT agreement_id FROM signature WHERE client_id = $1 ORDER BY signed_on DESC, recorded_at DESC LIMIT 1",
        amended.client_id,
    )
    if agreement_id is None:
        return False
    await _insert_signature(tx, amended.client_id, amended.signed_on, agreement_id, amended.agreement_version)
    return True


async def _insert_signature(tx: Transaction, client_id: str, signed_on: date, agreement_id: str, version: str) -> None:
    await tx.execute(
        """
        INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version, recorded_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        client_id,
        signed_on,
        agreement_id,
        version,
        tx.now,
    )


async def end_client(tx: Transaction, client_id: str, on: date | None) -> bool:
    """The client's contract ends on `on`, or goes on; False if there is no such client."""
    status = await tx.execute("UPDATE client SET active_until = $2 WHERE client_id = $1", client_id, on)
    return not status.endswith(" 0")


async def load_last_signed(tx: Transaction, client_id: str) -> tuple[Signed, date] | None:
    """The version that binds a client, and since when."""
    row = await tx.fetchrow(
        """
        SELECT agreement_id, agreement_version, signed_on
          FROM signature
         WHERE client_id = $1
         ORDER BY signed_on DESC, recorded_at DESC
         LIMIT 1
        """,
        client_id,
    )
    return None if row is None else (Signed(row[0], row[1]), row[2])


ACTIVE = """
    SELECT DISTINCT ON (client_id) client_id, agreement_id, agreement_version
      FROM client JOIN signature USING (client_id)
     WHERE (active_until IS NULL OR active_until > $1) AND signed_on <= $1
     ORDER BY client_id, signed_on DESC, signature.recorded_at DESC
"""


async def load_signed(tx: Transaction, on: date) -> list[Signed]:
    """The agreement versions that active clients are bound to on a day."""
    rows = await tx.fetch(
        f"SELECT DISTINCT agreement_id, agreement_version FROM ({ACTIVE}) AS active ORDER BY 1, 2", on
    )
    return [Signed(row[0], row[1]) for row in rows]
