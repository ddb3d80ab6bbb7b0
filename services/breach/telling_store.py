"""What is told to whom, a page of clients at a time, and who has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from agreement.book import Signed
from breach.clocks import CLIENTS
from chassis.transaction import Transaction
from contracts.incident import NoticeKind

PAGE: Final = 500
"""Clients per page; an order names at most as many."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Something that is told: of which kind, which update, to whom if it is one client alone."""

    telling_id: str
    incident_id: str
    kind: NoticeKind
    number: int | None = None
    client_id: str | None = None


class Group(NamedTuple):
    """Clients who are told the same: bound to one version, with one end of the clock, missed or not."""

    signed: Signed
    due_at: datetime
    missed: bool


async def insert_telling(tx: Transaction, telling: Telling) -> None:
    """Something is to be told."""
    await tx.execute(
        "INSERT INTO telling (telling_id, incident_id, kind, number, client_id) VALUES ($1, $2, $3, $4, $5)",
        telling.telling_id,
        telling.incident_id,
        telling.kind,
        telling.number,
        telling.client_id,
    )


async def load_telling(tx: Transaction, telling_id: str) -> Telling | None:
    """What is told."""
    row = await tx.fetchrow(
        "SELECT telling_id, incident_id, kind, number, client_id FROM telling WHERE telling_id = $1", telling_id
    )
    return None if row is None else Telling(row[0], row[1], NoticeKind(row[2]), row[3], row[4])


async def take_untold(tx: Transaction, incident_id: str) -> list[str]:
    """The next clients whose notice was not ordered yet; from now on it is."""
    rows = await tx.fetch(
        f"""
        UPDATE affected SET ordered_at = $2
         WHERE incident_id = $1
           AND client_id IN (SELECT client_id FROM affected
                              WHERE incident_id = $1 AND ordered_at IS NULL AND told_at IS NULL AND NOT exempt
                              ORDER BY client_id LIMIT {PAGE})
        RETURNING client_id
        """,
        incident_id,
        tx.now,
    )
    return sorted(row["client_id"] for row in rows)


async def load_told(tx: Transaction, telling: Telling, after: str) -> list[str]:
    """The next clients after this one whose notice was ordered; of a telling to one alone that one, ordered or not."""
    rows = await tx.fetch(
        f"""
        SELECT client_id
          FROM affected JOIN clock USING (incident_id, client_id)
         WHERE incident_id = $1 AND clock = $2 AND client_id > $3 AND NOT exempt
           AND ($4::text IS NULL AND ordered_at IS NOT NULL OR client_id = $4) AND (missed OR NOT $5)
         ORDER BY client_id
         LIMIT {PAGE}
        """,
        telling.incident_id,
        CLIENTS,
        after,
        telling.client_id,
        telling.kind is NoticeKind.BREACH_DELAY,
    )
    return [row["client_id"] for row in rows]


async def load_groups(tx: Transaction, incident_id: str, client_ids: Sequence[str]) -> Mapping[Group, tuple[str, ...]]:
    """Clients by what they are told alike; what is over now is missed."""
    rows = await tx.fetch(
        """
        SELECT agreement_id, agreement_version, due_at, missed OR (stopped_at IS NULL AND due_at <= $4) AS late,
               array_agg(client_id ORDER BY client_id)
          FROM affected JOIN clock USING (incident_id, client_id)
         WHERE incident_id = $1 AND clock = $2 AND client_id = ANY ($3::text[])
         GROUP BY 1, 2, 3, 4
         ORDER BY 1, 2, 3, 4
        """,
        incident_id,
        CLIENTS,
        client_ids,
        tx.now,
    )
    return {Group(Signed(row[0], row[1]), row[2], row[3]): tuple(row[4]) for row in rows}


async def lock(tx: Transaction, incident_ids: Sequence[str]) -> None:
    """Whoever finds the last one told must see who was told beside it."""
    await tx.execute(
        "SELECT FROM incident WHERE incident_id = ANY ($1::text[]) ORDER BY incident_id FOR UPDATE", incident_ids
    )


async def save_receipts(
    tx: Transaction,
    incident_ids: Sequence[str],
    client_ids: Sequence[str],
    ats: Sequence[datetime],
    channels: Sequence[str],
) -> list[tuple[str, str]]:
    """Keep the first receipt of each affected client; return whose it was, incident and client."""
    rows = await tx.fetch(
        """
        UPDATE affected SET told_at = first.at, channel = first.channel
          FROM (SELECT DISTINCT ON (incident_id, client_id) *
                  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS said (incident_id, client_id,
                                                                                             at, channel)
                 ORDER BY incident_id, client_id, at) AS first
         WHERE (affected.incident_id, affected.client_id) = (first.incident_id, first.client_id) AND told_at IS NULL
        RETURNING affected.incident_id, affected.client_id
        """,
        incident_ids,
        client_ids,
        ats,
        channels,
    )
    return [(row[0], row[1]) for row in rows]


async def load_all_told(tx: Transaction, incident_ids: Sequence[str]) -> list[tuple[str, int, datetime]]:
    """Those of these incidents of which every client who isn't exempt has its notice: how many, and since when."""
    rows = await tx.fetch(
        """
        SELECT incident_id, count(*), max(told_at)
          FROM affected
         WHERE incident_id = ANY ($1::text[]) AND NOT exempt
           AND NOT EXISTS (SELECT FROM affected AS other
                            WHERE other.incident_id = affected.incident_id AND other.told_at IS NULL
                              AND NOT other.exempt)
         GROUP BY incident_id
         ORDER BY incident_id
        """,
        incident_ids,
    )
    return [tuple(row) for row in rows]
