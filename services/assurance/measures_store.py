"""Versions of the security measures as they stand."""

from datetime import datetime

from assurance.measures import TO_COME, Status, Version
from chassis.database import Pool
from chassis.transaction import Transaction

_OF_STATUS = "SELECT record FROM measures WHERE agreement_id = $1 AND status = ANY ($2::text[])"


async def load_in_force(db: Transaction | Pool, agreement_id: str) -> Version | None:
    """The version in force."""
    return _version(await db.fetchval(_OF_STATUS, agreement_id, [Status.IN_FORCE]))


async def load_to_come(tx: Transaction, agreement_id: str) -> Version | None:
    """The version that is held, or waits for its day; there is one at most."""
    return _version(await tx.fetchval(_OF_STATUS, agreement_id, sorted(TO_COME)))


async def load(db: Transaction | Pool, agreement_id: str, version_id: str) -> Version | None:
    """One version."""
    query = "SELECT record FROM measures WHERE agreement_id = $1 AND version_id = $2"
    return _version(await db.fetchval(query, agreement_id, version_id))


async def load_as_of(pool: Pool, agreement_id: str, at: datetime) -> Version | None:
    """The version that was in force at an instant."""
    return _version(
        await pool.fetchval(
            """
            SELECT record FROM measures
             WHERE agreement_id = $1 AND in_force_from <= $2
             ORDER BY in_force_from DESC, seq DESC LIMIT 1
            """,
            agreement_id,
            at,
        )
    )


async def load_history(pool: Pool, agreement_id: str, *, to_come: bool) -> list[Version]:
    """Every version that was in force, the newest first; with those that never were, for who keeps them."""
    rows = await pool.fetch(
        """
        SELECT record FROM measures
         WHERE agreement_id = $1 AND ($2 OR in_force_from IS NOT NULL)
         ORDER BY seq DESC
        """,
        agreement_id,
        to_come,
    )
    return [Version.model_validate_json(row["record"]) for row in rows]


async def save(tx: Transaction, version: Version) -> None:
    """A version as it stands now."""
    await tx.execute(
        """
        INSERT INTO measures (agreement_id, version_id, status, in_force_from, record) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (agreement_id, version_id) DO UPDATE
           SET status = excluded.status, in_force_from = excluded.in_force_from, record = excluded.record
        """,
        version.proposed.agreement_id,
        version.proposed.version_id,
        version.status,
        version.in_force_from,
        version.model_dump_json(exclude_none=True),
    )


def _version(record: str | None) -> Version | None:
    return None if record is None else Version.model_validate_json(record)
