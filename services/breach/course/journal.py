"""All that was said of an incident, in order: evidence, and why something that somebody said changed nothing."""

from chassis.message import Cause
from chassis.transaction import Transaction
from contracts.breach import BreachEvent
from contracts.incident import IncidentRefused


async def note(tx: Transaction, said: BreachEvent) -> None:
    """Keep what was said, with the event that it comes from."""
    await tx.execute(
        "INSERT INTO journal (incident_id, at, what, cause, data) VALUES ($1, $2, $3, $4, $5)",
        said.incident_id,
        tx.now,
        said.TYPE,
        cause_of(tx.cause),
        said.model_dump_json(exclude_none=True),
    )


async def note_refusal(tx: Transaction, refused: IncidentRefused) -> None:
    """Say and keep that something changed nothing."""
    tx.emit(refused)
    await note(tx, refused)


def cause_of(cause: Cause) -> str:
    """What an entry's cause is known by."""
    return f"{cause.source}/{cause.id}"
