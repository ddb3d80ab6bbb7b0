"""The ends of contracts and the lines of their plans (§8.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg
from pydantic_core import from_json

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.choice import Choice, ChoiceMade, Recipient
from contracts.erasure import ErasureConfirmed
from contracts.retention import Action
from retention.decisions import Stage, State, Termination
from retention.planning import Plan

_TERMINATION = """
    SELECT termination_id, client_id, agreement_id, agreement_version, terminated_on, by_expiry, stage, choice,
           chosen_on, recipient, closes_at, settled_on, signed_again_at
      FROM termination
"""


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


async def load_current(tx: Transaction, client_id: str) -> tuple[Termination, Signed] | None:
    """The last end of a client's contract that was heard of, and the version that governs it."""
    row = await tx.fetchrow(f"{_TERMINATION} WHERE client_id = $1 ORDER BY seq DESC LIMIT 1", client_id)
    return None if row is None else _termination(row)


async def load_one(tx: Transaction, termination_id: str) -> tuple[Termination, Signed] | None:
    """One end of a contract."""
    row = await tx.fetchrow(f"{_TERMINATION} WHERE termination_id = $1", termination_id)
    return None if row is None else _termination(row)


async def load_of_orders(tx: Transaction, order_ids: Sequence[str]) -> list[tuple[Termination, Signed, list[str]]]:
    """The ends of contracts that these orders belong to, each with those orders."""
    rows = await tx.fetch(
        """
        SELECT termination_id, array_agg(order_id ORDER BY order_id)
          FROM task
         WHERE order_id = ANY ($1::text[])
         GROUP BY termination_id
         ORDER BY termination_id
        """,
        order_ids,
    )
    found = [(await load_one(tx, row[0]), list(row[1])) for row in rows]
    return [(*each, those) for each, those in found if each is not None]


async def load_running(tx: Transaction) -> list[str]:
    """The clients whose end has begun and is not over, in order."""
    rows = await tx.fetch(
        "SELECT DISTINCT client_id FROM termination WHERE stage IN ('asking', 'returning', 'deleting') ORDER BY 1"
    )
    return [row[0] for row in rows]


async def load_ended(tx: Transaction, client_ids: Sequence[str]) -> dict[str, Termination]:
    """Those of these clients whose contract has ended and was neither reinstated nor signed again."""
    rows = await tx.fetch(
        f"""
        {_TERMINATION}
         WHERE client_id = ANY ($1::text[]) AND stage NOT IN ('planned', 'reinstated') AND signed_again_at IS NULL
           AND seq = (SELECT max(seq) FROM termination AS other WHERE other.client_id = termination.client_id)
           AND EXISTS (SELECT FROM client WHERE client.client_id = termination.client_id)
        """,
        client_ids,
    )
    return {row["client_id"]: _termination(row)[0] for row in rows}


async def insert_termination(tx: Transaction, termination: Termination, signed: Signed, reason: str | None) -> None:
    """An end that was heard of; one that is only planned is moved to its other day."""
    await tx.execute(
        """
        INSERT INTO termination (termination_id, client_id, agreement_id, agreement_version, terminated_on, by_expiry,
                                 reason, stage, heard_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (termination_id) DO UPDATE
           SET terminated_on = excluded.terminated_on, by_expiry = excluded.by_expiry, reason = excluded.reason
        """,
        termination.termination_id,
        termination.client_id,
        *signed,
        termination.terminated_on,
        termination.by_expiry,
        reason,
        termination.stage,
        tx.now,
    )


async def set_stage(tx: Transaction, termination_id: str, stage: Stage) -> None:
    """How far it is."""
    await tx.execute("UPDATE termination SET stage = $2 WHERE termination_id = $1", termination_id, stage)


async def set_closing(tx: Transaction, termination_id: str, closes_at: datetime) -> None:
    """The client is asked until then."""
    await tx.execute(
        "UPDATE termination SET stage = 'asking', closes_at = $2 WHERE termination_id = $1", termination_id, closes_at
    )


