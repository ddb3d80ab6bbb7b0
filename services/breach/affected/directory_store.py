"""What the registry and the directory know: clients, whose data a sub-processor or a system may hold (SUB-7)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from agreement.book import Signed
from chassis.transaction import Transaction
from contracts.client import Language


async def save_client(
    tx: Transaction, client_id: str, name: str, language: Language, version: Signed, signed_on: date, today: date
) -> None:
    """A client, bound to what it signed from that day on; if it signs again, there is something of it again."""
    await tx.execute(
        """
        INSERT INTO client (client_id, name, agreement_id, agreement_version, language) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, language = excluded.language, gone_at = NULL
        """,
        client_id,
        name,
        version.agreement_id,
        version.version,
        language,
    )
    await bind(tx, client_id, version, signed_on, today)


async def set_language(tx: Transaction, client_id: str, language: Language) -> bool:
    """In which language the client reads from now on; False: there is no such client."""
    status = await tx.execute("UPDATE client SET language = $2 WHERE client_id = $1", client_id, language)
    return not status.endswith(" 0")


async def load_agreement(tx: Transaction, client_id: str) -> str | None:
    """The agreement of which the client signed a version; None: there is no such client."""
    agreement_id: str | None = await tx.fetchval(
        "SELECT agreement_id FROM signature WHERE client_id = $1 ORDER BY signed_on DESC, seq DESC LIMIT 1", client_id
    )
    return agreement_id


async def bind(tx: Transaction, client_id: str, version: Signed, signed_on: date, today: date) -> None:
    """§15: a version binds the client from its signature on; of two words on the same day the later one holds."""
    await tx.execute(
        "INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version) VALUES ($1, $2, $3, $4)",
        client_id,
        signed_on,
        version.agreement_id,
        version.version,
    )
    await _rebind(tx, "client_id = $2", today, client_id)


async def rebind_due(tx: Transaction, today: date) -> None:
    """§15: whoever signed for a day that has come is bound to that version now."""
    await _rebind(tx, "rebinds_on <= $1", today)


async def _rebind(tx: Transaction, which: str, today: date, *more: object) -> None:
    """These clients are bound to what they signed last by today ($1); before a first signature's day, to that one."""
    await tx.execute(
        f"""
        UPDATE client
           SET agreement_id = bound.agreement_id, agreement_version = bound.agreement_version,
               rebinds_on = (SELECT min(signed_on) FROM signature
                              WHERE signature.client_id = client.client_id AND signed_on > $1)
          FROM (SELECT DISTINCT ON (client_id) client_id, agreement_id, agreement_version
                  FROM signature
                 WHERE client_id IN (SELECT client_id FROM client WHERE {which})
                 ORDER BY client_id, signed_on > $1, abs(signed_on - $1::date), seq DESC) AS bound
         WHERE client.client_id = bound.client_id
        """,
        today,
        *more,
    )


async def load_version(tx: Transaction, client_id: str) -> tuple[Signed, date]:
    """What binds the client now, and since when it is one."""
    row = await tx.fetchrow(
        """
        SELECT agreement_id, agreement_version, (SELECT min(signed_on) FROM signature WHERE client_id = $1) AS since
          FROM client
         WHERE client_id = $1
        """,
        client_id,
    )
    if row is None:
        raise LookupError(f"client {client_id} is not there")
    return Signed(row["agreement_id"], row["agreement_version"]), row["since"]


async def set_gone(tx: Transaction, client_id: str, at: datetime) -> None:
    """Nothing of it is left (§8.3)."""
    await tx.execute("UPDATE client SET gone_at = $2 WHERE client_id = $1", client_id, at)


async def save_subprocessor(tx: Transaction, subprocessor_id: str, name: str) -> None:
    """A sub-processor, as it is called now."""
    await tx.execute(
        """
        INSERT INTO subprocessor (subprocessor_id, name) VALUES ($1, $2)
            ON CONFLICT (subprocessor_id) DO UPDATE SET name = excluded.name
        """,
        subprocessor_id,
        name,
    )


async def list_first(tx: Transaction, ids: Sequence[str], names: Sequence[str]) -> None:
    """Sub-processors that are known from the beginning; what was heard of them since stays."""
    await tx.execute(
        """
        INSERT INTO subprocessor (subprocessor_id, name) SELECT * FROM unnest($1::text[], $2::text[])
            ON CONFLICT DO NOTHING
        """,
        ids,
        names,
    )


async def load_names(tx: Transaction, ids: Sequence[str]) -> list[str]:
    """What these sub-processors are called; one that nobody announced is left out: clients are told no guess."""
    rows = await tx.fetch(
        """
        SELECT coalesce(name, subprocessor_id) AS name
          FROM unnest($1::text[]) WITH ORDINALITY AS each (subprocessor_id, nth)
          JOIN subprocessor USING (subprocessor_id)
         ORDER BY nth
        """,
        ids,
    )
    return [row["name"] for row in rows]


async def note_permitted(
    tx: Transaction, client_ids: Sequence[str], subprocessor_ids: Sequence[str], since: Sequence[date | None]
) -> None:
    """Who was ever permitted may hold data of the client, since it was for the first time."""
    await tx.execute(
        """
        INSERT INTO client_subprocessor (client_id, subprocessor_id, since)
        SELECT client_id, subprocessor_id, nullif(min(coalesce(since, '-infinity')), '-infinity')
          FROM unnest($1::text[], $2::text[], $3::date[]) AS said (client_id, subprocessor_id, since)
         GROUP BY client_id, subprocessor_id
            ON CONFLICT (client_id, subprocessor_id) DO UPDATE SET since = excluded.since
         WHERE coalesce(excluded.since, '-infinity') < coalesce(client_subprocessor.since, '-infinity')
        """,
        client_ids,
        subprocessor_ids,
        since,
    )


async def save_system(tx: Transaction, system_id: str, name: str, subprocessor_id: str | None) -> None:
    """A system that holds data; the processor's own without a sub-processor."""
    await tx.execute(
        """
        INSERT INTO system (system_id, name, subprocessor_id) VALUES ($1, $2, $3)
            ON CONFLICT (system_id) DO UPDATE SET name = excluded.name, subprocessor_id = excluded.subprocessor_id
        """,
        system_id,
        name,
        subprocessor_id,
    )


@dataclass(frozen=True, slots=True)
class Strangers:
    """What was named and is not known here."""

    clients: tuple[str, ...]
    subprocessors: tuple[str, ...]
    systems: tuple[str, ...]

    @property
    def named(self) -> tuple[str, ...]:
        """All of them, kind/id."""
        return (
            *(f"client/{each}" for each in self.clients),
            *(f"subprocessor/{each}" for each in self.subprocessors),
            *(f"system/{each}" for each in self.systems),
        )


async def load_strangers(
    tx: Transaction, clients: Collection[str], subprocessors: Collection[str], systems: Collection[str]
) -> Strangers:
    """Those of these that are not known."""
    row = await tx.fetchrow(
        """
        SELECT array(SELECT unnest($1::text[]) EXCEPT SELECT client_id FROM client ORDER BY 1),
               array(SELECT unnest($2::text[]) EXCEPT SELECT subprocessor_id FROM subprocessor ORDER BY 1),
               array(SELECT unnest($3::text[]) EXCEPT SELECT system_id FROM system ORDER BY 1)
        """,
        list(clients),
        list(subprocessors),
        list(systems),
    )
    return Strangers(*map(tuple, row)) if row else Strangers((), (), ())
