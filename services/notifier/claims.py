"""What is due to be sent. A process owns its shards, so a claim is a read: nothing is written before the outcome."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pydantic_core import from_json, to_json

from chassis.database import Connection


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery to attempt, with the addresses in force now."""

    delivery_id: str
    notice_id: str
    order_id: str
    client_id: str
    channel: str
    endpoint_id: str | None
    attempts: int
    stage: int
    url: str | None
    secrets: tuple[str, ...]
    client_name: str
    contact_name: str
    email: str
    language: str
    agreement_id: str
    agreement_version: str

    @property
    def lane(self) -> str:
        """An endpoint is a lane; so is each other channel."""
        return self.endpoint_id or self.channel


@dataclass(frozen=True, slots=True)
class Order:
    """What all notices of an order have in common."""

    order_id: str
    about: str
    kind: str
    clause: str
    facts: Mapping[str, str | list[str]]
    ordered_at: datetime
    deadline_at: datetime
    flow_id: str
    traceparent: str | None

    head: bytes
    """The webhook's JSON up to where the notices of the order differ."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries a claim is about: shards owned here, not held already, not in a full lane."""

    shards: Collection[int]
    held: Collection[str]
    full: Collection[str]
    now: datetime
    limit: int


async def claim(connection: Connection, wanted: Wanted) -> list[Job]:
    """The deliveries that are due, the longest due first."""
    rows = await connection.fetch(
        """
        SELECT delivery_id, notice_id, order_id, client_id, channel, endpoint_id, attempts, stage, url,
               coalesce((SELECT array_agg(secret ORDER BY created_at DESC)
                           FROM endpoint_secret
                          WHERE endpoint_secret.endpoint_id = due.endpoint_id
                            AND (expires_at IS NULL OR expires_at > $1)), '{}') AS secrets,
               name AS client_name, contact_name, email, language, agreement_id, agreement_version
          FROM (SELECT delivery_id, notice_id, channel, endpoint_id, attempts, next_attempt_at
                  FROM delivery
                 WHERE status = 'pending' AND channel <> 'post' AND next_attempt_at <= $1
                   AND shard = ANY ($2::smallint[])
                   AND delivery_id <> ALL ($3::text[])
                   AND coalesce(endpoint_id, channel) <> ALL ($4::text[])
                 ORDER BY next_attempt_at
                 LIMIT $5) AS due
          JOIN notice USING (notice_id)
          JOIN client USING (client_id)
          LEFT JOIN (SELECT endpoint_id, url FROM endpoint) AS address USING (endpoint_id)
         ORDER BY next_attempt_at
        """,
        wanted.now,
        list(wanted.shards),
        list(wanted.held),
        list(wanted.full),
        wanted.limit,
    )
    return [Job(**{**row, "secrets": tuple(row["secrets"])}) for row in rows]


async def load_orders(connection: Connection, order_ids: Collection[str]) -> list[Order]:
    """The orders with these ids."""
    rows = await connection.fetch(
        """
        SELECT order_id, about, kind, clause, facts, ordered_at, deadline_at, flow_id, traceparent
          FROM notice_order
         WHERE order_id = ANY ($1::text[])
        """,
        list(order_ids),
    )
    return [Order(**{**row, "facts": from_json(row["facts"])}, head=_head(row)) for row in rows]


def _head(row: asyncpg.Record) -> bytes:
    data = {"about": row["about"], "clause": row["clause"], **from_json(row["facts"])}
    event = {"type": f"notice.{row['kind']}", "timestamp": row["ordered_at"], "data": data}
    return to_json(event).removesuffix(b"}}") + b","


async def next_due(connection: Connection, shards: Collection[int], after: datetime) -> datetime | None:
    """When the next attempt is due."""
    due_at: datetime | None = await connection.fetchval(
        """
        SELECT next_attempt_at
          FROM delivery
         WHERE status = 'pending' AND channel <> 'post' AND next_attempt_at > $2 AND shard = ANY ($1::smallint[])
         ORDER BY next_attempt_at
         LIMIT 1
        """,
        list(shards),
        after,
    )
    return due_at
