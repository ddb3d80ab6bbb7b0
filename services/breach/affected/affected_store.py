"""The clients that an incident affects: how many, bound to which version, named by whom, exempt, told."""

from collections.abc import Collection

from agreement.book import Signed
from chassis.transaction import Transaction


async def count_affected(tx: Transaction, incident_id: str) -> int:
    """How many clients are affected."""
    count: int = await tx.fetchval("SELECT count(*) FROM affected WHERE incident_id = $1", incident_id)
    return count


async def load_named(tx: Transaction, incident_id: str) -> list[str]:
    """The clients that were named by their ids, those among them whom nobody knows included."""
    rows = await tx.fetch(
        """
        SELECT client_id FROM affected WHERE incident_id = $1 AND named
         UNION
        SELECT client_id FROM waiting WHERE incident_id = $1
         ORDER BY client_id
        """,
        incident_id,
    )
    return [row["client_id"] for row in rows]


async def load_told(tx: Transaction, incident_id: str, client_ids: Collection[str]) -> list[str]:
    """Those of these clients for whom a notice was ordered or has come, or an exemption was decided."""
    rows = await tx.fetch(
        """
        SELECT client_id
          FROM affected
         WHERE incident_id = $1 AND client_id = ANY ($2::text[])
           AND (ordered_at IS NOT NULL OR told_at IS NOT NULL OR exempt)
         ORDER BY client_id
        """,
        incident_id,
        list(client_ids),
    )
    return [row["client_id"] for row in rows]


async def load_version(tx: Transaction, incident_id: str, client_id: str) -> Signed | None:
    """The version that binds an affected client; None: it isn't affected, or there is no such client."""
    row = await tx.fetchrow(
        "SELECT agreement_id, agreement_version FROM affected WHERE incident_id = $1 AND client_id = $2",
        incident_id,
        client_id,
    )
    return None if row is None else Signed(row["agreement_id"], row["agreement_version"])


async def set_exempt(tx: Transaction, incident_id: str, client_id: str, *, exempt: bool) -> bool:
    """A client is exempt, or no longer; False: it was so before."""
    status = await tx.execute(
        "UPDATE affected SET exempt = $3 WHERE incident_id = $1 AND client_id = $2 AND exempt <> $3",
        incident_id,
        client_id,
        exempt,
    )
    return not status.endswith(" 0")


async def is_told(tx: Transaction, incident_id: str, client_id: str) -> bool:
    """Whether a client's first notice has been ordered, or has come."""
    return bool(
        await tx.fetchval(
            """
            SELECT ordered_at IS NOT NULL OR told_at IS NOT NULL
              FROM affected
             WHERE incident_id = $1 AND client_id = $2
            """,
            incident_id,
            client_id,
        )
    )


async def is_affected(tx: Transaction, incident_id: str, client_id: str) -> bool:
    """Whether a client is affected and not exempt."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM affected WHERE incident_id = $1 AND client_id = $2 AND NOT exempt)",
            incident_id,
            client_id,
        )
    )
