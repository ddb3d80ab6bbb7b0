"""The clients: which version binds each, the durations that it set, and whether anything is left of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
from pydantic_core import from_json, to_json

from agreement.book import Signed
from agreement.periods import Unit
from chassis.transaction import Transaction
from contracts.client import ClientSettingsChanged, ClientSigned

Durations: TypeAlias = Mapping[str, tuple[int, Unit]]


@dataclass(frozen=True, slots=True)
class Client:
    """A client as retention knows it."""

    client_id: str
    name: str
    signed: Signed
    durations: Durations


_CLIENT = "SELECT client_id, name, agreement_id, agreement_version, durations FROM client"


async def save_client(tx: Transaction, signed: ClientSigned) -> None:
    """A client is bound to a version; if it signs again, there is something of it again."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name, agreement_id, agreement_version, language)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (client_id) DO UPDATE
           SET name = excluded.name, language = excluded.language, agreement_id = excluded.agreement_id,
               agreement_version = excluded.agreement_version, gone_on = NULL
        """,
        signed.client_id,
        signed.name,
        signed.agreement_id,
        signed.agreement_version,
        signed.contact.language,
    )


async def set_language(tx: Transaction, client_id: str, language: str) -> bool:
    """The language that a client reads from now on; False if there is no such client."""
    status = await tx.execute("UPDATE client SET language = $2 WHERE client_id = $1", client_id, language)
    return not status.endswith(" 0")


async def bind(tx: Transaction, client_id: str, version: str) -> bool:
    """§15: another version binds the client; False if there is no such client."""
    status = await tx.execute("UPDATE client SET agreement_version = $2 WHERE client_id = $1", client_id, version)
    return not status.endswith(" 0")


async def lock_client(tx: Transaction, client_id: str) -> Client | None:
    """The client, and no other decision about it until the commit."""
    row = await tx.fetchrow(f"{_CLIENT} WHERE client_id = $1 FOR UPDATE", client_id)
    return None if row is None else _client(row)


async def load_client(tx: Transaction, client_id: str) -> Client | None:
    """The client as it stands."""
    row = await tx.fetchrow(f"{_CLIENT} WHERE client_id = $1", client_id)
    return None if row is None else _client(row)


async def set_durations(tx: Transaction, changed: ClientSettingsChanged) -> None:
    """Appendix A: the client's own durations; categories that it doesn't name keep theirs."""
    fresh = {each.category: (each.n, each.unit) for each in changed.retention}
    await tx.execute(
        "UPDATE client SET durations = durations || $2::jsonb WHERE client_id = $1",
        changed.client_id,
        to_json(fresh).decode(),
    )


async def set_gone(tx: Transaction, client_id: str) -> None:
    """All that there was is deleted: the daily orders pass the client by."""
    await tx.execute("UPDATE client SET gone_on = $2 WHERE client_id = $1", client_id, tx.now.date())


async def load_page(tx: Transaction, after: str, limit: int) -> Sequence[Client]:
    """The next clients of whom there is something, in the order of their ids."""
    rows = await tx.fetch(
        f"{_CLIENT} WHERE client_id > $1 AND gone_on IS NULL ORDER BY client_id LIMIT $2", after, limit
    )
    return [_client(row) for row in rows]


def _client(row: asyncpg.Record) -> Client:
    durations = row["durations"]
    own = (
        {category: (n, Unit(unit)) for category, (n, unit) in from_json(durations).items()} if durations != "{}" else {}
    )
    return Client(row["client_id"], row["name"], Signed(row["agreement_id"], row["agreement_version"]), own)
