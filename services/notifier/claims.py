"""What is due to be sent. A process owns its shards, so a claim is a read: nothing is written before the outcome."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg
from pydantic_core import from_json, to_json

from chassis.database import Connection


class Endpoint(NamedTuple):
    """Where a webhook goes, and the secrets in force that sign it, the newest first."""

    url: str
    secrets: tuple[str, ...]


class Job(NamedTuple):
    """One delivery to attempt, with the addresses in force now; `endpoint` is a webhook's."""

    delivery_id: str
    notice_id: str
    order_id: str
    client_id: str
    channel: str
    endpoint_id: str | None
    attempts: int
    stage: int
    client_name: str
    contact_name: str
    email: str
    language: str
    agreement_id: str
    agreement_version: str
    endpoint: Endpoint | None

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
        SELECT delivery_id, notice_id, order_id, client_id, channel, endpoint_id, attempts, stage,
               name, contact_name, email, language, agreement_id, agreement_version
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
         ORDER BY next_attempt_at
        """,
        wanted.now,
        list(wanted.shards),
        list(wanted.held),
        list(wanted.full),
        wanted.limit,
    )
    endpoint_ids = {row["endpoint_id"] for row in rows}
    endpoints = await _load_endpoints(connection, endpoint_ids - {None}, wanted.now)
    return [Job._make((*row, endpoints.get(row["endpoint_id"]))) for row in rows]


async def _load_endpoints(connection: Connection, endpoint_ids: Collection[str], now: datetime) -> dict[str, Endpoint]:
    """Apart from the deliveries, because many go to one endpoint."""
    if not endpoint_ids:
        return {}
    rows = await connection.fetch(
        """
        SELECT endpoint_id, url, array_agg(secret ORDER BY endpoint_secret.created_at DESC)
          FROM endpoint JOIN endpoint_secret USING (endpoint_id)
         WHERE endpoint_id = ANY ($1::text[]) AND (expires_at IS NULL OR expires_at > $2)
         GROUP BY endpoint_id
        """,
        list(endpoint_ids),
        now,
    )
    return {endpoint_id: Endpoint(url, tuple(secrets)) for endpoint_id, url, secrets in rows}


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
