"""What people read of notices: to whom, about what, and whether they have it (§4.4, §15)."""

from dataclasses import dataclass

import asyncpg
from pydantic_core import from_json

from agreement.book import Signed
from chassis.database import Connection, Pool
from notifier.asking import Place
from notifier.content import Addressed
from notifier.views import NoticeView

_NOTICE = """
    notice_id, order_id, client_id, about, kind, clause, stage, created_at, escalate_at, deadline_at, received_at,
    receipt_channel, proof, failed_at,
    CASE WHEN received_at IS NOT NULL THEN 'received' WHEN failed_at IS NOT NULL THEN 'failed' ELSE 'under way' END
        AS state
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice, the version that binds its client, and what it says to it; a client may not be known yet."""

    notice: NoticeView
    facts: dict[str, str | list[str]]
    spoken: tuple[Signed, Addressed] | None


async def notices(
    pool: Pool, *, client_id: str | None, about: str | None, before: Place | None, limit: int
) -> list[NoticeView]:
    """The newest notices before a place; None: of every client, about everything."""
    rows = await pool.fetch(
        f"""
        SELECT {_NOTICE}
          FROM notice JOIN notice_order USING (order_id)
         WHERE ($1::text IS NULL OR client_id = $1)
           AND ($2::text IS NULL OR about = $2)
           AND ($3::timestamptz IS NULL OR (created_at, notice_id) < ($3, $4))
         ORDER BY created_at DESC, notice_id DESC
         LIMIT $5
        """,
        client_id,
        about,
        *(before or (None, None)),
        limit,
    )
    return [NoticeView(**dict(row)) for row in rows]


async def told(connection: Pool | Connection, notice_id: str) -> Told | None:
    """One notice, and what it says to its client."""
    row = await connection.fetchrow(
        f"""
        SELECT {_NOTICE}, facts, name, contact_name, language, agreement_id, agreement_version
          FROM notice JOIN notice_order USING (order_id) LEFT JOIN client USING (client_id)
         WHERE notice_id = $1
        """,
        notice_id,
    )
    if row is None:
        return None
    return Told(
        notice=NoticeView(**{name: row[name] for name in NoticeView.model_fields}),
        facts=from_json(row["facts"]),
        spoken=spoken(row) if row["agreement_id"] is not None else None,
    )


def spoken(row: asyncpg.Record) -> tuple[Signed, Addressed]:
    """What a notice says to a known client, by the version that binds it."""
    return Signed(row["agreement_id"], row["agreement_version"]), Addressed(
        row["kind"], row["clause"], from_json(row["facts"]), row["name"], row["contact_name"], row["language"]
    )
