"""The ledger of one client in one source: an intent is one durable statement, refused where the order isn't ours."""

from dataclasses import dataclass

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from chassis.database import Pool
from holder.executors import Intent
from holder.jobs import Job


class Superseded(Exception):
    """Another process has taken the order on, or it is over."""


class Halted(Exception):
    """What is left of this client stays: a hold was placed."""


@dataclass(frozen=True, slots=True)
class Part:
    """How far one client's data in one source are."""

    client_id: str
    source: str
    intent: Intent | None = None


class PartLedger:
    """Keeps the count of a part in the holder's own database."""

    def __init__(self, pool: Pool, job: Job, part: Part) -> None:
        self._pool = pool
        self._job = job
        self._part = part
        self._intent = part.intent

    @property
    def intent(self) -> Intent | None:
        """The open intent, as a killed process may have left it."""
        return self._intent

    async def intend(self, count: int, mark: JsonValue) -> None:
        """Write down what comes next, and count what came before it."""
        written = await self._pool.fetchval(
            """
            INSERT INTO part (order_id, client_id, source, intent_count, intent_mark)
            SELECT order_id, $3, $4, $5, $6
              FROM job
             WHERE kind = $7 AND order_id = $1 AND fence = $2 AND status = 'open'
               AND NOT EXISTS (SELECT FROM halt WHERE halt.order_id = $1 AND halt.client_id = $3)
                ON CONFLICT (order_id, client_id, source) DO UPDATE
               SET counted = part.counted + coalesce(part.intent_count, 0),
                   intent_count = excluded.intent_count, intent_mark = excluded.intent_mark
            RETURNING true
            """,
            self._job.order_id,
            self._job.fence,
            self._part.client_id,
            self._part.source,
            count,
            to_json(mark).decode(),
            self._job.kind.value,
        )
        if not written:
            raise await self._refusal()
        self._intent = Intent(count, mark)

    async def correct(self, count: int) -> None:
        """The open intent turns out to be about so many."""
        await self._change(
            """
            UPDATE part SET intent_count = $5
              FROM job
             WHERE part.order_id = $1 AND client_id = $3 AND source = $4 AND intent_count IS NOT NULL
               AND kind = $6 AND job.order_id = $1 AND fence = $2 AND status = 'open'
            RETURNING true
            """,
            count,
        )
        self._intent = Intent(count, self._intent.mark if self._intent else None)

    async def settle(self, count: int) -> None:
        """Close the open intent: this many are gone. It is counted even where the order is halted by now."""
        await self._change(
            """
            UPDATE part SET counted = counted + $5, intent_count = NULL, intent_mark = NULL
              FROM job
             WHERE part.order_id = $1 AND client_id = $3 AND source = $4 AND intent_count IS NOT NULL
               AND kind = $6 AND job.order_id = $1 AND fence = $2 AND status = 'open'
            RETURNING true
            """,
            count,
        )
        self._intent = None

    async def _change(self, statement: str, count: int) -> None:
        job, part = self._job, self._part
        mine = (job.order_id, job.fence, part.client_id, part.source, count, job.kind.value)
        if not await self._pool.fetchval(statement, *mine):
            raise Superseded

    async def _refusal(self) -> Exception:
        stopped = await self._pool.fetchval(
            "SELECT true FROM halt WHERE order_id = $1 AND client_id = $2", self._job.order_id, self._part.client_id
        )
        return Halted() if stopped else Superseded()


async def open_intents(pool: Pool, order_id: str) -> dict[tuple[str, str], Intent]:
    """What a killed process may have left open, by client and source."""
    rows = await pool.fetch(
        """
        SELECT client_id, source, intent_count, intent_mark
          FROM part
         WHERE order_id = $1 AND intent_count IS NOT NULL
        """,
        order_id,
    )
    return {
        (row["client_id"], row["source"]): Intent(row["intent_count"], from_json(row["intent_mark"])) for row in rows
    }
