"""Files of a request, closed, by their hash."""

from chassis.database import Pool
from chassis.transaction import Transaction


async def count_others(tx: Transaction, request_id: str, sha256: str) -> int:
    """How many files of a request are kept beside this one."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM attachment WHERE request_id = $1 AND sha256 <> $2", request_id, sha256
    )
    return count


async def insert(tx: Transaction, request_id: str, sha256: str, closed: bytes, kept_by: str) -> None:
    """Keep a file; the same again changes nothing."""
    await tx.execute(
        """
        INSERT INTO attachment (request_id, sha256, closed, kept_by, kept_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
        """,
        request_id,
        sha256,
        closed,
        kept_by,
        tx.now,
    )


async def load(pool: Pool, request_id: str, sha256: str) -> bytes | None:
    """A file, closed."""
    closed: bytes | None = await pool.fetchval(
        "SELECT closed FROM attachment WHERE request_id = $1 AND sha256 = $2", request_id, sha256
    )
    return closed
