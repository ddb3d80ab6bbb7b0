"""The clients: what binds each, and what it can be recognised by."""

from agreement.book import Signed
from chassis.transaction import Transaction
from requests_desk.matching import CANDIDATES, Known, Names


async def save_client(tx: Transaction, client: Known, name: str, signed: Signed) -> None:
    """A client, and the version that binds it."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name, agreement_id, agreement_version, called, words, domain)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (client_id) DO UPDATE
           SET name = excluded.name, agreement_id = excluded.agreement_id,
               agreement_version = excluded.agreement_version, called = excluded.called, words = excluded.words,
               domain = excluded.domain
        """,
        client.client_id,
        name,
        signed.agreement_id,
        signed.version,
        client.called,
        client.words,
        client.domain,
    )


async def set_domain(tx: Transaction, client_id: str, domain: str) -> None:
    """Its contact writes from elsewhere."""
    await tx.execute("UPDATE client SET domain = $2 WHERE client_id = $1", client_id, domain)


async def load_signed(tx: Transaction, client_id: str) -> Signed | None:
    """What binds a client; None: nobody here knows it."""
    row = await tx.fetchrow("SELECT agreement_id, agreement_version FROM client WHERE client_id = $1", client_id)
    return None if row is None else Signed(*row)


async def bind(tx: Transaction, client_id: str, version: str) -> None:
    """§15: another version binds the client."""
    await tx.execute("UPDATE client SET agreement_version = $2 WHERE client_id = $1", client_id, version)


async def load_known(tx: Transaction, names: Names) -> list[Known]:
    """Clients that bear one of these names, a word of them, or write from one of these domains; whole names first."""
    rows = await tx.fetch(
        f"""
        SELECT client_id, called, words, domain
          FROM client
         WHERE called = ANY ($1::text[]) OR domain = ANY ($2::text[]) OR words && $3::text[]
         ORDER BY called = ANY ($1::text[]) DESC, domain = ANY ($2::text[]) DESC, client_id
         LIMIT {2 * CANDIDATES}
        """,
        names.called,
        names.domains,
        names.words,
    )
    return [Known(row[0], row[1], tuple(row[2]), row[3]) for row in rows]
