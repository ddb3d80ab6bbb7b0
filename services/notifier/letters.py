"""Letters, which people send: what is to be posted, where to, and what came of it (§15)."""

from dataclasses import dataclass
from datetime import datetime

from agreement.book import Signed
from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from notifier.asking import Place
from notifier.content import Addressed
from notifier.notices import spoken
from notifier.views import LetterView


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter; once posted it keeps the address that it went to."""

    delivery_id: str
    notice_id: str
    client_id: str
    status: str
    noticed_at: datetime
    postal_address: str | None
    signed: Signed
    addressed: Addressed


async def letters(pool: Pool, *, status: str, after: Place | None, limit: int) -> list[LetterView]:
    """The letters of a status after a place, the longest waiting first."""
    rows = await pool.fetch(
        """
        SELECT delivery_id, notice_id, client_id, name AS client_name, contact_name, postal_address, about, kind,
               status, delivery.created_at, deadline_at
          FROM delivery JOIN notice USING (notice_id) JOIN notice_order USING (order_id) JOIN client USING (client_id)
         WHERE channel = 'post' AND status = $1
           AND ($2::timestamptz IS NULL OR (delivery.created_at, delivery_id) > ($2, $3))
         ORDER BY delivery.created_at, delivery_id
         LIMIT $4
        """,
        status,
        *(after or (None, None)),
        limit,
    )
    return [LetterView(**dict(row)) for row in rows]


async def letter(connection: Pool | Connection, delivery_id: str) -> Letter | None:
    """One letter; None where the delivery is none."""
    row = await connection.fetchrow(
        """
        SELECT delivery_id, notice_id, client_id, delivery.status, notice.created_at AS noticed_at, kind, clause, facts,
               name, contact_name, language, agreement_id, agreement_version,
               CASE delivery.status WHEN 'pending' THEN postal_address ELSE coalesce(
                   (SELECT address FROM attempt WHERE attempt.delivery_id = $1 ORDER BY nth DESC LIMIT 1),
                   postal_address) END AS postal_address
          FROM delivery JOIN notice USING (notice_id) JOIN notice_order USING (order_id) JOIN client USING (client_id)
         WHERE delivery_id = $1 AND channel = 'post'
        """,
        delivery_id,
    )
    if row is None:
        return None
    signed, addressed = spoken(row)
    return Letter(
        delivery_id=row["delivery_id"],
        notice_id=row["notice_id"],
        client_id=row["client_id"],
        status=row["status"],
        noticed_at=row["noticed_at"],
        postal_address=row["postal_address"],
        signed=signed,
        addressed=addressed,
    )


async def record_posting(tx: Transaction, delivery_id: str, status: str, address: str, proof: str) -> None:
    """A letter went to this address, or its record came back: one attempt more, and where the delivery stands."""
    await tx.execute(
        """
        WITH letter AS (
            UPDATE delivery SET status = $2, attempts = attempts + 1 WHERE delivery_id = $1
            RETURNING delivery_id, attempts
        )
        INSERT INTO attempt (delivery_id, nth, at, address, ok, latency_ms, answer)
        SELECT delivery_id, attempts, $3, $4, true, 0, $5
          FROM letter
        """,
        delivery_id,
        status,
        tx.now,
        address,
        proof,
    )
