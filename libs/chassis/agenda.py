"""The agenda is the future outbox: dated events wait here, and nothing else in the system schedules anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis import outbox
from chassis.database import Connection
from chassis.literals import binary, instant, text
from chassis.outbox import Outgoing


@dataclass(frozen=True, slots=True)
class Dated:
    """A record to be published at `due_at`; `name` lets it be moved or cancelled."""

    name: str
    due_at: datetime
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Moved:
    """What a look at the agenda did: how many rows were due, and the day of the longest overdue one."""

    count: int
    oldest_due_at: datetime | None


_MOVE = """
    ON CONFLICT (name) DO UPDATE
           SET due_at = excluded.due_at, shard = excluded.shard, topic = excluded.topic, key = excluded.key,
               headers = excluded.headers, value = excluded.value
    """
_PUT = f"""
    INSERT INTO agenda (name, due_at, shard, topic, key, headers, value)
    SELECT *
      FROM unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::bytea[])
    {_MOVE}
    """
_PUT_AND_SAY = f"WITH dated AS ({_PUT}) {outbox.insertion(8)}"


async def put(connection: Connection, entries: Sequence[Dated]) -> None:
    """Enter dated events; a name that is there already is moved to its new date."""
    await connection.execute(_PUT, *_columns(entries))


async def put_and_say(
    connection: Connection, entries: Sequence[Dated], rows: Sequence[Outgoing], now: datetime
) -> None:
    """Enter dated events, and what is said now into the outbox, in one round trip."""
    await connection.execute(_PUT_AND_SAY, *_columns(entries), *outbox.columns(rows, now))


def spelt(entries: Sequence[Dated]) -> str:
    """The statement that enters a few dated events, without parameters (`literals`)."""
    values = [
        f"({text(entry.name)}, {instant(entry.due_at)}, {entry.outgoing.shard}, {text(entry.outgoing.topic)}, "
        f"{text(entry.outgoing.key)}, {text(entry.outgoing.headers)}, {binary(entry.outgoing.value)})"
        for entry in {entry.name: entry for entry in entries}.values()
    ]
    return f"INSERT INTO agenda (name, due_at, shard, topic, key, headers, value) VALUES {', '.join(values)} {_MOVE}"


def _columns(entries: Sequence[Dated]) -> tuple[object, ...]:
    last = {entry.name: entry for entry in entries}.values()
    return (
        [entry.name for entry in last],
        [entry.due_at for entry in last],
        [entry.outgoing.shard for entry in last],
        [entry.outgoing.topic for entry in last],
        [entry.outgoing.key for entry in last],
        [entry.outgoing.headers for entry in last],
        [entry.outgoing.value for entry in last],
    )


async def cancel(connection: Connection, names: Sequence[str]) -> None:
    """Cancelling is deleting."""
    await connection.execute("DELETE FROM agenda WHERE name = ANY ($1::text[])", names)


async def move_due(connection: Connection, now: datetime, limit: int) -> Moved:
    """Move what is due to the outbox, oldest first, in one statement."""
    row = await connection.fetchrow(
        """
        WITH due AS (
            DELETE FROM agenda
             WHERE name = ANY (ARRAY (SELECT name FROM agenda
                                       WHERE due_at <= $1
                                       ORDER BY due_at, seq
                                       LIMIT $2
                                         FOR UPDATE SKIP LOCKED))
            RETURNING seq, due_at, shard, topic, key, headers, value
        ), moved AS (
            INSERT INTO outbox (shard, topic, key, headers, value, created_at)
            SELECT shard, topic, key, headers, value, $1
              FROM due
             ORDER BY due_at, seq
        )
        SELECT count(*), min(due_at) FROM due
        """,
        now,
        limit,
    )
    return Moved(row[0], row[1]) if row else Moved(0, None)


async def next_due(connection: Connection) -> datetime | None:
    """When the next entry is due."""
    due_at: datetime | None = await connection.fetchval("SELECT due_at FROM agenda ORDER BY due_at, seq LIMIT 1")
    return due_at


async def size(connection: Connection) -> int:
    """How many entries wait: counted to 100,000, estimated beyond, so that a million cost nothing to ask for."""
    count: int = await connection.fetchval(
        """
        SELECT CASE WHEN counted < 100000 THEN counted
                    ELSE greatest(counted, (SELECT reltuples FROM pg_class WHERE oid = 'agenda'::regclass)::bigint) END
          FROM (SELECT count(*) AS counted FROM (SELECT FROM agenda LIMIT 100000) AS few) AS waiting
        """
    )
    return count
