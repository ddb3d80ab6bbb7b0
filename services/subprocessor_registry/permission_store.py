"""The last word per client and sub-processor, row by row what the compacted topic says."""

from collections.abc import Sequence

from chassis.transaction import Transaction
from contracts.permission import PermissionSet


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


async def load_permissions(tx: Transaction, client_id: str) -> set[str]:
    """The sub-processors that there is a word on for a client."""
    rows = await tx.fetch("SELECT subprocessor_id FROM permission WHERE client_id = $1", client_id)
    return {row["subprocessor_id"] for row in rows}


async def delete_permissions(tx: Transaction, subprocessor_id: str) -> list[str]:
    """The sub-processor is gone: nobody may use it; return the clients that could, in order."""
    rows = await tx.fetch("DELETE FROM permission WHERE subprocessor_id = $1 RETURNING client_id", subprocessor_id)
    return sorted(row["client_id"] for row in rows)
