"""What is told to whom, a page of clients at a time, and who has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from agreement.book import Signed
from breach.timing.clocks import CLIENTS
from chassis.transaction import Transaction
from contracts.incident import NoticeKind

PAGE: Final = 500
"""An order names at most as many clients."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Something that is told: of which kind, which update, to whom if it is one client alone."""

    telling_id: str
    incident_id: str
    kind: NoticeKind
    number: int | None = None
    client_id: str | None = None


class Receipt(NamedTuple):
    """A client has its notice of an incident."""

    incident_id: str
    client_id: str
    told_at: datetime


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


async def take_untold(tx: Transaction, incident_id: str, after: str, limit: int) -> list[str]:
    """The next clients after this one whose notice was not ordered yet; from now on it is."""
    rows = await tx.fetch(
        """
        UPDATE affected SET ordered_at = $2
         WHERE incident_id = $1
           AND client_id IN (SELECT client_id FROM affected
                              WHERE incident_id = $1 AND client_id > $3
                                AND ordered_at IS NULL AND told_at IS NULL AND NOT exempt
                              ORDER BY client_id LIMIT $4)
        RETURNING client_id
        """,
        incident_id,
        tx.now,
        after,
        limit,
    )
    return sorted(row["client_id"] for row in rows)


async def load_told(tx: Transaction, telling: Telling, after: str, limit: int) -> list[str]:
    """The next clients after this one whose notice was ordered; of a telling to one alone that one, ordered or not."""
    rows = await tx.fetch(
        """
        SELECT client_id
          FROM affected
         WHERE incident_id = $1 AND client_id > $3 AND NOT exempt
           AND ($4::text IS NULL AND ordered_at IS NOT NULL OR client_id = $4)
           AND (NOT $5 OR (SELECT missed FROM clock
                            WHERE clock.incident_id = $1 AND clock = $2 AND clock.client_id = affected.client_id))
         ORDER BY client_id
         LIMIT $6
        """,
        telling.incident_id,
        CLIENTS,
        after,
        telling.client_id,
        telling.kind is NoticeKind.BREACH_DELAY,
        limit,
    )
    return [row["client_id"] for row in rows]


async def load_groups(tx: Transaction, incident_id: str, client_ids: Sequence[str]) -> Mapping[Group, tuple[str, ...]]:
    """Clients by what they are told alike; what is over now is missed.

    Of rows that were written a moment ago PostgreSQL has no statistics yet, hence one look per client and table.
    """
    rows = await tx.fetch(
        """
        SELECT agreement_id, agreement_version, due_at, missed OR (stopped_at IS NULL AND due_at <= $4) AS late,
               array_agg(said.client_id ORDER BY said.client_id)
          FROM unnest($3::text[]) AS said (client_id)
         CROSS JOIN LATERAL (SELECT agreement_id, agreement_version FROM affected
                              WHERE incident_id = $1 AND affected.client_id = said.client_id OFFSET 0) AS bound
         CROSS JOIN LATERAL (SELECT due_at, missed, stopped_at FROM clock
                              WHERE incident_id = $1 AND clock.client_id = said.client_id AND clock = $2
                             OFFSET 0) AS own
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
) -> list[Receipt]:
    """Keep the first receipt of each affected client; return those that are the first."""
    rows = await tx.fetch(
        """
        UPDATE affected SET told_at = first.at, channel = first.channel
          FROM (SELECT DISTINCT ON (incident_id, client_id) *
                  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS said (incident_id, client_id,
                                                                                             at, channel)
                 ORDER BY incident_id, client_id, at) AS first
         WHERE (affected.incident_id, affected.client_id) = (first.incident_id, first.client_id) AND told_at IS NULL
        RETURNING affected.incident_id, affected.client_id, told_at
        """,
        incident_ids,
        client_ids,
        ats,
        channels,
    )
    return [Receipt(*row) for row in rows]


async def load_all_told(tx: Transaction, incident_ids: Sequence[str]) -> list[tuple[str, int, datetime]]:
    """Those of these incidents of which every client who isn't exempt has its notice: how many, and since when."""
    rows = await tx.fetch(
        """
        SELECT incident_id, whom.told, whom.told_at
          FROM (SELECT incident_id FROM unnest($1::text[]) AS said (incident_id)
                 WHERE NOT EXISTS (SELECT FROM affected
                                    WHERE affected.incident_id = said.incident_id AND told_at IS NULL AND NOT exempt)
                OFFSET 0) AS done
         CROSS JOIN LATERAL (SELECT count(*) AS told, max(told_at) AS told_at
                               FROM affected
                              WHERE affected.incident_id = done.incident_id AND NOT exempt) AS whom
         ORDER BY incident_id
        """,
        incident_ids,
    )
    return [tuple(row) for row in rows]
