"""The security measures in force, their history, and what is said of a new version (§5, Appendix C)."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from agreement.deadlines import end_of_day
from assurance import measures_store
from assurance.measures import Version
from assurance.reading_api import app_of
from assurance.speaking import Act, add_acts
from assurance.views import VersionView
from chassis.asking import PathId, Reading, found
from chassis.http import Authenticated
from chassis.rights import Caller, Right
from contracts import measure
from contracts.event import Event
from contracts.measure import MeasureEvent

router = APIRouter(tags=["measures"])
_PATH: Final = "/agreements/{agreement_id}/measures"
_VERSION: Final = _PATH + "/{version_id}"
_KEEP: Final = (Right.KEEP_MEASURES,)
On = Annotated[date | None, Query(description="as they were at the end of this day; now without one")]


@router.get(_PATH, summary="The measures in force")
async def read_measures(
    agreement_id: PathId, request: Request, caller: Authenticated, pool: Reading, on: On = None
) -> VersionView:
    """SEC-1: with what this version changed, and who answered for what it weakened."""
    caller.require(Right.SEE_MEASURES)
    if on is None:
        return _view(found(await measures_store.load_in_force(pool, agreement_id)))
    at = end_of_day(app_of(request).book.latest, on)
    return _view(found(await measures_store.load_as_of(pool, agreement_id, at)))


@router.get(_PATH + "/history", summary="Every version that was in force, the newest first")
async def read_history(agreement_id: PathId, caller: Authenticated, pool: Reading) -> list[VersionView]:
    """SEC-1: staff read those too that are held, or were withdrawn."""
    caller.require(Right.SEE_MEASURES)
    to_come = caller.may(Right.SEE_ALL_CLIENTS)
    return [_view(each) for each in await measures_store.load_history(pool, agreement_id, to_come=to_come)]


def _view(version: Version) -> VersionView:
    return VersionView.model_validate({**dict(version), "waiting_for": list(version.unjustified)})


async def _version(request: Request, _: Caller, said: Event) -> BaseModel:
    if not isinstance(said, MeasureEvent):
        raise TypeError(f"{said.TYPE} is about no measures")
    pool = request.app.state.runtime.pool
    return _view(found(await measures_store.load(pool, said.agreement_id, said.version_id)))


ACTS: Final = (
    Act(_VERSION, measure.MeasureVersionProposed, _KEEP, "Propose a version"),
    Act(f"{_VERSION}/justifications", measure.MeasureJustified, _KEEP, "Answer for a measure by name"),
    Act(f"{_VERSION}/withdrawal", measure.MeasureVersionWithdrawn, _KEEP, "Take a version back"),
)
add_acts(router, ACTS, _version, VersionView)
