"""What is due to be sent. A process owns its shards, so a claim is a read: nothing is written before the outcome."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

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
        WITH due AS MATERIALIZED (
            SELECT delivery_id, notice_id, channel, endpoint_id, attempts, next_attempt_at,
                   -- many go to one endpoint: it comes with the first of them
                   row_number() OVER (PARTITION BY endpoint_id ORDER BY next_attempt_at, delivery_id) = 1 AS is_first
              FROM (SELECT delivery_id, notice_id, channel, endpoint_id, attempts, next_attempt_at
                      FROM delivery
                     WHERE status = 'pending' AND channel <> 'post' AND next_attempt_at <= $1
                       AND shard = ANY ($2::smallint[])
                       AND delivery_id <> ALL ($3::text[])
                       AND coalesce(endpoint_id, channel) <> ALL ($4::text[])
                     ORDER BY next_attempt_at
                     LIMIT $5) AS longest
        )
        SELECT delivery_id, notice_id, order_id, client_id, channel, endpoint_id, attempts, stage,
               name, contact_name, email, language, agreement_id, agreement_version, url, secrets
          FROM due
          JOIN notice USING (notice_id)
          JOIN client USING (client_id)
          LEFT JOIN LATERAL (
                SELECT url, array_agg(secret ORDER BY endpoint_secret.created_at DESC) AS secrets
                  FROM endpoint JOIN endpoint_secret USING (endpoint_id)
                 WHERE is_first AND endpoint_id = due.endpoint_id AND (expires_at IS NULL OR expires_at > $1)
                 GROUP BY url) AS place ON true
         ORDER BY next_attempt_at
        """,
        wanted.now,
        list(wanted.shards),
        list(wanted.held),
        list(wanted.full),
        wanted.limit,
    )
    endpoints = {row["endpoint_id"]: Endpoint(row["url"], tuple(row["secrets"])) for row in rows if row["url"]}
    return [Job._make((*row[:14], endpoints.get(row["endpoint_id"]))) for row in rows]


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
