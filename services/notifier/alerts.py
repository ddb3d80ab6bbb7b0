"""What people on call are told: entered for each of them, claimed when due, and what came of it. SQL alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
from pydantic_core import from_json, to_json

from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from contracts.telling import AlertOrder
from notifier.asking import Place
from notifier.on_call import Person
from notifier.views import AlertView

NOBODY = "nobody is on call: set DUTIFUL_ON_CALL, or an email address of breach.contact in the agreement"


class Alert(NamedTuple):
    """One alert to send to one person."""

    alert_id: str
    kind: str
    clause: str
    facts: Mapping[str, str | list[str]]
    name: str
    email: str
    language: str
    ordered_at: datetime
    attempts: int


class Ordered(NamedTuple):
    """What people on call must be told."""

    order_id: str
    about: str
    kind: str
    clause: str
    facts: Mapping[str, str | tuple[str, ...]]


def ordered_by(order: AlertOrder) -> Ordered:
    """What another service wants people to be told."""
    return Ordered(order.order_id, order.about, order.kind, order.clause, order.facts)


async def enter(tx: Transaction, ordered: Ordered, people: Sequence[Person]) -> None:
    """For each of the people, due now; where there is nobody, a row says so. The same order again enters nothing."""
    await tx.execute(
        """
        INSERT INTO alert (alert_id, order_id, about, kind, clause, facts, ordered_at, name, email, language,
                           next_attempt_at, reason)
        SELECT md5($1::text || '/' || coalesce(email, '')), $1, $2, $3, $4, $5, $6, name, email, language,
               CASE WHEN email IS NOT NULL THEN $6::timestamptz END, CASE WHEN email IS NULL THEN $10 END
          FROM unnest($7::text[], $8::text[], $9::text[]) AS person (name, email, language)
            ON CONFLICT DO NOTHING
        """,
        *ordered[:4],
        to_json(ordered.facts).decode(),
        tx.now,
        [each.name for each in people] or [None],
        [each.email for each in people] or [None],
        [each.language.value for each in people] or [None],
        NOBODY,
    )


async def due(connection: Connection, now: datetime, limit: int) -> list[Alert]:
    """Those that are due, the longest due first."""
    rows = await connection.fetch(
        """
        SELECT alert_id, kind, clause, facts, name, email, language, ordered_at, attempts
          FROM alert
         WHERE next_attempt_at <= $1
         ORDER BY next_attempt_at, alert_id
         LIMIT $2
        """,
        now,
        limit,
    )
    return [Alert(**{**dict(row), "facts": from_json(row["facts"])}) for row in rows]


async def next_due(connection: Connection) -> datetime | None:
    """When the next attempt is due."""
    due_at: datetime | None = await connection.fetchval(
        "SELECT min(next_attempt_at) FROM alert WHERE next_attempt_at IS NOT NULL"
    )
    return due_at


async def record(
    connection: Connection, alert_id: str, at: datetime, reason: str | None, next_at: datetime | None
) -> None:
    """An attempt was made: without a reason it is sent."""
    await connection.execute(
        """
        UPDATE alert
           SET attempts = attempts + 1, sent_at = CASE WHEN $3::text IS NULL THEN $2::timestamptz END, reason = $3,
               next_attempt_at = $4
         WHERE alert_id = $1
        """,
        alert_id,
        at,
        reason,
        next_at,
    )


async def count_unsent(pool: Pool) -> int:
    """How many nobody has yet."""
    count: int = await pool.fetchval("SELECT count(*) FROM alert WHERE sent_at IS NULL")
    return count


async def alerts(pool: Pool, *, unsent: bool, before: Place | None, limit: int) -> list[AlertView]:
    """The newest before a place; `unsent`: those alone that nobody has."""
    rows = await pool.fetch(
        """
        SELECT alert_id, about, kind, clause, facts, name, email, language, ordered_at, next_attempt_at, attempts,
               sent_at, reason
          FROM alert
         WHERE ($1::timestamptz IS NULL OR (ordered_at, alert_id) < ($1, $2)) AND (NOT $3 OR sent_at IS NULL)
         ORDER BY ordered_at DESC, alert_id DESC
         LIMIT $4
        """,
        *(before or (None, None)),
        unsent,
        limit,
    )
    return [_view(row) for row in rows]


def _view(row: asyncpg.Record) -> AlertView:
    return AlertView(**{**dict(row), "facts": from_json(row["facts"])})
