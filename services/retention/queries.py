"""What people read of terminations, orders, holds, flags and certificates."""

from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

import asyncpg
from pydantic import BaseModel
from pydantic_core import from_json

from agreement.book import Signed
from chassis.database import Pool
from chassis.problems import Problem
from contracts.client import Language
from contracts.erasure import ErasureConfirmed
from retention import missed_store
from retention.views import (
    CertificateView,
    FlagView,
    HoldView,
    LineView,
    MissedView,
    OrderView,
    PackageView,
    PlanAnswer,
    TerminationView,
)

V = TypeVar("V", bound=BaseModel)
Place = tuple[str | int, ...]

_TERMINATION = """
    termination_id, client_id, terminated_on, stage, reason, choice, chosen_on, made_by, closes_at, settled_on,
    settled_why, without_holder
"""
_ORDER = """
    order_id, kind, purpose, holder_id, category, cardinality(client_ids) AS clients, ordered_at, due_at, state,
    reminders, escalated_at, failure, answered_at, clause,
    CASE WHEN kind IN ('return', 'erasure', 'check') THEN
         (SELECT format('the choice of %s, by %s on %s', choice, made_by, chosen_on)
            FROM termination
           WHERE termination.termination_id = holder_order.termination_id AND made_by IS NOT NULL)
     END AS instruction
"""


async def terminations(
    pool: Pool, *, client_id: str | None, stage: str | None, before: int | None, limit: int
) -> list[tuple[TerminationView, Place]]:
    """The newest ends of contracts, each with its place."""
    rows = await pool.fetch(
        f"""
        SELECT {_TERMINATION}, seq
          FROM termination
         WHERE ($1::text IS NULL OR client_id = $1) AND ($2::text IS NULL OR stage = $2)
           AND ($3::bigint IS NULL OR seq < $3)
         ORDER BY seq DESC
         LIMIT $4
        """,
        client_id,
        stage,
        before,
        limit,
    )
    return [(_view(TerminationView, dict(row)), (row["seq"],)) for row in rows]


async def plan(pool: Pool, client_id: str) -> PlanAnswer | None:
    """The last end of a client's contract with its plan, and those before it from which something still follows."""
    rows = await pool.fetch(
        f"""
        SELECT {_TERMINATION}
          FROM termination
         WHERE client_id = $1
           AND (stage NOT IN ('complete', 'reinstated')
                OR seq = (SELECT max(seq) FROM termination AS other WHERE other.client_id = $1))
         ORDER BY seq DESC
        """,
        client_id,
    )
    plans = [await _plan(pool, row) for row in rows]
    return plans[0].model_copy(update={"earlier": plans[1:]}) if plans else None


async def _plan(pool: Pool, row: asyncpg.Record) -> PlanAnswer:
    lines = await pool.fetch(
        """
        SELECT category, holder_id, action, delete_on, state, held_by, because, clause,
               (SELECT sum((each ->> 'count')::bigint) FROM jsonb_array_elements(evidence) AS each)::bigint AS deleted
          FROM task
         WHERE termination_id = $1
         ORDER BY category, holder_id
        """,
        row["termination_id"],
    )
    return PlanAnswer(
        **_view(TerminationView, dict(row)).model_dump(),
        lines=[_view(LineView, dict(line)) for line in lines],
        not_returned=[MissedView(**asdict(each)) for each in await missed_store.load(pool, row["termination_id"])],
    )


async def chosen(pool: Pool, client_id: str, choice_id: str) -> str | None:
    """The end that this word of a client chose for; None: it was refused."""
    termination_id: str | None = await pool.fetchval(
        "SELECT termination_id FROM termination WHERE client_id = $1 AND choice_id = $2", client_id, choice_id
    )
    return termination_id


async def packages(pool: Pool, client_id: str) -> list[PackageView]:
    """What can be fetched, or was: until the end of the client's time to fetch, where a link doesn't end before it."""
    rows = await pool.fetch(
        """
        SELECT order_id, holder_id, contents, manifest_sha256, package_sha256, encryption, url,
               least(own_end, coalesce(fetch_closes_at, expires_at)) AS expires_at, ready_at, downloaded_at,
               acknowledged_at
          FROM package JOIN termination USING (termination_id)
         WHERE client_id = $1
         ORDER BY ready_at, order_id
        """,
        client_id,
    )
    return [_view(PackageView, dict(row) | {"contents": from_json(row["contents"])}) for row in rows]


