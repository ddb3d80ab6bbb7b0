"""What a client reads of the breaches that affect it, and of nobody else (§12)."""

import asyncpg

from agreement.book import Book
from breach.answers import dossier_queries
from breach.answers.views import ClientBreachAnswer, ClientBreachView
from breach.course.decisions import Status
from breach.course.incident_store import incident_of
from breach.timing.clocks import CLIENTS
from chassis.database import Pool
from contracts.client import Language

_BREACH = """
    SELECT incident.*, affected.agreement_id, affected.agreement_version, language, found_at, told_at, due_at, missed,
           array(SELECT coalesce(name, each)
                   FROM unnest(incident.subprocessor_ids) AS each LEFT JOIN subprocessor ON subprocessor_id = each
                  ORDER BY 1) AS subprocessors
      FROM affected JOIN incident USING (incident_id) JOIN clock USING (incident_id, client_id)
           JOIN client USING (client_id)
     WHERE client_id = $1 AND clock = $2 AND NOT exempt AND aware_at IS NOT NULL
"""


async def breaches(pool: Pool, book: Book, client_id: str, language: Language | None = None) -> list[ClientBreachView]:
    """Those that affect a client, the newest first; in its own language where none is asked for."""
    rows = await pool.fetch(f"{_BREACH} ORDER BY incident.seq DESC LIMIT 1000", client_id, CLIENTS)
    return [_view(book, row, language) for row in rows]


async def breach(
    pool: Pool, book: Book, client_id: str, incident_id: str, language: Language | None = None
) -> ClientBreachAnswer | None:
    """One that affects a client; None: there is none, or it doesn't."""
    row = await pool.fetchrow(f"{_BREACH} AND incident_id = $3", client_id, CLIENTS, incident_id)
    if row is None:
        return None
    phases = await dossier_queries.phases(pool, incident_id)
    steps = await dossier_queries.steps(pool, incident_id, internal=False)
    view = _view(book, row, language)
    return ClientBreachAnswer(
        **{name: getattr(view, name) for name in ClientBreachView.model_fields}, phases=phases, steps=steps
    )


def _view(book: Book, row: asyncpg.Record, language: Language | None) -> ClientBreachView:
    incident = incident_of(row)
    nature = incident.entries.get("nature")
    no_admission = book.of(row["agreement_id"], row["agreement_version"]).breach.no_admission
    return ClientBreachView(
        incident_id=row["incident_id"],
        over=Status(row["status"]).is_over,
        detected_at=row["detected_at"],
        aware_at=row["aware_at"],
        found_at=row["found_at"],
        told_at=row["told_at"],
        due_at=row["due_at"],
        missed=row["missed"],
        subprocessors=row["subprocessors"],
        data_categories=row["data_categories"],
        nature=(nature.text if nature else None) or incident.description,
        entries=dict(incident.entries),
        advice=incident.advice,
        next_at=row["next_at"],
        no_admission=no_admission.fr if (language or row["language"]) == Language.FRENCH else no_admission.en,
    )
