"""What is to be sent: one delivery with its order, its endpoint and its client, and how the database tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg

from notifier.closing import Secrets


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


class Endpoint(NamedTuple):
    """Where a webhook goes, and the secrets in force that sign it, the newest first."""

    url: str
    secrets: tuple[str, ...]


class Job(NamedTuple):
    """One delivery to attempt, with the addresses in force now; `endpoint` is a webhook's."""

    delivery_id: str
    notice_id: str
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
    order: Order
    endpoint: Endpoint | None

    @property
    def lane(self) -> str:
        """An endpoint is a lane; so is each other channel."""
        return self.endpoint_id or self.channel


JOB = """
    delivery_id, notice_id, client_id, channel, endpoint_id, attempts, stage, name, contact_name, email, language,
    agreement_id, agreement_version, order_id, url, secrets, closed
    """
"""The columns of a job."""
_OWN = 13


def place(of: str, where: str, now: str) -> str:
    """The join that brings the endpoint of each row of a table, where a condition holds, as of the parameter `now`."""
    return f"""
        LEFT JOIN LATERAL (
            SELECT url, array_agg(secret ORDER BY endpoint_secret.created_at DESC) AS secrets,
                   array_agg(closed ORDER BY endpoint_secret.created_at DESC) AS closed
              FROM endpoint JOIN endpoint_secret USING (endpoint_id)
             WHERE {where} AND endpoint_id = {of}.endpoint_id AND (expires_at IS NULL OR expires_at > {now})
             GROUP BY url) AS place ON true
        """


def jobs_of(rows: Sequence[asyncpg.Record], orders: Mapping[str, Order], secrets: Secrets) -> list[Job]:
    """Rows with the columns `JOB` as jobs; an endpoint need come with one of its rows only."""
    endpoints = {row["endpoint_id"]: Endpoint(row["url"], _secrets_of(row, secrets)) for row in rows if row["url"]}
    return [Job._make((*row[:_OWN], orders[row["order_id"]], endpoints.get(row["endpoint_id"]))) for row in rows]


def _secrets_of(row: asyncpg.Record, secrets: Secrets) -> tuple[str, ...]:
    """Each is closed, or stands in plain still."""
    endpoint_id, both = row["endpoint_id"], zip(row["secrets"], row["closed"], strict=True)
    return tuple([plain or secrets.open(endpoint_id, closed) for plain, closed in both])
