"""Locks by name, held until the transaction's end: one decision at a time, also about what has no row yet."""

from hashlib import blake2b

from chassis.database import Connection


def lock_id(name: str) -> int:
    """The number by which PostgreSQL knows the lock of this name (a signed bigint)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


async def lock(connection: Connection, name: str) -> None:
    """Take a lock; waits while another transaction has it."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", lock_id(name))
