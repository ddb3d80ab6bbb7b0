"""The last word per client and sub-processor, row by row what the compacted topic says."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter

import asyncpg

from chassis.transaction import Transaction
from contracts.change import ChangeKind
from contracts.permission import PermissionSet
from subprocessor_registry.decisions import Status
from subprocessor_registry.permitting import Case, Footing


async def save_permissions(tx: Transaction, permissions: Sequence[PermissionSet]) -> list[PermissionSet]:
    """Keep the last word per client and sub-processor; return those that say something new."""
    rows = await tx.fetch(
        """
        INSERT INTO permission AS known (client_id, subprocessor_id, standing, permitted_from, reason, clause,
                                         change_id)
        SELECT *
          FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::text[], $6::text[], $7::text[])
            ON CONFLICT (client_id, subprocessor_id) DO UPDATE
           SET standing = excluded.standing, permitted_from = excluded.permitted_from, reason = excluded.reason,
               clause = excluded.clause, change_id = excluded.change_id
         WHERE known IS DISTINCT FROM excluded
        RETURNING client_id, subprocessor_id
        """,
        [permission.client_id for permission in permissions],
        [permission.subprocessor_id for permission in permissions],
        [permission.standing for permission in permissions],
        [permission.permitted_from for permission in permissions],
        [permission.reason for permission in permissions],
        [permission.clause for permission in permissions],
        [permission.change_id for permission in permissions],
    )
    new = {(row[0], row[1]) for row in rows}
    return [permission for permission in permissions if (permission.client_id, permission.subprocessor_id) in new]


async def delete_permissions(tx: Transaction, subprocessor_id: str, client_ids: Sequence[str]) -> list[str]:
    """There is no word any more on the sub-processor and these clients; return those that had one, in order."""
    rows = await tx.fetch(
        """
        DELETE FROM permission WHERE subprocessor_id = $1 AND client_id = ANY ($2::text[])
        RETURNING client_id
        """,
        subprocessor_id,
        client_ids,
    )
    return sorted(row["client_id"] for row in rows)


async def delete_all(tx: Transaction, subprocessor_id: str) -> list[str]:
    """The sub-processor is gone: nobody may use it; return the clients that could, in order."""
    rows = await tx.fetch("DELETE FROM permission WHERE subprocessor_id = $1 RETURNING client_id", subprocessor_id)
    return sorted(row["client_id"] for row in rows)


async def delete_all_of(tx: Transaction, client_id: str) -> list[str]:
    """The client has left; return the sub-processors that it had a word on, in order."""
    rows = await tx.fetch("DELETE FROM permission WHERE client_id = $1 RETURNING subprocessor_id", client_id)
    return sorted(row["subprocessor_id"] for row in rows)


async def load_cases(tx: Transaction, subprocessor_id: str, client_ids: Sequence[str], today: date) -> list[Case]:
    """What decides whether a sub-processor may be used for each of these clients.

    What was before it left the list last has no weight any more.
    """
    rows = await tx.fetch(
        """
        WITH footing AS (
            SELECT client_id, change_id, kind, change.status = 'in_effect' AS on_list, client_change.status,
                   in_effect_on, seq
              FROM change JOIN client_change USING (change_id)
             WHERE subprocessor_id = $1 AND client_id = ANY ($2::text[]) AND kind IN ('addition', 'modification')
               AND change.status IN ('announced', 'in_effect') AND client_change.status <> 'ended'
               AND seq > (SELECT coalesce(max(seq), 0) FROM change
                           WHERE subprocessor_id = $1 AND kind = 'removal' AND status = 'in_effect')
        )
        SELECT client_id, active_from, active_until IS NULL OR active_until > $3 AS active,
               EXISTS (SELECT FROM listing
                        WHERE subprocessor_id = $1 AND replaced_at IS NULL AND valid_until IS NULL) AS listed,
               change_id, kind, on_list, status, in_effect_on
          FROM client LEFT JOIN footing USING (client_id)
         WHERE client_id = ANY ($2::text[])
         ORDER BY client_id, seq
        """,
        subprocessor_id,
        client_ids,
        today,
    )
    return [_case(subprocessor_id, list(those)) for _, those in groupby(rows, key=itemgetter("client_id"))]


def _case(subprocessor_id: str, rows: Sequence[asyncpg.Record]) -> Case:
    footings = tuple(
        Footing(row["change_id"], ChangeKind(row["kind"]), row["on_list"], Status(row["status"]), row["in_effect_on"])
        for row in rows
        if row["change_id"] is not None
    )
    first = rows[0]
    return Case(first["client_id"], subprocessor_id, first["active_from"], first["active"], first["listed"], footings)
