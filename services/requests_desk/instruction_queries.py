"""The register of instructions as of any instant (INS-1)."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chassis.database import Pool
from contracts.instruction import InstructionChannel
from contracts.register import Standing
from requests_desk.finding import place_of_instruction
from requests_desk.vault import Said, Vault
from requests_desk.views import InstructionView, InstructionWhole, StepView

Place = tuple[str | int, ...]

_AS_OF = """
    SELECT instruction.instruction_id, client_id, request_id, step.standing, step.at AS since, step.by, step.reason,
           said.version, channel, given_by, received_at, recorded_at, recorded_by, purpose, data_categories, additional,
           sha256, documents, closed, instruction.seq,
           (SELECT handler FROM request WHERE request.request_id = instruction.request_id) AS handler
      FROM instruction
     CROSS JOIN LATERAL (SELECT standing, at, "by", reason, version
                           FROM instruction_step
                          WHERE instruction_step.instruction_id = instruction.instruction_id AND at <= $1
                          ORDER BY seq DESC
                          LIMIT 1) AS step
      JOIN instruction_version AS said
        ON said.instruction_id = instruction.instruction_id AND said.version = step.version
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose eyes it is for: `handler` of the staff reads what is about a request only where it handles that request."""

    vault: Vault
    handler: str | None = None

    def text_of(self, row: asyncpg.Record) -> str | None:
        """What an instruction says; None: it is erased, or not for these eyes."""
        is_ours = self.handler is None or row["request_id"] is None or row["handler"] == self.handler
        if not is_ours or row["closed"] is None:
            return None
        return self.vault.open(Said, row["closed"], place_of_instruction(row["instruction_id"], row["version"])).text


async def register(
    pool: Pool, reader: Reader | None, *, client_id: str, as_of: datetime, after: int, limit: int
) -> list[tuple[InstructionView, Place]]:
    """A client's instructions as they stood at an instant, in the order in which they came."""
    rows = await pool.fetch(
        f"{_AS_OF} WHERE client_id = $2 AND instruction.seq > $3 ORDER BY instruction.seq LIMIT $4",
        as_of,
        client_id,
        after,
        limit,
    )
    return [(_view(row, reader), (row["seq"],)) for row in rows]


async def instruction(
    pool: Pool, reader: Reader | None, client_id: str, instruction_id: str, now: datetime
) -> InstructionWhole | None:
    """One of a client's instructions with every step; None: the client has none with this id."""
    row = await pool.fetchrow(
        f"{_AS_OF} WHERE client_id = $2 AND instruction.instruction_id = $3", now, client_id, instruction_id
    )
    if row is None:
        return None
    steps = await pool.fetch(
        """
        SELECT at, standing, version, what, "by", reason, too_late_for
          FROM instruction_step
         WHERE instruction_id = $1
         ORDER BY seq
        """,
        instruction_id,
    )
    sent = await pool.fetch("SELECT answer_id FROM answer WHERE instruction_id = $1 ORDER BY seq", instruction_id)
    view = _view(row, reader)
    return InstructionWhole(
        **{name: getattr(view, name) for name in InstructionView.model_fields},
        steps=[StepView(**dict(step)) for step in steps],
        sent=[each["answer_id"] for each in sent],
    )


def _view(row: asyncpg.Record, reader: Reader | None) -> InstructionView:
    text = reader.text_of(row) if reader else None
    coded = {"standing": Standing(row["standing"]), "channel": InstructionChannel(row["channel"]), "text": text}
    return InstructionView(**coded, **{name: row[name] for name in InstructionView.model_fields if name not in coded})
