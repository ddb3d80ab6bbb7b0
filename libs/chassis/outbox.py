"""What was decided and is not yet published: written with the state, in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zlib import crc32

from pydantic_core import to_json

from chassis.database import Connection
from chassis.literals import binary, instant, text
from contracts.event import Event

SHARDS = 16
"""A key's shard never changes, so this number doesn't either."""


class Outgoing(NamedTuple):
    """One Kafka record to be: topic without prefix, key, headers as a JSON object, value (None is a tombstone)."""

    topic: str
    key: str
    headers: str
    value: bytes | None

    @property
    def shard(self) -> int:
        """The part of the outbox that this key's records go through, in order."""
        return crc32(self.key.encode()) % SHARDS


class Stored(NamedTuple):
    """A row of the outbox."""

    seq: int
    topic: str
    key: str
    headers: str
    value: bytes | None


def encode_headers(headers: dict[str, str]) -> str:
    """Headers as they lie in the outbox."""
    return to_json(headers).decode()


def encode(event: Event) -> bytes:
    """An event as JSON; what is not said is left out."""
    return event.__pydantic_serializer__.to_json(event, exclude_none=True)


def insertion(first: int = 1) -> str:
    """The statement that adds rows in their order; its parameters are numbered from `first` on."""
    shard, topic, key, headers, value, now = (f"${first + nth}" for nth in range(6))
    return f"""
        INSERT INTO outbox (shard, topic, key, headers, value, created_at)
        SELECT shard, topic, key, headers, value, {now}
          FROM unnest({shard}::smallint[], {topic}::text[], {key}::text[], {headers}::text[], {value}::bytea[])
               AS fresh (shard, topic, key, headers, value)
        """


def columns(rows: Sequence[Outgoing], now: datetime) -> tuple[object, ...]:
    """The parameters of `insertion`."""
    return (
        [row.shard for row in rows],
        [row.topic for row in rows],
        [row.key for row in rows],
        [row.headers for row in rows],
        [row.value for row in rows],
        now,
    )


_INSERT = insertion()


async def insert(connection: Connection, rows: Sequence[Outgoing], now: datetime) -> None:
    """Add rows in their order."""
    await connection.execute(_INSERT, *columns(rows, now))


def spelt(rows: Sequence[Outgoing], now: datetime) -> str:
    """The statement that adds a few rows in their order, without parameters (`literals`)."""
    values = [
        f"({row.shard}, {text(row.topic)}, {text(row.key)}, {text(row.headers)}, {binary(row.value)}, {instant(now)})"
        for row in rows
    ]
    return f"INSERT INTO outbox (shard, topic, key, headers, value, created_at) VALUES {', '.join(values)}"


async def read(connection: Connection, shards: Sequence[int], limit: int) -> list[Stored]:
    """The oldest rows of these shards, in the order in which their keys must be published."""
    rows = await connection.fetch(
        """
        SELECT seq, topic, key, headers, value
          FROM outbox
         WHERE shard = ANY ($1::smallint[])
         ORDER BY seq
         LIMIT $2
        """,
        shards,
        limit,
    )
    return list(map(Stored._make, rows))


async def delete(connection: Connection, seqs: Sequence[int]) -> None:
    """Forget rows that Kafka has; if this is lost in a crash they are published again under the same ids."""
    await connection.execute("DELETE FROM outbox WHERE seq = ANY ($1::bigint[])", seqs)


async def depth(connection: Connection) -> tuple[int, datetime | None]:
    """How many rows wait (counted to 100,000), and since when the oldest does."""
    row = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT 100000) AS counted),
               (SELECT created_at FROM outbox ORDER BY seq LIMIT 1)
        """
    )
    return (row[0], row[1]) if row else (0, None)
