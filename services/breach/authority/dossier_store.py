"""What went to authorities, each time as the dossier stood then."""

from collections.abc import Mapping

from pydantic_core import to_json

from chassis.transaction import Transaction
from contracts.breach import BreachAuthorityNotified, Entry
from contracts.incident import IncidentDossierSubmitted


async def is_late(tx: Transaction, said: BreachAuthorityNotified) -> bool:
    """Whether the first notification of an authority came after its clock was over; those after it are as it was."""
    late: bool | None = await tx.fetchval(
        """
        SELECT coalesce(CASE WHEN stopped_why = 'notified' THEN stopped_at END, $3) >= due_at
          FROM clock
         WHERE incident_id = $1 AND clock = $2 AND client_id = ''
        """,
        said.incident_id,
        said.clock,
        said.submitted_at,
    )
    return bool(late)


async def count_submissions(tx: Transaction, incident_id: str, clock: str) -> int:
    """How many notifications went to the authority of this clock."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM submission WHERE incident_id = $1 AND clock = $2", incident_id, clock
    )
    return count


async def insert_submission(
    tx: Transaction,
    said: BreachAuthorityNotified,
    submitted: IncidentDossierSubmitted,
    nth: int,
    entries: Mapping[str, Entry],
) -> None:
    """A notification, with all that it held."""
    await tx.execute(
        """
        INSERT INTO submission (incident_id, clock, nth, kind, submitted_at, submitted_by, reference, missing, entries)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        said.incident_id,
        said.clock,
        nth,
        submitted.kind,
        said.submitted_at,
        said.submitted_by,
        said.reference,
        list(submitted.missing),
        to_json(entries, exclude_none=True).decode(),
    )
