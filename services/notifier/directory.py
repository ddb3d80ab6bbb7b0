"""The client directory: who a client is, and the addresses in force, each with its history (§3.1, §15)."""

from datetime import date

from chassis.transaction import Transaction
from contracts.client import ClientSigned, Contact


async def save_client(tx: Transaction, signed: ClientSigned) -> None:
    """A client and its contact; signing again renews both."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name, agreement_id, agreement_version, contact_name, email, postal_address,
                            language)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (client_id) DO UPDATE
           SET name = excluded.name, agreement_id = excluded.agreement_id,
               agreement_version = excluded.agreement_version, contact_name = excluded.contact_name,
               email = excluded.email, postal_address = excluded.postal_address, language = excluded.language,
               active_until = NULL
        """,
        signed.client_id,
        signed.name,
        signed.agreement_id,
        signed.agreement_version,
        signed.contact.name,
        signed.contact.email,
        signed.contact.postal_address,
        signed.contact.language,
    )
    await _insert_contact(tx, signed.client_id, signed.contact)


async def change_contact(tx: Transaction, client_id: str, contact: Contact) -> bool:
    """From now on notices go there; False if there is no such client."""
    status = await tx.execute(
        """
        UPDATE client SET contact_name = $2, email = $3, postal_address = $4, language = $5
         WHERE client_id = $1
        """,
        client_id,
        contact.name,
        contact.email,
        contact.postal_address,
        contact.language,
    )
    if status.endswith(" 0"):
        return False
    await _insert_contact(tx, client_id, contact)
    return True


async def _insert_contact(tx: Transaction, client_id: str, contact: Contact) -> None:
    await tx.execute(
        """
        INSERT INTO contact (client_id, valid_from, contact_name, email, postal_address, language)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (client_id, valid_from) DO UPDATE
           SET contact_name = excluded.contact_name, email = excluded.email, postal_address = excluded.postal_address,
               language = excluded.language
        """,
        client_id,
        tx.now,
        contact.name,
        contact.email,
        contact.postal_address,
        contact.language,
    )


async def bind(tx: Transaction, client_id: str, version: str) -> str | None:
    """The client is bound to another version (§15) of the agreement returned; None if there is no such client."""
    agreement_id: str | None = await tx.fetchval(
        "UPDATE client SET agreement_version = $2 WHERE client_id = $1 RETURNING agreement_id", client_id, version
    )
    return agreement_id


async def end(tx: Transaction, client_id: str, on: date | None) -> bool:
    """The contract ends on `on`, or goes on; what the client is owed it is told. False: no such client."""
    status = await tx.execute("UPDATE client SET active_until = $2 WHERE client_id = $1", client_id, on)
    return not status.endswith(" 0")
