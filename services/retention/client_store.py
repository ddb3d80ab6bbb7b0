"""The clients: which version binds each, the durations that it set, and whether anything is left of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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


# §15: what binds a client on a day ($1) is what it signed last by then; before a first signature's day, that one.
_CLIENT = """
    SELECT client_id, name, durations, bound.agreement_id, bound.agreement_version
      FROM client
     CROSS JOIN LATERAL (
           SELECT agreement_id, agreement_version
             FROM signature
            WHERE signature.client_id = client.client_id
            ORDER BY signed_on > $1, abs(signed_on - $1::date), seq DESC
            LIMIT 1) AS bound
    """


async def save_client(tx: Transaction, signed: ClientSigned) -> None:
    """A client, bound to what it signed from that day on; if it signs again, there is something of it again."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name, language) VALUES ($1, $2, $3)
            ON CONFLICT (client_id) DO UPDATE
           SET name = excluded.name, language = excluded.language, gone_on = NULL
        """,
        signed.client_id,
        signed.name,
        signed.contact.language,
    )
    await bind(tx, signed.client_id, Signed(signed.agreement_id, signed.agreement_version), signed.signed_on)


async def bind(tx: Transaction, client_id: str, version: Signed, signed_on: date) -> None:
    """§15: a version binds the client from its signature on; of two words on the same day the later one holds."""
    await tx.execute(
        "INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version) VALUES ($1, $2, $3, $4)",
        client_id,
        signed_on,
        version.agreement_id,
        version.version,
    )


async def load_agreement(tx: Transaction, client_id: str) -> str | None:
    """The agreement of which the client signed a version last; None: there is no such client."""
    agreement_id: str | None = await tx.fetchval(
        "SELECT agreement_id FROM signature WHERE client_id = $1 ORDER BY signed_on DESC, seq DESC LIMIT 1", client_id
    )
    return agreement_id


async def set_language(tx: Transaction, client_id: str, language: str) -> bool:
    """The language that a client reads from now on; False if there is no such client."""
    status = await tx.execute("UPDATE client SET language = $2 WHERE client_id = $1", client_id, language)
    return not status.endswith(" 0")


async def lock_client(tx: Transaction, client_id: str, today: date) -> Client | None:
    """The client as it is bound today, and no other decision about it until the commit."""
    row = await tx.fetchrow(f"{_CLIENT} WHERE client_id = $2 FOR UPDATE OF client", today, client_id)
    return None if row is None else _client(row)


async def load_client(tx: Transaction, client_id: str, today: date) -> Client | None:
    """The client as it stands today."""
    row = await tx.fetchrow(f"{_CLIENT} WHERE client_id = $2", today, client_id)
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


async def load_page(tx: Transaction, after: str, limit: int, today: date) -> Sequence[Client]:
    """The next clients of whom there is something, in the order of their ids, as they are bound today."""
    rows = await tx.fetch(
        f"{_CLIENT} WHERE client_id > $2 AND gone_on IS NULL ORDER BY client_id LIMIT $3", today, after, limit
    )
    return [_client(row) for row in rows]


def _client(row: asyncpg.Record) -> Client:
    durations = row["durations"]
    own = (
        {category: (n, Unit(unit)) for category, (n, unit) in from_json(durations).items()} if durations != "{}" else {}
    )
    return Client(row["client_id"], row["name"], Signed(row["agreement_id"], row["agreement_version"]), own)