async def orders(
    pool: Pool,
    *,
    client_id: str | None,
    holder_id: str | None,
    state: str | None,
    overdue_at: datetime | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[OrderView]:
    """Orders by when their answers are due; `overdue_at`: only what was due before."""
    rows = await pool.fetch(
        f"""
        SELECT {_ORDER}
          FROM holder_order
         WHERE ($1::text IS NULL OR client_ids @> ARRAY [$1]) AND ($2::text IS NULL OR holder_id = $2)
           AND ($3::text IS NULL OR state = $3) AND ($4::timestamptz IS NULL OR (due_at < $4 AND state = 'open'))
           AND ($5::timestamptz IS NULL OR (due_at, order_id) > ($5, $6))
         ORDER BY due_at, order_id
         LIMIT $7
        """,
        client_id,
        holder_id,
        state,
        overdue_at,
        *(after or (None, None)),
        limit,
    )
    return [_view(OrderView, dict(row)) for row in rows]


async def order(pool: Pool, order_id: str) -> OrderView | None:
    """One order."""
    row = await pool.fetchrow(f"SELECT {_ORDER} FROM holder_order WHERE order_id = $1", order_id)
    return None if row is None else _view(OrderView, dict(row))


async def answer(pool: Pool, order_id: str) -> ErasureConfirmed | None:
    """What a holder confirmed to have deleted for an order, as it was recorded."""
    said = await pool.fetchval("SELECT answer FROM holder_order WHERE order_id = $1 AND kind = 'erasure'", order_id)
    return None if said is None else ErasureConfirmed.model_validate_json(said)


async def holds(pool: Pool, client_id: str) -> list[HoldView]:
    """The holds on a client's data, those that are over included."""
    rows = await pool.fetch(
        """
        SELECT hold_id, client_id, kind, categories, legal_basis, reason, placed_by, until, placed_at, lifted_at,
               lifted_by
          FROM hold
         WHERE client_id = $1
         ORDER BY placed_at, hold_id
        """,
        client_id,
    )
    return [_view(HoldView, dict(row)) for row in rows]


async def flags(
    pool: Pool, *, client_id: str | None, after: tuple[datetime, str] | None, limit: int
) -> list[tuple[FlagView, Place]]:
    """What was flagged, in the order in which it was seen, each with its place."""
    rows = await pool.fetch(
        """
        SELECT flag_id, client_id, holder_id, category, seen_at, reason, clause
          FROM flag
         WHERE ($1::text IS NULL OR client_id = $1) AND ($2::timestamptz IS NULL OR (seen_at, flag_id) > ($2, $3))
         ORDER BY seen_at, flag_id
         LIMIT $4
        """,
        client_id,
        *(after or (None, None)),
        limit,
    )
    return [(_view(FlagView, dict(row)), (row["seen_at"].isoformat(), row["flag_id"])) for row in rows]


async def certificates(pool: Pool, client_id: str) -> list[CertificateView]:
    """The certificates of a client, the newest first."""
    rows = await pool.fetch(
        """
        SELECT certificate_id, made_at, complete, sha256
          FROM certificate
         WHERE client_id = $1
         ORDER BY made_at DESC
        """,
        client_id,
    )
    return [_view(CertificateView, dict(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Document:
    """A certificate as it was signed, whose it is, in which language it reads, and the version that governs it."""

    client_id: str
    document: str
    language: Language
    signed: Signed


async def document(pool: Pool, certificate_id: str) -> Document | None:
    """A certificate."""
    row = await pool.fetchrow(
        """
        SELECT client_id, document, language, termination.agreement_id, termination.agreement_version
          FROM certificate
               JOIN termination USING (termination_id, client_id)
               JOIN client USING (client_id)
         WHERE certificate_id = $1
        """,
        certificate_id,
    )
    if row is None:
        return None
    return Document(row["client_id"], row["document"], Language(row["language"]), Signed(row[3], row[4]))


async def knows(pool: Pool, client_id: str) -> bool:
    """Whether there is such a client."""
    return bool(await pool.fetchval("SELECT EXISTS (SELECT FROM client WHERE client_id = $1)", client_id))


def place_of(values: Place | None) -> tuple[datetime, str] | None:
    """The place that a cursor of time and id stands for; a made-up one is refused."""
    if values is None:
        return None
    try:
        at = datetime.fromisoformat(str(values[0]))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(HTTPStatus.BAD_REQUEST, "cursor is not one of ours: take it from `next` of the page before")
    return at, str(values[1])


def _view(model: type[V], row: dict[str, object]) -> V:
    return model.model_validate({name: row[name] for name in model.model_fields if name in row})
