"""What people on call were told, for staff (§6, §15)."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.asking import Cursor, Reading, page_of
from chassis.http import Authenticated, Limit
from chassis.pages import Page
from chassis.rights import Right
from notifier import alerts
from notifier.asking import place_of
from notifier.views import AlertView

router = APIRouter(tags=["alerts"])


@router.get("/alerts", summary="What people on call were told")
async def read_alerts(
    caller: Authenticated,
    pool: Reading,
    *,
    unsent: Annotated[bool, Query(description="those alone that nobody has, with the reason")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AlertView]:
    """For staff, the newest first: whom, of what, since when they have it."""
    caller.require(Right.SEE_ALL_CLIENTS)
    items = await alerts.alerts(pool, unsent=unsent, before=place_of(cursor), limit=limit + 1)
    return page_of([(alert, (alert.ordered_at, alert.alert_id)) for alert in items], limit)
