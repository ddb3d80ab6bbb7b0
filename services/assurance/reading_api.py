"""What clients and staff read of questions, audits, help and disputes (§7, §10, §12, §14)."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Request

from assurance import queries
from assurance.audit_record import Audit
from assurance.matter_store import About
from assurance.views import JournalView, MatterView
from chassis.asking import Cursor, PathId, Reading, Running, found, page_of, whose
from chassis.http import Authenticated, Limit
from chassis.pages import Page, decode_cursor
from chassis.rights import Caller, Right
from contracts.assurance import Matter
from contracts.event import Id

if TYPE_CHECKING:
    from assurance.app import Assurance

router = APIRouter(tags=["matters"])


class Kind(StrEnum):
    """The four kinds of matters, as paths name them."""

    QUESTIONS = "questions"
    AUDITS = "audits"
    ASSISTANCE = "assistance"
    DISPUTES = "disputes"


_MATTERS: Final = dict(zip(Kind, Matter, strict=True))
Of = Annotated[Id | None, Query(alias="client", description="of this client alone; for staff")]
Open = Annotated[bool | None, Query(alias="open", description="only those that are, or are not, over")]


def app_of(request: Request) -> "Assurance":
    """The app that is asked."""
    app: Assurance = request.app.state.app
    return app


def seen_by(caller: Caller, view: MatterView) -> MatterView:
    """§7: an audit's report and findings are confidential: who may not see them sees the rest."""
    if caller.may(Right.SEE_AUDIT_REPORTS) or not isinstance(view.record, Audit):
        return view
    return view.model_copy(update={"record": view.record.model_copy(update={"report": None, "findings": ()})})


@router.get("/matters/{kind}", summary="Questions, audits, requests for help, or disputes; the newest first")
async def read_matters(
    kind: Kind,
    caller: Authenticated,
    pool: Reading,
    client_id: Of = None,
    is_open: Open = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[MatterView]:
    """§7, §10, §14: a client's token reaches its own alone."""
    caller.require(Right.SEE_ASSURANCE)
    place = decode_cursor(cursor, int)
    before = None if place is None else int(place[0])
    found_ = await queries.matters(
        pool, _MATTERS[kind], client_id=whose(caller, client_id), is_open=is_open, before=before, limit=limit + 1
    )
    return page_of([(seen_by(caller, view), at) for view, at in found_], limit)


@router.get("/clients/{client_id}/{kind}/{matter_id}", summary="One of them; an audit with its gates")
async def read_matter(
    client_id: PathId, kind: Kind, matter_id: PathId, request: Request, caller: Authenticated, running: Running
) -> MatterView:
    """§7: each gate says whether it is open, why, and what would open it."""
    caller.require(Right.SEE_ASSURANCE)
    caller.require_client(client_id)
    app, about = app_of(request), About(client_id, _MATTERS[kind], matter_id)
    view = await queries.matter(running.pool, app.book, app.settings, running.clock.now(), about)
    return seen_by(caller, found(view))


@router.get("/clients/{client_id}/{kind}/{matter_id}/journal", summary="All that was said of it, refusals too")
async def read_journal(
    client_id: PathId,
    kind: Kind,
    matter_id: PathId,
    caller: Authenticated,
    pool: Reading,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[JournalView]:
    """§3.2, §7: the evidence, in the order in which it came."""
    caller.require(Right.SEE_AUDIT_REPORTS)
    caller.require_client(client_id)
    place = decode_cursor(cursor, int)
    after = 0 if place is None else int(place[0])
    return page_of(await queries.journal(pool, client_id, _MATTERS[kind], matter_id, after, limit + 1), limit)
