"""The dossier for an authority, and the register of all breaches (GDPR art. 33(3), 33(5))."""

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from breach.answers import dossier_queries, queries
from breach.answers.asking import STAFF, app_of
from breach.authority import register
from breach.authority.document import Beside, Document, dossier_of
from chassis.asking import PathId, Running, found
from chassis.pages import form, table

router = APIRouter(tags=["dossiers"], dependencies=[STAFF])


@router.get("/incidents/{incident_id}/dossier", summary="The dossier for an authority")
async def read_dossier(incident_id: PathId, request: Request, running: Running) -> dict[str, Any]:
    """BRE-4: every element of GDPR art. 33(3) and of the authority's form, and by name what is missing."""
    return await _document(incident_id, request, running)


@router.get("/incidents/{incident_id}/dossier/pdf", summary="The dossier on paper")
async def print_dossier(incident_id: PathId, request: Request, running: Running) -> Response:
    """BRE-4: the same, with the JSON attached."""
    document = await _document(incident_id, request, running)
    return Response(await asyncio.to_thread(_print, document), media_type="application/pdf")


@router.get(
    "/register",
    summary="The register of all breaches",
    responses={200: {"content": {"text/csv": {}, "text/html": {}}}},
    dependencies=[Depends(form)],
)
async def read_register(request: Request, running: Running) -> Response:
    """GDPR art. 33(5): the facts of each, its effects, what was done; as JSON, CSV or a page."""
    agreement = app_of(request).book.latest
    rows = await register.rows(running.pool, agreement, running.clock.now())
    return table(request, "Register of personal data breaches", register.COLUMNS, rows)


def _print(document: Document) -> bytes:
    from breach.authority.printing import paper_of  # what prints costs memory: only who prints pays

    return paper_of(document)


async def _document(incident_id: str, request: Request, running: Running) -> Document:
    agreement, now = app_of(request).book.latest, running.clock.now()
    async with running.pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        incident = found(await queries.incident(connection, agreement, now, incident_id))
        beside = Beside(
            await dossier_queries.steps(connection, incident_id, internal=True),
            await dossier_queries.phases(connection, incident_id),
            await dossier_queries.submissions(connection, incident_id),
            await dossier_queries.names(connection, incident.subprocessor_ids, incident.systems),
        )
        return dossier_of(agreement, incident, beside, now)
