"""Who is bound to confidentiality (§3.2): read and recorded without being bound oneself, or nobody could begin."""

from dataclasses import asdict
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel

from agreement.deadlines import local_date
from assurance.reading_api import app_of
from assurance.speaking import Act, add_acts
from assurance.undertakings import Undertaking, load_last, load_undertakings
from assurance.views import UndertakingView
from chassis.asking import Cursor, Running, found, page_of
from chassis.http import Identified, Limit
from chassis.pages import Page, decode_cursor
from chassis.rights import Caller, Right
from contracts import staff
from contracts.event import Event
from contracts.staff import StaffEvent

router = APIRouter(tags=["staff"])
_KEEP: Final = (Right.KEEP_UNDERTAKINGS,)


@router.get("/staff/undertakings", summary="Who is and was bound, in the order in which it was recorded")
async def read_undertakings(
    request: Request, caller: Identified, running: Running, limit: Limit = 100, cursor: Cursor = None
) -> Page[UndertakingView]:
    """STA-1: each with its dates; the last of a person is what holds."""
    caller.require(Right.SEE_UNDERTAKINGS)
    place = decode_cursor(cursor, int)
    read = await load_undertakings(running.pool, 0 if place is None else int(place[0]), limit + 1)
    return page_of([(_view(request, each, running.clock.now()), at) for each, at in read], limit)


def _view(request: Request, undertaking: Undertaking, now: datetime) -> UndertakingView:
    today = local_date(app_of(request).book.latest, now)
    in_force = undertaking.given_on <= today and (undertaking.ends_on is None or today <= undertaking.ends_on)
    return UndertakingView(**asdict(undertaking) | {"document": undertaking.document, "in_force": in_force})


async def _person(request: Request, _: Caller, said: Event) -> BaseModel:
    if not isinstance(said, StaffEvent):
        raise TypeError(f"{said.TYPE} is about nobody of the staff")
    runtime = request.app.state.runtime
    return _view(request, found(await load_last(runtime.pool, said.person)), runtime.clock.now())


ACTS: Final = (
    Act("/staff/undertakings", staff.StaffUndertakingGiven, _KEEP, "Record an undertaking", unbound=True),
    Act("/staff/undertakings/end", staff.StaffUndertakingEnded, _KEEP, "Record that it ends", unbound=True),
)
add_acts(router, ACTS, _person, UndertakingView)
