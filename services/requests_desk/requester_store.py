"""Who asks and what points at a client, closed; and how all that is personal of a request goes (§9)."""

from collections.abc import Sequence

from chassis.transaction import Transaction


async def insert_requester(tx: Transaction, request_id: str, nth: int, closed: bytes) -> None:
    """Who asks, closed: the first time, or a later one."""
    await tx.execute("INSERT INTO requester (request_id, nth, closed) VALUES ($1, $2, $3)", request_id, nth, closed)


async def load_requesters(tx: Transaction, request_id: str) -> list[tuple[int, bytes]]:
    """All that was ever written, closed."""
    rows = await tx.fetch("SELECT nth, closed FROM requester WHERE request_id = $1 ORDER BY nth", request_id)
    return [(row["nth"], row["closed"]) for row in rows]


async def insert_candidates(tx: Transaction, request_id: str, candidates: Sequence[tuple[str, str]]) -> None:
    """Whose data it may be about; said again, the first reason stays."""
    await tx.execute(
        """
        INSERT INTO candidate (request_id, client_id, because) SELECT $1, * FROM unnest($2::text[], $3::text[])
            ON CONFLICT DO NOTHING
        """,
        request_id,
        [client_id for client_id, _ in candidates],
        [because for _, because in candidates],
    )


async def erase(tx: Transaction, request_id: str) -> None:
    """What is personal of it goes: who asked, what was answered, whom help is about, what was instructed about it."""
    await tx.execute(
        "DELETE FROM subject USING assistance AS a WHERE a.assistance_id = subject.assistance_id AND a.request_id = $1",
        request_id,
    )
    await tx.execute("DELETE FROM requester WHERE request_id = $1", request_id)
    await tx.execute("DELETE FROM attachment WHERE request_id = $1", request_id)
    await tx.execute("DELETE FROM candidate WHERE request_id = $1", request_id)
    await tx.execute("UPDATE answer SET closed = NULL WHERE request_id = $1", request_id)
    await tx.execute(
        """
        UPDATE instruction_version SET closed = NULL
         WHERE instruction_id IN (SELECT instruction_id FROM instruction WHERE request_id = $1)
        """,
        request_id,
    )
    await tx.execute("UPDATE request SET erased_at = $2, mark = NULL WHERE request_id = $1", request_id, tx.now)
