"""What is read of the record; nothing here changes it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from pydantic_core import from_json

from chassis.database import Pool
from console.linking import Head
from console.views import EntryView

_PIECE: Final = 1000
_LAST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are meant; what is None is not asked for."""

    clause: str | None = None
    promise: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    about: str | None = None


class Chain(NamedTuple):
    """A chain as it stands."""

    head: Head
    agreement_id: str | None
    agreement_version: str | None


async def begun_at(pool: Pool) -> datetime:
    """Since when the record is complete."""
    at: datetime = await pool.fetchval("SELECT begun_at FROM begun")
    return at


async def chains(pool: Pool, names: Sequence[str]) -> Mapping[str, Chain]:
    """Those of these chains that have begun, as they stand at one instant."""
    rows = await pool.fetch(
        """
        SELECT chain, seq, hash, agreement_id, agreement_version
          FROM chain WHERE chain = ANY ($1::text[]) AND seq > 0
        """,
        names,
    )
    return {
        row["chain"]: Chain(Head(row["seq"], row["hash"]), row["agreement_id"], row["agreement_version"])
        for row in rows
    }


async def page(pool: Pool, chain: str, wanted: Filter, after: int, limit: int) -> list[EntryView]:
    """The entries of a chain that are meant, in order.

    Where all are meant, the page ends where as many have come: a chain has no gaps, however long it is.
    """
    rows = await pool.fetch(
        """
        SELECT seq, hash, recorded_at, type, clause, promises, about, body
          FROM entry
         WHERE chain = $1 AND seq > $2
           AND ($3::text IS NULL OR clause = $3)
           AND ($4::text IS NULL OR $4 = ANY (promises))
           AND ($5::text IS NULL OR type = $5)
           AND ($6::timestamptz IS NULL OR recorded_at >= $6)
           AND ($7::timestamptz IS NULL OR recorded_at < $7)
           AND ($8::text IS NULL OR $8 = ANY (about))
           AND seq <= $10
         ORDER BY seq
         LIMIT $9
        """,
        chain,
        after,
        wanted.clause,
        wanted.promise,
        wanted.type,
        wanted.since,
        wanted.until,
        wanted.about,
        limit,
        after + limit if wanted == Filter() else _LAST,
    )
    return [EntryView(**{**_but_body(dict(row)), "entry": from_json(row["body"])}) for row in rows]


async def bodies(pool: Pool, chain: str, through: int) -> AsyncIterator[list[tuple[str, str]]]:
    """All entries of a chain up to one of them, each as it was hashed and with its hash, in pieces."""
    after = 0
    while after < through:
        rows = await pool.fetch(
            "SELECT seq, body, hash FROM entry WHERE chain = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
            chain,
            after,
            through,
            _PIECE,
        )
        if not rows:
            return
        yield [(row["body"], row["hash"]) for row in rows]
        after = rows[-1]["seq"]


def _but_body(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "body"}
