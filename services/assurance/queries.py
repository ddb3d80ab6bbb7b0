"""What people read of matters, of what was said, and why something that was said changed nothing."""

from collections.abc import AsyncIterator
from datetime import date, datetime

import asyncpg
from pydantic_core import from_json

from agreement.book import Book
from agreement.deadlines import local_date
from assurance import client_store
from assurance.assistance import Assistance
from assurance.audit_record import Audit
from assurance.disputes import Dispute
from assurance.gate_state import AuditWorld, GateState
from assurance.gates import earliest, judge
from assurance.matter_store import RECORDS, About
from assurance.questions import Question
from assurance.settings import AssuranceSettings
from assurance.taking import audit_world
from assurance.views import GateView, JournalView, MatterView
from assurance.words import World
from chassis.database import Pool
from contracts.assurance import AssuranceRefused, Matter

Place = tuple[str | int, ...]
_PAGE = 500
_MATTER = "SELECT client_id, kind, matter_id, status, is_over, due_on, overdue, opened_at, record, seq FROM matter"


async def matters(
    pool: Pool, kind: Matter, *, client_id: str | None, is_open: bool | None, before: int | None, limit: int
) -> list[tuple[MatterView, Place]]:
    """The newest matters of a kind, each with its place."""
    rows = await pool.fetch(
        f"""
        {_MATTER}
         WHERE kind = $1 AND ($2::text IS NULL OR client_id = $2) AND ($3::boolean IS NULL OR is_over <> $3)
           AND ($4::bigint IS NULL OR seq < $4)
         ORDER BY seq DESC LIMIT $5
        """,
        kind,
        client_id,
        is_open,
        before,
        limit,
    )
    return [(_view(row), (row["seq"],)) for row in rows]


async def matter(pool: Pool, book: Book, settings: AssuranceSettings, now: datetime, about: About) -> MatterView | None:
    """One matter; an audit with its gates."""
    row = await pool.fetchrow(
        f"{_MATTER} WHERE client_id = $1 AND kind = $2 AND matter_id = $3",
        about.client_id,
        about.kind,
        about.matter_id,
    )
    if row is None:
        return None
    view = _view(row)
    client = await client_store.load_client(pool, about.client_id, local_date(book.latest, now))
    if client is None or not isinstance(view.record, Audit):
        return view
    world = World(book[client.signed], client, now, settings.ahead_within)
    return _with_gates(await audit_world(pool, world, about, view.record.request), view, view.record)


def _with_gates(world: AuditWorld, view: MatterView, audit: Audit) -> MatterView:
    texts = {each.code: each.text for each in world.agreement.audit.gates}
    first = earliest(world, local_date(world.agreement, audit.request.received_at))
    gates = [_gate(state, texts[state.gate], audit) for state in judge(world, audit, _day(world, audit))]
    return view.model_copy(update={"gates": gates, "earliest_on": None if audit.held_on else first.opens_on})


def _day(world: AuditWorld, audit: Audit) -> date:
    """The day that the gates are judged for: when it was held, or as its terms or its request say."""
    if audit.held_on is not None:
        return audit.held_on
    if audit.terms is None:
        return audit.request.proposed_on
    return min(local_date(world.agreement, each.starts_at) for each in audit.terms.sessions)


def _gate(state: GateState, text: str, audit: Audit) -> GateView:
    return GateView(
        gate=state.gate,
        text=text,
        open=state.is_open,
        because=state.because,
        opens_when=None if state.opening is None else state.opening.sentence,
        opens_on=state.opens_on,
        since=audit.since.get(state.gate),
        steps=[] if state.reckoning is None else list(state.reckoning.because),
    )


def _view(row: asyncpg.Record) -> MatterView:
    record = RECORDS[Matter(row["kind"])].model_validate_json(row["record"])
    if not isinstance(record, Question | Audit | Assistance | Dispute):
        raise TypeError(f"a {row['kind']} is no {type(record).__name__}")
    fields = {name: row[name] for name in MatterView.model_fields if name in set(row.keys()) - {"record"}}
    return MatterView(**fields, record=record)


async def journal(
    pool: Pool, whose: str, kind: str, matter_id: str, after: int, limit: int
) -> list[tuple[JournalView, Place]]:
    """All that was said of a matter, in order, each with its place."""
    rows = await pool.fetch(
        """
        SELECT seq, at, what, data FROM journal
         WHERE whose = $1 AND kind = $2 AND matter_id = $3 AND seq > $4 ORDER BY seq LIMIT $5
        """,
        whose,
        kind,
        matter_id,
        after,
        limit,
    )
    return [(JournalView(at=row["at"], what=row["what"], data=from_json(row["data"])), (row["seq"],)) for row in rows]


async def whole_journal(pool: Pool, about: About) -> AsyncIterator[JournalView]:
    """All that was said of a matter, page by page."""
    after = 0
    while page := await journal(pool, about.client_id, about.kind, about.matter_id, after, _PAGE):
        for view, (place,) in page:
            yield view
            after = int(place)


async def refusal(pool: Pool, cause: str) -> tuple[str, str | None] | None:
    """Why what somebody said changed nothing, and its field; None: it was not refused."""
    row = await pool.fetchrow("SELECT what, data FROM journal WHERE cause = $1 AND what LIKE '%refused' LIMIT 1", cause)
    if row is None:
        return None
    if row["what"] != AssuranceRefused.TYPE:
        data = from_json(row["data"])
        return data["reason"], data.get("field")
    refused = AssuranceRefused.model_validate_json(row["data"])
    closed = " is closed" if refused.opens_when is not None else ""
    parts = [
        refused.reason
        if refused.gate is None
        else f"the gate {refused.gate}{closed} (§{refused.clause}): {refused.reason}"
    ]
    parts += [] if refused.opens_when is None else [f"it opens when {refused.opens_when}"]
    parts += [] if refused.opens_on is None else [f"not before {refused.opens_on}"]
    return "; ".join(parts), refused.field
