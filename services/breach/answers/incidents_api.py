"""Incidents, as staff read them (§6)."""

from fastapi import APIRouter, Request

from breach.answers import dossier_queries, queries
from breach.answers.asking import STAFF, app_of
from breach.answers.views import AffectedView, IncidentView, JournalView, PhaseView, StepView, SubmissionView
from breach.course.decisions import Status
from chassis.asking import Cursor, PathId, Running, found, page_of
from chassis.http import Limit
from chassis.pages import Page, decode_cursor

router = APIRouter(tags=["incidents"], dependencies=[STAFF])


@router.get("/incidents", summary="Incidents, the newest first")
async def read_incidents(
    *,
    request: Request,
    running: Running,
    status: Status | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[IncidentView]:
    """§6: how each stands, and how much time is left."""
    before = decode_cursor(cursor, int)
    agreement, now = app_of(request).book.latest, running.clock.now()
    at = int(before[0]) if before else None
    return page_of(
        await queries.incidents(running.pool, agreement, now, status=status, before=at, limit=limit + 1), limit
    )


@router.get("/incidents/{incident_id}", summary="An incident")
async def read_incident(incident_id: PathId, request: Request, running: Running) -> IncidentView:
    """§6: how it stands, and how much time is left."""
    return await shown(request, running, incident_id)


@router.get("/incidents/{incident_id}/clients", summary="Whom it affects")
async def read_affected(
    *, incident_id: PathId, running: Running, cursor: Cursor = None, limit: Limit = 100
) -> Page[AffectedView]:
    """§6: who knows, since when, and until when each must know."""
    after = decode_cursor(cursor, str)
    name = str(after[0]) if after else ""
    return page_of(await queries.affected(running.pool, incident_id, name, limit + 1), limit)


@router.get("/incidents/{incident_id}/journal", summary="All that was said of it")
async def read_journal(
    *, incident_id: PathId, running: Running, cursor: Cursor = None, limit: Limit = 100
) -> Page[JournalView]:
    """§6: every detection, decision, step and refusal, with its time and person; nothing is ever changed there."""
    after = decode_cursor(cursor, int)
    at = int(after[0]) if after else 0
    return page_of(await queries.journal(running.pool, incident_id, at, limit + 1), limit)


@router.get("/incidents/{incident_id}/updates", summary="Its numbered updates")
async def read_updates(incident_id: PathId, running: Running) -> list[PhaseView]:
    """BRE-2: what was told in phases."""
    return await dossier_queries.phases(running.pool, incident_id)


@router.get("/incidents/{incident_id}/steps", summary="What was done about it")
async def read_steps(incident_id: PathId, running: Running) -> list[StepView]:
    """BRE-3: containment, investigation, cause, remedy."""
    return await dossier_queries.steps(running.pool, incident_id, internal=True)


@router.get("/incidents/{incident_id}/notifications", summary="What went to authorities")
async def read_submissions(incident_id: PathId, running: Running) -> list[SubmissionView]:
    """BRE-4: each as the dossier stood then."""
    return await dossier_queries.submissions(running.pool, incident_id)


async def shown(request: Request, running: Running, incident_id: str) -> IncidentView:
    """The incident as it stands; 404 where there is none."""
    agreement = app_of(request).book.latest
    return found(await queries.incident(running.pool, agreement, running.clock.now(), incident_id))
