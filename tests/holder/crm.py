"""A platform's database as tests fill it: calls of clients, with an uuid key, and a child table."""

import asyncpg

from holder.data_map import TableSource
from holder.executors import Intent

SCHEMA = """
CREATE SCHEMA crm;
CREATE TABLE crm.call (
    call_id    bigint PRIMARY KEY,
    client_id  text NOT NULL,
    kind       text NOT NULL DEFAULT 'call',
    started_at timestamptz,
    note       text
);
CREATE INDEX ON crm.call (client_id);
"""

CALLS = TableSource(
    kind="table",
    database="crm",
    table="crm.call",
    client_column="client_id",
    time_column="started_at",
    key=("call_id",),
)


async def fill(connection: "asyncpg.Connection[asyncpg.Record]", **calls: int) -> None:
    """So many calls of each client, one per hour from 1 January 2026."""
    for client_id, count in calls.items():
        await connection.execute(
            """
            INSERT INTO crm.call (call_id, client_id, started_at, note)
            SELECT n + (SELECT coalesce(max(call_id), 0) FROM crm.call), $1,
                   '2026-01-01Z'::timestamptz + n * interval '1 hour', 'call ' || n
              FROM generate_series(1, $2::int) AS n
            """,
            client_id,
            count,
        )


class Stopped(Exception):
    """What the ledger raises to end a run as a kill would."""


class Memory:
    """A ledger in memory; `stop_at` ends the run at that intent, after it was written down."""

    def __init__(self) -> None:
        self.counted = 0
        self.intent: Intent | None = None
        self.intents = 0
        self.stop_at = 0

    async def intend(self, count: int, mark: object) -> None:
        """What was open is done; this is open now."""
        if self.intent is not None:
            self.counted += self.intent.count
        self.intent = Intent(count, mark)  # type: ignore[arg-type]
        self.intents += 1
        if self.intents == self.stop_at:
            raise Stopped

    async def correct(self, count: int) -> None:
        """What is open is about so many."""
        assert self.intent is not None
        self.intent = Intent(count, self.intent.mark)

    async def settle(self, count: int) -> None:
        """Nothing is open."""
        self.counted += count
        self.intent = None
