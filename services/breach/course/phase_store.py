"""What is done about an incident and told in phases: numbered updates and steps (BRE-2, BRE-3)."""

from dataclasses import dataclass
from datetime import datetime

from breach.authority.dossier import Done
from breach.course.decisions import Said
from chassis.transaction import Transaction
from contracts.breach import BreachStepLogged, BreachUpdated, StepKind, Words
from contracts.incident import IncidentUpdated


async def insert_update(tx: Transaction, said: BreachUpdated, numbered: IncidentUpdated) -> None:
    """A numbered update; what it says is the current state, unless a later one has overtaken it."""
    await tx.execute(
        """
        INSERT INTO phase (incident_id, number, update_id, said, said_at, corrects, overtaken_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        said.incident_id,
        numbered.number,
        said.update_id,
        said.model_dump_json(exclude_none=True),
        tx.now,
        numbered.corrects,
        numbered.overtaken_by,
    )
    await tx.execute(
        "UPDATE step SET number = $2 WHERE incident_id = $1 AND number IS NULL AND NOT internal",
        said.incident_id,
        numbered.number,
    )
    current = numbered.overtaken_by is None
    await tx.execute(
        """
        UPDATE incident
           SET updates = $2, advice = CASE WHEN $3 THEN coalesce($4::jsonb, advice) ELSE advice END,
               next_at = CASE WHEN $3 THEN $5 ELSE next_at END, has_last_update = has_last_update OR $6
         WHERE incident_id = $1
        """,
        said.incident_id,
        numbered.number,
        current,
        said.advice.model_dump_json(exclude_none=True) if said.advice else None,
        said.next_at,
        said.last,
    )


async def load_said(tx: Transaction, incident_id: str) -> dict[str, Said]:
    """Each numbered update, by its own id."""
    rows = await tx.fetch(
        """
        SELECT update_id, number, (said ->> 'as_of')::timestamptz AS as_of, overtaken_by
          FROM phase WHERE incident_id = $1
        """,
        incident_id,
    )
    return {row["update_id"]: Said(row["number"], row["as_of"], row["overtaken_by"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Phase:
    """A numbered update, and the words that it corrects."""

    number: int
    said: BreachUpdated
    corrects: int | None
    corrected: Words | None
    overtaken_by: int | None


async def load_phase(tx: Transaction, incident_id: str, number: int) -> Phase:
    """One update."""
    row = await tx.fetchrow(
        """
        SELECT phase.said, phase.corrects, old.said -> 'text' AS corrected, phase.overtaken_by
          FROM phase LEFT JOIN phase AS old ON (old.incident_id, old.number) = (phase.incident_id, phase.corrects)
         WHERE phase.incident_id = $1 AND phase.number = $2
        """,
        incident_id,
        number,
    )
    if row is None:
        raise LookupError(f"incident {incident_id} has no update {number}")
    corrected = None if row["corrected"] is None else Words.model_validate_json(row["corrected"])
    said = BreachUpdated.model_validate_json(row["said"])
    return Phase(number, said, row["corrects"], corrected, row["overtaken_by"])


async def load_last_words(tx: Transaction, incident_id: str) -> list[Words]:
    """The words of every update that none has corrected or overtaken, in their order."""
    rows = await tx.fetch(
        """
        SELECT said -> 'text' AS text
          FROM phase
         WHERE incident_id = $1 AND overtaken_by IS NULL
           AND NOT EXISTS (SELECT FROM phase AS other
                            WHERE other.incident_id = phase.incident_id AND other.corrects = phase.number)
         ORDER BY number
        """,
        incident_id,
    )
    return [Words.model_validate_json(row["text"]) for row in rows]


async def load_steps(tx: Transaction, incident_id: str, number: int | None) -> list[tuple[datetime, Words]]:
    """What was done that clients are told: with this update, or (None) all of it so far."""
    rows = await tx.fetch(
        """
        SELECT taken_at, text
          FROM step
         WHERE incident_id = $1 AND NOT internal AND ($2::integer IS NULL OR number = $2)
         ORDER BY taken_at, step_id
        """,
        incident_id,
        number,
    )
    return [(row["taken_at"], Words.model_validate_json(row["text"])) for row in rows]


async def insert_step(tx: Transaction, said: BreachStepLogged) -> bool:
    """Something that was done; False: it is there already."""
    status = await tx.execute(
        """
        INSERT INTO step (incident_id, step_id, kind, taken_at, taken_by, text, internal)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING
        """,
        said.incident_id,
        said.step_id,
        said.kind,
        said.taken_at,
        said.taken_by,
        said.text.model_dump_json(exclude_none=True),
        said.internal,
    )
    return not status.endswith(" 0")


async def load_done(tx: Transaction, incident_id: str) -> list[Done]:
    """All that was done, in order."""
    rows = await tx.fetch("SELECT kind, text FROM step WHERE incident_id = $1 ORDER BY taken_at, step_id", incident_id)
    return [Done(StepKind(row["kind"]), Words.model_validate_json(row["text"])) for row in rows]
