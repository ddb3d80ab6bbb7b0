"""What was handled: a message whose id is here has had its effect."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection
from chassis.errors import KeyReused
from chassis.literals import binary, instant
from chassis.message import Cause


async def begin(connection: Connection, keys: Sequence[bytes], locks: Sequence[int], now: datetime) -> set[bytes]:
    """Begin a transaction that takes locks and enters keys first, in one round trip; return the keys that were new.

    A key that another transaction is entering is waited for. Whoever calls ends it, also when this raises.
    Locks are taken in their order (`locks.lock_id`).
    """
    begun = "BEGIN"
    if locks:
        begun += (
            f"; SELECT pg_advisory_xact_lock(each) FROM unnest(ARRAY [{','.join(map(str, locks))}]::bigint[]) AS each"
        )
    if not keys:
        await connection.execute(begun)
        return set()
    at = instant(now)
    rows = ",".join([f"({binary(key)}, {at})" for key in keys])
    entered = await connection.execute(
        f"{begun}; INSERT INTO inbox (key, received_at) VALUES {rows} ON CONFLICT DO NOTHING"
    )
    if entered == f"INSERT 0 {len(keys)}":
        return set(keys)
    new = await connection.fetch(
        "SELECT key FROM inbox WHERE key = ANY ($1::bytea[]) AND xmin = pg_current_xact_id()::xid", keys
    )
    return {row[0] for row in new}


async def match_request(connection: Connection, cause: Cause, *, fresh: bool) -> None:
    """Keep what the request of a fresh cause was; raises `KeyReused` where its key came with another one before."""
    if cause.request is None:
        return
    if fresh:
        await connection.execute("UPDATE inbox SET request = $2 WHERE key = $1", cause.inbox_key, cause.request)
    elif await connection.fetchval(
        "SELECT true FROM inbox WHERE key = $1 AND request <> $2", cause.inbox_key, cause.request
    ):
        raise KeyReused


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
