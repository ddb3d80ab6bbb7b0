"""What a certificate is made of, and the certificates that were made (TER-6)."""

from collections.abc import Sequence

import asyncpg
from pydantic_core import from_json

from chassis.database import Connection, Pool
from chassis.transaction import Transaction
from contracts.choice import Choice
from retention import missed_store
from retention.certificates import Line, Record
from retention.planning import Hold
from retention.task_store import evidence_of
from retention.terminations import State


async def load_record(connection: Pool | Connection, termination_id: str) -> Record | None:
    """All that is known of one termination."""
    row = await connection.fetchrow(
        """
        SELECT client_id, name, terminated_on, choice, chosen_on, made_by, without_holder
          FROM termination JOIN client USING (client_id)
         WHERE termination_id = $1
        """,
        termination_id,
    )
    if row is None:
        return None
    return Record(
        client_id=row["client_id"],
        client=row["name"],
        terminated_on=row["terminated_on"],
        choice=Choice(row["choice"]) if row["choice"] else None,
        chosen_on=row["chosen_on"],
        made_by=row["made_by"],
        lines=tuple(await _lines(connection, termination_id)),
        returned=tuple(await _returned(connection, termination_id)),
        holds=tuple(await _holds(connection, row["client_id"])),
        without_holder=tuple(row["without_holder"]),
        missed=tuple(await missed_store.load(connection, termination_id)),
    )


async def _lines(connection: Pool | Connection, termination_id: str) -> list[Line]:
    rows = await connection.fetch(
        """
        SELECT task.category, task.holder_id, coalesce(holder.name, subprocessor.name, task.holder_id) AS holder,
               coalesce(holder.kind, 'subprocessor') AS kind, task.state, delete_on, because, coded, held_by, evidence,
               checked_at, reopened, ordered_at, coalesce(reminders, 0) AS reminders, failure
          FROM task
               LEFT JOIN holder ON holder.holder_id = task.holder_id
               LEFT JOIN subprocessor ON subprocessor.subprocessor_id = task.holder_id
               LEFT JOIN holder_order USING (order_id)
         WHERE task.termination_id = $1
         ORDER BY task.category, task.holder_id
        """,
        termination_id,
    )
    return [
        Line(
            category=row["category"],
            holder_id=row["holder_id"],
            holder=row["holder"],
            kind=row["kind"],
            state=State(row["state"]),
            delete_on=row["delete_on"],
            because=tuple(row["because"]),
            coded=tuple(row["coded"]),
            held_by=tuple(row["held_by"]),
            evidence=evidence_of(row["evidence"]),
            checked_at=row["checked_at"],
            reopened=row["reopened"],
            ordered_at=row["ordered_at"],
            reminders=row["reminders"],
            failure=row["failure"],
        )
        for row in rows
    ]


async def _returned(connection: Pool | Connection, termination_id: str) -> list[dict[str, object]]:
    rows = await connection.fetch(
        """
        SELECT holder_id, contents, manifest_sha256, package_sha256, encryption, ready_at, downloaded_at,
               acknowledged_at, acknowledged_by
          FROM package
         WHERE termination_id = $1
         ORDER BY holder_id
        """,
        termination_id,
    )
    return [_package(row) for row in rows]


def _package(row: asyncpg.Record) -> dict[str, object]:
    instants = {
        name: row[name].isoformat() if row[name] else None for name in ("ready_at", "downloaded_at", "acknowledged_at")
    }
    return {
        "holder": row["holder_id"],
        "contents": from_json(row["contents"]),
        "manifest_sha256": row["manifest_sha256"],
        "package_sha256": row["package_sha256"],
        "encryption": row["encryption"],
        "acknowledged_by": row["acknowledged_by"],
        **instants,
    }


async def _holds(connection: Pool | Connection, client_id: str) -> Sequence[Hold]:
    rows = await connection.fetch(
        """
        SELECT hold_id, categories, legal_basis, until
          FROM hold
         WHERE client_id = $1 AND lifted_at IS NULL
         ORDER BY placed_at, hold_id
        """,
        client_id,
    )
    return [Hold(row[0], frozenset(row[1]), row[2], row[3]) for row in rows]


async def load_escalated(tx: Transaction, termination_id: str) -> frozenset[tuple[str, str]]:
    """The lines of a plan whose holders were reminded in vain, or said that they can't."""
    rows = await tx.fetch(
        """
        SELECT task.category, task.holder_id
          FROM task
               JOIN holder_order ON holder_order.order_id IN (task.order_id, task.order_id || '.check')
         WHERE task.termination_id = $1 AND holder_order.state = 'open' AND escalated_at IS NOT NULL
        """,
        termination_id,
    )
    return frozenset((row[0], row[1]) for row in rows)


async def is_new(tx: Transaction, termination_id: str, facts_sha256: str) -> bool:
    """Whether the last certificate of a termination says something else, or there is none."""
    last = await tx.fetchval(
        "SELECT facts_sha256 FROM certificate WHERE termination_id = $1 ORDER BY made_at DESC LIMIT 1", termination_id
    )
    return bool(last != facts_sha256)


async def insert_certificate(
    tx: Transaction,
    certificate_id: str,
    termination_id: str,
    client_id: str,
    document: str,
    hashes: tuple[str, str],
    *,
    complete: bool,
) -> None:
    """A certificate as it is given out; `hashes` are of the document and of its facts."""
    await tx.execute(
        """
        INSERT INTO certificate (certificate_id, termination_id, client_id, made_at, complete, facts_sha256, document,
                                 sha256)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        certificate_id,
        termination_id,
        client_id,
        tx.now,
        complete,
        hashes[1],
        document,
        hashes[0],
    )
