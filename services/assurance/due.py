"""What is open until a last day: questions, audits, requests for help, disputes (§7, §10, §14)."""

from datetime import datetime

from agreement.book import Book
from agreement.calendar import DAY
from agreement.deadlines import local_date, start_of_day
from chassis.database import Pool
from chassis.due import Deadlines, Due, Search
from chassis.service import Runtime
from contracts.assurance import Matter


def deadlines(book: Book, runtime: Runtime) -> Deadlines:
    """For the API and the metrics, by kind of matter; a last day is over at its end, in the agreement's timezone."""
    agreement = book.latest

    async def unanswered(pool: Pool, search: Search) -> list[Due]:
        rows = await pool.fetch(
            """
            SELECT kind, matter_id AS about, client_id, due_on, 'its end, status ' || status AS lacks
              FROM matter
             WHERE NOT is_over AND due_on <= $1
             ORDER BY due_on, client_id, kind, matter_id
             LIMIT $2
            """,
            local_date(agreement, search.before),
            search.limit,
        )
        found = [Due(due_at=start_of_day(agreement, row["due_on"] + DAY), **_but_day(dict(row))) for row in rows]
        return [due for due in found if due.due_at <= search.before]

    async def soonest(pool: Pool, _: datetime, after: datetime | None) -> dict[str, datetime]:
        rows = await pool.fetch(
            """
            SELECT kind, min(due_on) AS due_on
              FROM matter
             WHERE NOT is_over AND due_on IS NOT NULL AND ($1::date IS NULL OR due_on >= $1)
             GROUP BY kind
            """,
            None if after is None else local_date(agreement, after),
        )
        return {row["kind"]: start_of_day(agreement, row["due_on"] + DAY) for row in rows}

    return Deadlines(runtime, "assurance", tuple(Matter), unanswered, soonest)


def _but_day(row: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in row.items() if name != "due_on"}
