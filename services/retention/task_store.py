"""The lines of a plan, how far each is, and what holders confirmed of it (§8.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic_core import from_json

from chassis.transaction import Transaction
from contracts.erasure import ErasureConfirmed
from contracts.retention import Action
from retention.planning import Plan
from retention.terminations import State


@dataclass(frozen=True, slots=True)
class Task:
    """A line of a plan, and how far it is."""

    category: str
    holder_id: str
    action: Action
    delete_on: date | None
    held_by: tuple[str, ...]
    state: State
    order_id: str | None

    @property
    def name(self) -> str:
        """How events name it."""
        return f"{self.category}/{self.holder_id}"


async def save_plan(tx: Transaction, termination_id: str, plan: Plan) -> None:
    """The plan as it is now; what is ordered already stays as it was ordered."""
    entries = plan.entries
    await tx.execute(
        """
        WITH planned AS (
            SELECT category, holder_id, action, delete_on, clause, from_json.because, from_json.held_by,
                   from_json.coded
              FROM unnest($2::text[], $3::text[], $4::text[], $5::date[], $6::text[], $7::jsonb[])
                   AS each (category, holder_id, action, delete_on, clause, lists),
                   LATERAL (SELECT ARRAY (SELECT jsonb_array_elements_text(lists -> 'because')) AS because,
                                   ARRAY (SELECT jsonb_array_elements_text(lists -> 'held_by')) AS held_by,
                                   ARRAY (SELECT jsonb_array_elements_text(lists -> 'coded')) AS coded) AS from_json
        ), dropped AS (
            DELETE FROM task
             WHERE termination_id = $1 AND state = 'waiting'
               AND (category, holder_id) NOT IN (SELECT category, holder_id FROM planned)
        )
        INSERT INTO task (termination_id, category, holder_id, action, delete_on, clause, because, held_by, coded,
                          state)
        SELECT $1, category, holder_id, action, delete_on, clause, because, held_by, coded, 'waiting'
          FROM planned
            ON CONFLICT (termination_id, category, holder_id) DO UPDATE
           SET action = excluded.action, delete_on = excluded.delete_on, clause = excluded.clause,
               because = excluded.because, held_by = excluded.held_by, coded = excluded.coded
         WHERE task.state IN ('waiting', 'halted')
        """,
        termination_id,
        [entry.category for entry in entries],
        [entry.holder_id for entry in entries],
        [entry.action for entry in entries],
        [entry.delete_on for entry in entries],
        [entry.clause for entry in entries],
        [entry.model_dump_json(include={"because", "held_by", "coded"}) for entry in entries],
    )
    await tx.execute(
        "UPDATE termination SET without_holder = $2 WHERE termination_id = $1",
        termination_id,
        list(plan.without_holder),
    )


async def load_tasks(tx: Transaction, termination_id: str) -> list[Task]:
    """The lines of a plan."""
    rows = await tx.fetch(
        """
        SELECT category, holder_id, action, delete_on, held_by, state, order_id
          FROM task
         WHERE termination_id = $1
         ORDER BY category, holder_id
        """,
        termination_id,
    )
    return [Task(row[0], row[1], Action(row[2]), row[3], tuple(row[4]), State(row[5]), row["order_id"]) for row in rows]


async def load_gone(tx: Transaction, client_id: str) -> list[tuple[str, str]]:
    """Category and holder of what is deleted of a client, by the last end of its contract that is known, or one open.

    What an end that is over took is not missed where the client has signed since.
    """
    rows = await tx.fetch(
        """
        SELECT DISTINCT category, holder_id
          FROM task JOIN termination USING (termination_id)
         WHERE client_id = $1 AND state IN ('confirmed', 'done')
           AND (stage NOT IN ('complete', 'reinstated')
                OR seq = (SELECT max(seq) FROM termination AS other WHERE other.client_id = $1))
         ORDER BY 1, 2
        """,
        client_id,
    )
    return [(row[0], row[1]) for row in rows]


async def set_ordered(tx: Transaction, termination_id: str, tasks: Sequence[Task], order_ids: Sequence[str]) -> None:
    """These lines are being carried out."""
    await tx.execute(
        """
        UPDATE task SET state = 'ordered', order_id = fresh.order_id, checked_at = NULL
          FROM unnest($2::text[], $3::text[], $4::text[]) AS fresh (category, holder_id, order_id)
         WHERE termination_id = $1 AND task.category = fresh.category AND task.holder_id = fresh.holder_id
        """,
        termination_id,
        [task.category for task in tasks],
        [task.holder_id for task in tasks],
        order_ids,
    )


async def set_state(tx: Transaction, order_id: str, state: State) -> None:
    """How far the line is that this is the order of."""
    await tx.execute("UPDATE task SET state = $2 WHERE order_id = $1", order_id, state)


async def add_evidence(tx: Transaction, termination_id: str, category: str, confirmed: ErasureConfirmed) -> None:
    """What a holder says that it has done, beside what it said before."""
    await tx.execute(
        """
        UPDATE task SET evidence = evidence || jsonb_build_array($4::jsonb)
         WHERE termination_id = $1 AND category = $2 AND holder_id = $3
        """,
        termination_id,
        category,
        confirmed.holder_id,
        confirmed.model_dump_json(exclude={"holder_id"}),
    )


async def set_checked(tx: Transaction, order_id: str, checked_at: datetime) -> None:
    """A second look found nothing."""
    await tx.execute("UPDATE task SET state = 'done', checked_at = $2 WHERE order_id = $1", order_id, checked_at)


async def reopen(tx: Transaction, order_ids: Sequence[str]) -> None:
    """What these orders deleted is there still, or again."""
    await tx.execute(
        """
        UPDATE task SET state = 'halted', reopened = reopened + 1, checked_at = NULL WHERE order_id = ANY ($1::text[])
        """,
        order_ids,
    )


async def load_restored(tx: Transaction, holder_id: str, since: datetime) -> dict[str, list[str]]:
    """What a holder has erased since a backup was taken: its orders by client, in order."""
    rows = await tx.fetch(
        """
        SELECT client_id, order_id
          FROM task JOIN termination USING (termination_id)
         WHERE holder_id = $1 AND state IN ('confirmed', 'done')
           AND EXISTS (SELECT FROM jsonb_array_elements(evidence) AS each
                        WHERE (each ->> 'finished_at')::timestamptz >= $2)
         ORDER BY client_id, category
        """,
        holder_id,
        since,
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["client_id"], []).append(row["order_id"])
    return found


def evidence_of(text: str) -> list[dict[str, object]]:
    """Evidence as it is kept."""
    found: list[dict[str, object]] = from_json(text)
    return found
