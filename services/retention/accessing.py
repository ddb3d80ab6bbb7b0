"""TER-4: whether a client's data may be processed; each refusal is recorded with who asked, and what for."""

from agreement.book import Book
from agreement.deadlines import local_date
from chassis.errors import Rejected
from chassis.transaction import Transaction
from retention import client_store, hold_store, termination_store
from retention.processing import weigh_access
from retention.views import AccessBody


async def check(book: Book, body: AccessBody, tx: Transaction) -> str | None:
    """None: they may; else why not."""
    client = await client_store.load_client(tx, body.client_id, local_date(book.latest, tx.now))
    if client is None:
        raise Rejected(f"client {body.client_id!r} is unknown", "client_id")
    current = await termination_store.load_current(tx, body.client_id)
    holds = (await hold_store.load_holds(tx, [body.client_id])).get(body.client_id, [])
    agreement = book[current[1] if current else client.signed]
    refused = weigh_access(agreement, current[0] if current else None, holds, body.category, tx.now)
    if refused is not None:
        await tx.execute(
            """
            INSERT INTO access_check (check_id, client_id, category, asked_by, purpose, asked_at, reason)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (check_id) DO NOTHING
            """,
            tx.cause.derive("access-check"),
            body.client_id,
            body.category,
            body.asked_by,
            body.purpose,
            tx.now,
            refused,
        )
    return refused
