"""What was handled: a message whose id is here has had its effect."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection


async def remember(connection: Connection, keys: Sequence[bytes], now: datetime) -> set[bytes]:
    """Enter keys; return those that were new. A key that another transaction is entering is waited for.

    The keys go over as one value, sixteen bytes each: an array would cost more to send than all the rest.
    """
    rows = await connection.fetch(
        """
        INSERT INTO inbox (key, received_at)
        SELECT substring($1::bytea FROM at FOR 16), $2
          FROM generate_series(1, length($1::bytea), 16) AS at
            ON CONFLICT DO NOTHING
        RETURNING key
        """,
        b"".join(keys),
        now,
    )
    return {row[0] for row in rows}


async def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Delete at most `limit` keys from before; small bites, so that traffic never waits for the cleaning."""
    status = await connection.execute(
        """
        DELETE FROM inbox
         WHERE ctid = ANY (ARRAY (SELECT ctid FROM inbox WHERE received_at < $1 LIMIT $2))
        """,
        before,
        limit,
    )
    return int(status.rpartition(" ")[2])
