"""The client directory: who a client is, and the addresses in force, each with its history (§3.1, §15)."""

from datetime import date

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.client import ClientSigned, Contact


async def save_client(tx: Transaction, signed: ClientSigned, today: date) -> None:
    """A client and its contact, renewed by signing again; what it signed binds it from that day on."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name, agreement_id, agreement_version, contact_name, email, postal_address,
                            language)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (client_id) DO UPDATE
           SET name = excluded.name, contact_name = excluded.contact_name, email = excluded.email,
               postal_address = excluded.postal_address, language = excluded.language, active_until = NULL
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
    await bind(tx, signed.client_id, Signed(signed.agreement_id, signed.agreement_version), signed.signed_on, today)


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


async def load_agreement(tx: Transaction, client_id: str) -> str | None:
    """The agreement of which the client signed a version last; None: there is no such client."""
    agreement_id: str | None = await tx.fetchval(
        "SELECT agreement_id FROM signature WHERE client_id = $1 ORDER BY signed_on DESC, seq DESC LIMIT 1", client_id
    )
    return agreement_id


async def bind(tx: Transaction, client_id: str, version: Signed, signed_on: date, today: date) -> None:
    """§15: a client is bound to a version from its signature on; of two words on the same day the later one holds."""
    await tx.execute(
        "INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version) VALUES ($1, $2, $3, $4)",
        client_id,
        signed_on,
        version.agreement_id,
        version.version,
    )
    await tx.execute(REBIND, [client_id], today)


# §15: these clients ($1) are bound to what they signed last by today ($2); before a first signature's day, to that one.
REBIND = """
    UPDATE client SET agreement_id = bound.agreement_id, agreement_version = bound.agreement_version
      FROM (SELECT DISTINCT ON (client_id) client_id, agreement_id, agreement_version
              FROM signature
             WHERE client_id = ANY ($1::text[])
             ORDER BY client_id, signed_on > $2, abs(signed_on - $2::date), seq DESC) AS bound
     WHERE client.client_id = bound.client_id
       AND (client.agreement_id, client.agreement_version) <> (bound.agreement_id, bound.agreement_version)
    """


async def end(tx: Transaction, client_id: str, on: date | None) -> bool:
    """The contract ends on `on`, or goes on; what the client is owed it is told. False: no such client."""
    status = await tx.execute("UPDATE client SET active_until = $2 WHERE client_id = $1", client_id, on)
    return not status.endswith(" 0")
