"""What was said of a request or an instruction, and what came of it."""

from pydantic_core import from_json

from chassis.database import Pool
from requests_desk.views import JournalView

Place = tuple[str | int, ...]


async def journal(pool: Pool, about: str, after: int, limit: int) -> list[tuple[JournalView, Place]]:
    """All that was said of a request or an instruction, in order."""
    rows = await pool.fetch(
        "SELECT seq, at, what, cause, data FROM journal WHERE about = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        about,
        after,
        limit,
    )
    return [
        (JournalView(at=row["at"], what=row["what"], cause=row["cause"], data=from_json(row["data"])), (row["seq"],))
        for row in rows
    ]


async def refusal(pool: Pool, cause: str) -> tuple[str, str | None] | None:
    """Why something that somebody said changed nothing, and its field; None: it had its effect."""
    data = await pool.fetchval(
        """
        SELECT data FROM journal
         WHERE cause = $1 AND what IN ('request.refused', 'register.refused', 'request.answer_refused')
        """,
        cause,
    )
    if data is None:
        return None
    refused = from_json(data)
    return refused["reason"], refused.get("field")
