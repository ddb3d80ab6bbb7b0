"""The help with requests that clients asked for, and what it costs."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from chassis.transaction import Transaction
from contracts.dsar import Act
from contracts.request import AssistanceStanding


class Quote(BaseModel):
    """What the help costs, and who answered it."""

    quote_id: str
    amount: str
    currency: str
    text: str
    offered_by: str
    offered_at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class Assistance:
    """The help with one request, as far as it is."""

    assistance_id: str
    request_id: str
    client_id: str
    instruction_id: str
    acts: tuple[Act, ...]
    standing: AssistanceStanding
    quote: Quote | None


async def insert(tx: Transaction, assistance: Assistance, asked_by: str) -> bool:
    """The client asks; False where that was asked under this id before."""
    status = await tx.execute(
        """
        INSERT INTO assistance (assistance_id, request_id, client_id, instruction_id, acts, standing, asked_at,
                                asked_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (assistance_id) DO NOTHING
        """,
        assistance.assistance_id,
        assistance.request_id,
        assistance.client_id,
        assistance.instruction_id,
        assistance.acts,
        assistance.standing,
        tx.now,
        asked_by,
    )
    return status == "INSERT 0 1"


async def load(tx: Transaction, request_id: str, assistance_id: str) -> Assistance | None:
    """The help with a request; its request's lock is its own."""
    row = await tx.fetchrow(
        """
        SELECT assistance_id, request_id, client_id, instruction_id, acts, standing, quote
          FROM assistance
         WHERE assistance_id = $1 AND request_id = $2
        """,
        assistance_id,
        request_id,
    )
    if row is None:
        return None
    return Assistance(
        row["assistance_id"],
        row["request_id"],
        row["client_id"],
        row["instruction_id"],
        tuple(map(Act, row["acts"])),
        AssistanceStanding(row["standing"]),
        None if row["quote"] is None else Quote.model_validate_json(row["quote"]),
    )


async def set_standing(tx: Transaction, assistance_id: str, standing: AssistanceStanding, quote: Quote | None) -> None:
    """How far it is."""
    await tx.execute(
        "UPDATE assistance SET standing = $2, quote = $3 WHERE assistance_id = $1",
        assistance_id,
        standing,
        None if quote is None else quote.model_dump_json(),
    )