async def set_choice(tx: Transaction, termination_id: str, made: ChoiceMade, chosen_on: date) -> None:
    """What the client chose."""
    await tx.execute(
        """
        UPDATE termination SET choice = $2, chosen_on = $3, made_by = $4, recipient = $5
         WHERE termination_id = $1
        """,
        termination_id,
        made.choice,
        chosen_on,
        made.made_by,
        made.recipient.model_dump_json() if made.recipient else None,
    )


async def set_default(tx: Transaction, termination_id: str, choice: Choice) -> None:
    """The client chose nothing: the agreement does."""
    await tx.execute("UPDATE termination SET choice = $2 WHERE termination_id = $1", termination_id, choice)


async def settle(tx: Transaction, termination_id: str, on: date, why: str) -> None:
    """From this day on deletion may begin."""
    await tx.execute(
        """
        UPDATE termination SET stage = 'deleting', settled_on = $2, settled_why = $3 WHERE termination_id = $1
        """,
        termination_id,
        on,
        why,
    )


async def set_signed_again(tx: Transaction, termination_id: str) -> None:
    """A new contract began: what is newer than this is not this end's to delete."""
    await tx.execute("UPDATE termination SET signed_again_at = $2 WHERE termination_id = $1", termination_id, tx.now)


async def save_plan(tx: Transaction, termination_id: str, plan: Plan) -> None:
    """The plan as it is now; what is ordered already stays as it was ordered."""
    entries = plan.entries
    await tx.execute(
        """
        WITH planned AS (
            SELECT category, holder_id, action, delete_on, clause, from_json.because, from_json.held_by
              FROM unnest($2::text[], $3::text[], $4::text[], $5::date[], $6::text[], $7::jsonb[])
                   AS each (category, holder_id, action, delete_on, clause, lists),
                   LATERAL (SELECT ARRAY (SELECT jsonb_array_elements_text(lists -> 'because')) AS because,
                                   ARRAY (SELECT jsonb_array_elements_text(lists -> 'held_by')) AS held_by) AS from_json
        ), dropped AS (
            DELETE FROM task
             WHERE termination_id = $1 AND state = 'waiting'
               AND (category, holder_id) NOT IN (SELECT category, holder_id FROM planned)
        )
        INSERT INTO task (termination_id, category, holder_id, action, delete_on, clause, because, held_by, state)
        SELECT $1, category, holder_id, action, delete_on, clause, because, held_by, 'waiting'
          FROM planned
            ON CONFLICT (termination_id, category, holder_id) DO UPDATE
           SET action = excluded.action, delete_on = excluded.delete_on, clause = excluded.clause,
               because = excluded.because, held_by = excluded.held_by
         WHERE task.state IN ('waiting', 'halted')
        """,
        termination_id,
        [entry.category for entry in entries],
        [entry.holder_id for entry in entries],
        [entry.action for entry in entries],
        [entry.delete_on for entry in entries],
        [entry.clause for entry in entries],
        [entry.model_dump_json(include={"because", "held_by"}) for entry in entries],
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


def _termination(row: asyncpg.Record) -> tuple[Termination, Signed]:
    recipient = row["recipient"]
    termination = Termination(
        termination_id=row["termination_id"],
        client_id=row["client_id"],
        terminated_on=row["terminated_on"],
        stage=Stage(row["stage"]),
        by_expiry=row["by_expiry"],
        choice=Choice(row["choice"]) if row["choice"] else None,
        chosen_on=row["chosen_on"],
        recipient=Recipient.model_validate_json(recipient) if recipient else None,
        closes_at=row["closes_at"],
        settled_on=row["settled_on"],
        signed_again_at=row["signed_again_at"],
    )
    return termination, Signed(row["agreement_id"], row["agreement_version"])


def evidence_of(text: str) -> list[dict[str, object]]:
    """Evidence as it is kept."""
    found: list[dict[str, object]] = from_json(text)
    return found
