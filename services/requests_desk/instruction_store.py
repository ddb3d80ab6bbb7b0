"""The register of instructions: what each says in every version, and how it stood since when (§2.3)."""

from collections.abc import Sequence

from chassis.transaction import Transaction
from contracts.instruction import Instructed, InstructionChannel
from contracts.register import Standing
from requests_desk.records import Instruction, Step


async def insert_instruction(tx: Transaction, instruction_id: str, client_id: str, request_id: str | None) -> bool:
    """A new instruction, in force; False where there is one with this id."""
    status = await tx.execute(
        """
        INSERT INTO instruction (instruction_id, client_id, request_id, standing, version) VALUES ($1, $2, $3, $4, 1)
            ON CONFLICT (instruction_id) DO NOTHING
        """,
        instruction_id,
        client_id,
        request_id,
        Standing.IN_FORCE,
    )
    return status == "INSERT 0 1"


async def insert_version(
    tx: Transaction, instruction_id: str, version: int, said: Instructed, closed: bytes, sha256: str
) -> None:
    """What an instruction says from now on."""
    await tx.execute(
        """
        INSERT INTO instruction_version (instruction_id, version, channel, given_by, received_at, recorded_at, closed,
                                         sha256, purpose, data_categories, documents, additional, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        instruction_id,
        version,
        said.channel,
        said.given_by,
        said.received_at,
        tx.now,
        closed,
        sha256,
        said.purpose,
        said.data_categories,
        said.documents,
        said.additional,
        said.recorded_by,
    )


async def set_standing(tx: Transaction, instruction_id: str, step: Step) -> None:
    """How it stands from now on; how it stood before is kept."""
    await tx.execute(
        "UPDATE instruction SET standing = $2, version = $3 WHERE instruction_id = $1",
        instruction_id,
        step.standing,
        step.version,
    )
    await tx.execute(
        """
        INSERT INTO instruction_step (instruction_id, at, standing, version, what, by, reason, too_late_for)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        instruction_id,
        tx.now,
        step.standing,
        step.version,
        step.what,
        step.by,
        step.reason,
        step.too_late_for,
    )


async def lock_instruction(tx: Transaction, instruction_id: str) -> Instruction | None:
    """The instruction as it stands; nobody else decides about it until the commit.

    Whoever also locks a request locks that first.
    """
    await tx.execute("SELECT FROM instruction WHERE instruction_id = $1 FOR UPDATE", instruction_id)
    # A statement of its own: one that waited for the lock would not see the version that was written meanwhile.
    row = await tx.fetchrow(
        """
        SELECT instruction_id, client_id, request_id, standing, version, sha256, channel, given_by, received_at
          FROM instruction JOIN instruction_version USING (instruction_id, version)
         WHERE instruction_id = $1
        """,
        instruction_id,
    )
    if row is None:
        return None
    return Instruction(
        row["instruction_id"],
        row["client_id"],
        row["request_id"],
        Standing(row["standing"]),
        row["version"],
        row["sha256"],
        InstructionChannel(row["channel"]),
        row["given_by"],
        row["received_at"],
    )


async def load_sent(tx: Transaction, instruction_id: str) -> Sequence[str]:
    """The answers that have left on it."""
    rows = await tx.fetch(
        "SELECT answer_id FROM answer WHERE instruction_id = $1 ORDER BY sent_at, seq", instruction_id
    )
    return [row["answer_id"] for row in rows]
