"""The ends of contracts and the lines of their plans (§8.3)."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.choice import Choice, ChoiceMade, Recipient
from retention.terminations import Stage, Termination

_TERMINATION = """
    SELECT termination_id, client_id, agreement_id, agreement_version, terminated_on, by_expiry, stage, choice,
           chosen_on, recipient, closes_at, fetch_closes_at, settled_on,
           signed_again_at
      FROM termination
"""


async def load_current(tx: Transaction, client_id: str) -> tuple[Termination, Signed] | None:
    """The last end of a client's contract that was heard of, and the version that governs it."""
    row = await tx.fetchrow(f"{_TERMINATION} WHERE client_id = $1 ORDER BY seq DESC LIMIT 1", client_id)
    return None if row is None else _termination(row)


async def load_open(tx: Transaction, client_id: str) -> list[tuple[Termination, Signed]]:
    """The ends of a client's contracts from which something still follows, the oldest first.

    There are several where a client has signed again, and left again, while data of its first contract were held.
    """
    rows = await tx.fetch(
        f"{_TERMINATION} WHERE client_id = $1 AND stage NOT IN ('complete', 'reinstated') ORDER BY seq", client_id
    )
    return [_termination(row) for row in rows]


async def load_all(tx: Transaction, client_id: str) -> list[tuple[Termination, Signed]]:
    """Every end of a client's contracts, the oldest first."""
    rows = await tx.fetch(f"{_TERMINATION} WHERE client_id = $1 ORDER BY seq", client_id)
    return [_termination(row) for row in rows]


async def load_again(tx: Transaction, client_id: str) -> list[Termination]:
    """The ends that a new signature of this client comes after: those that are open, and the last where all is gone."""
    rows = await tx.fetch(
        f"""
        {_TERMINATION}
         WHERE client_id = $1 AND stage <> 'reinstated'
           AND (stage <> 'complete'
                OR seq = (SELECT max(seq) FROM termination AS other WHERE other.client_id = $1))
         ORDER BY seq
        """,
        client_id,
    )
    return [_termination(row)[0] for row in rows]


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
    """What the client chose; a default that ran without it settles nothing any more."""
    await tx.execute(
        """
        UPDATE termination SET choice = $2, chosen_on = $3, made_by = $4, recipient = $5, choice_id = $6,
                               settled_on = NULL, settled_why = NULL
         WHERE termination_id = $1
        """,
        termination_id,
        made.choice,
        chosen_on,
        made.made_by,
        made.recipient.model_dump_json() if made.recipient else None,
        tx.cause.id,
    )


async def set_fetching(tx: Transaction, termination_id: str, closes_at: datetime) -> None:
    """Everything that is returned is ready, to be fetched until then."""
    await tx.execute("UPDATE termination SET fetch_closes_at = $2 WHERE termination_id = $1", termination_id, closes_at)


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
    """A new contract began: what is newer than this is not this end's to delete; the first word of it counts."""
    await tx.execute(
        "UPDATE termination SET signed_again_at = coalesce(signed_again_at, $2) WHERE termination_id = $1",
        termination_id,
        tx.now,
    )


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
        fetch_closes_at=row["fetch_closes_at"],
        settled_on=row["settled_on"],
        signed_again_at=row["signed_again_at"],
    )
    return termination, Signed(row["agreement_id"], row["agreement_version"])
