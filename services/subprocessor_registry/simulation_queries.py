"""What a what-if reads beside the state that its decisions need: whom a notice would go to, and which windows run."""

from datetime import date
from typing import Final, NamedTuple

from pydantic import BaseModel, Field

from chassis.transaction import Transaction
from subprocessor_registry.client_store import ACTIVE

FIRST_CLIENTS: Final = 100


class Concerned(NamedTuple):
    """How many clients, and the first of them by id."""

    clients: int
    first: tuple[str, ...]


class OpenWindow(BaseModel):
    """Another change that clients may still object to on that day, or haven't received yet."""

    change_id: str
    subprocessor_id: str
    effective_on: date
    awaiting_receipt: int = Field(description="clients without receipt")
    window_open: int = Field(description="clients that may still object")
    last_day_on: date | None = Field(description="the last day of the window that closes last")
    clients: list[str] = Field(description=f"the first {FIRST_CLIENTS} clients that may still object")


async def active_clients(tx: Transaction, on: date) -> Concerned:
    """The clients that a change announced on a day concerns (§4.3): they have signed, and not left by then."""
    rows = await tx.fetch(
        f"SELECT client_id, count(*) OVER () AS clients FROM ({ACTIVE}) AS active ORDER BY client_id LIMIT $2",
        on,
        FIRST_CLIENTS,
    )
    return Concerned(rows[0]["clients"] if rows else 0, tuple(row["client_id"] for row in rows))


async def open_windows(tx: Transaction, subprocessor_id: str, on: date) -> list[OpenWindow]:
    """The changes of other sub-processors that clients may object to on a day, or have not received (§4.4)."""
    rows = await tx.fetch(
        """
        SELECT change_id, subprocessor_id, effective_on,
               count(*) FILTER (WHERE client_change.status = 'awaiting_receipt') AS awaiting_receipt,
               count(*) FILTER (WHERE client_change.status = 'window_open') AS window_open,
               max(last_day_on) AS last_day_on,
               coalesce((array_agg(client_id ORDER BY client_id)
                            FILTER (WHERE client_change.status = 'window_open'))[:$3], '{}') AS clients
          FROM change JOIN client_change USING (change_id)
         WHERE subprocessor_id <> $1 AND kind <> 'removal'
           AND (client_change.status = 'awaiting_receipt'
                OR client_change.status = 'window_open' AND last_day_on >= $2)
         GROUP BY change_id
         ORDER BY change.seq
        """,
        subprocessor_id,
        on,
        FIRST_CLIENTS,
    )
    return [OpenWindow.model_validate(dict(row)) for row in rows]
