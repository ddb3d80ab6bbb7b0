"""The clients, and the version of the agreement that binds each (§15)."""

from datetime import date

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.client import ClientSigned
from subprocessor_registry.signing import Contract


async def lock_contract(tx: Transaction, client_id: str) -> Contract | None:
    """A client's contract, kept from moving while this transaction decides; None: it never was a client."""
    row = await tx.fetchrow("SELECT active_until, renews_on FROM client WHERE client_id = $1 FOR UPDATE", client_id)
    return Contract(row["active_until"], row["renews_on"]) if row else None


async def insert_signature(tx: Transaction, signed: ClientSigned) -> None:
    """A client and its signature; of one that is known only the name may be new."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name, active_from, recorded_at)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (client_id) DO UPDATE SET name = excluded.name
        """,
        signed.client_id,
        signed.name,
        signed.signed_on,
        tx.now,
    )
    await bind(tx, signed.client_id, Signed(signed.agreement_id, signed.agreement_version), signed.signed_on)


async def begin_contract(tx: Transaction, client_id: str, on: date) -> None:
    """A contract runs from `on`, which may be yet to come; no end of it is known."""
    await tx.execute(
        "UPDATE client SET active_from = $2, active_until = NULL, renews_on = NULL WHERE client_id = $1", client_id, on
    )


async def continue_contract(tx: Transaction, client_id: str) -> None:
    """The contract will not end after all."""
    await tx.execute("UPDATE client SET active_until = NULL, renews_on = NULL WHERE client_id = $1", client_id)


async def renew_contract(tx: Transaction, client_id: str, on: date) -> None:
    """After the end that is to come, a contract runs again from `on`."""
    await tx.execute("UPDATE client SET renews_on = $2 WHERE client_id = $1", client_id, on)


async def load_last_signed(tx: Transaction, client_id: str) -> Signed | None:
    """The version that a client signed last; None if there is no such client."""
    row = await tx.fetchrow(
        """
        SELECT agreement_id, agreement_version
          FROM signature
         WHERE client_id = $1
         ORDER BY signed_on DESC, recorded_at DESC, seq DESC
         LIMIT 1
        """,
        client_id,
    )
    return None if row is None else Signed(row[0], row[1])


async def bind(tx: Transaction, client_id: str, version: Signed, signed_on: date) -> None:
    """§15: a client is bound to a version from its signature on; of two words on the same day the later one holds."""
    await tx.execute(
        """
        INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version, recorded_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        client_id,
        signed_on,
        version.agreement_id,
        version.version,
        tx.now,
    )


async def end_contract(tx: Transaction, client_id: str, on: date) -> None:
    """The client's contract ends on `on`, and a renewal before that day with it."""
    await tx.execute(
        """
        UPDATE client SET active_until = $2, renews_on = CASE WHEN renews_on > $2 THEN renews_on END
         WHERE client_id = $1
        """,
        client_id,
        on,
    )


# One whose first day is yet to come is a client already: what is announced from now on is not on the list it signed.
ACTIVE = """
    SELECT DISTINCT ON (client_id) client_id, agreement_id, agreement_version
      FROM client JOIN signature USING (client_id)
     WHERE (active_until IS NULL OR active_until > $1) AND signed_on >= active_from
     ORDER BY client_id, signed_on > $1, abs(signed_on - $1::date), signature.recorded_at DESC, seq DESC
"""
