"""The statement of account of a dispute, for its client and for staff (§14)."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request, Response

from agreement.deadlines import local_date
from assurance import client_store, queries
from assurance.disputes import Dispute
from assurance.matter_store import About
from assurance.reading_api import app_of
from assurance.statement import Statement
from assurance.views import MatterView
from chassis.asking import PathId, Running, found
from chassis.database import Pool
from chassis.http import Authenticated
from chassis.rights import Right
from contracts.assurance import Matter

router = APIRouter(tags=["disputes"])
_AT_MOST: Final = 500
"""Of what else lies between the parties; the API's lists have all of it."""


@router.get(
    "/clients/{client_id}/disputes/{dispute_id}/evidence",
    summary="All that was said of a dispute, as a PDF with its JSON attached",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
async def print_evidence(
    client_id: PathId, dispute_id: PathId, request: Request, caller: Authenticated, running: Running
) -> Response:
    """DIS-1: what was notified, said and refused, in order, with its times and people, and the date that ran."""
    caller.require(Right.SEE_AUDIT_REPORTS)
    caller.require_client(client_id)
    app, now = app_of(request), running.clock.now()
    about = About(client_id, Matter.DISPUTE, dispute_id)
    view = found(await queries.matter(running.pool, app.book, app.settings, now, about))
    client = await client_store.load_client(running.pool, client_id, local_date(app.book.latest, now))
    agreement = app.book.latest if client is None else app.book[client.signed]
    if not isinstance(view.record, Dispute):
        raise TypeError(f"{dispute_id} is no dispute")
    journal = [each async for each in queries.whole_journal(running.pool, about)]
    statement = Statement(agreement, view, view.record, journal, await _others(running.pool, about), now)
    content = await asyncio.to_thread(_print, statement)
    headers = {"Content-Disposition": f'attachment; filename="{dispute_id}.pdf"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _print(statement: Statement) -> bytes:
    from assurance.dispute_paper import paper_of  # what prints costs memory: only who prints pays

    return paper_of(statement)


async def _others(pool: Pool, about: About) -> list[MatterView]:
    lists = [
        await queries.matters(pool, kind, client_id=about.client_id, is_open=None, before=None, limit=_AT_MOST)
        for kind in Matter
    ]
    views = [view for each in lists for view, _ in each if (view.kind, view.matter_id) != (about.kind, about.matter_id)]
    return sorted(views, key=lambda view: view.opened_at)
