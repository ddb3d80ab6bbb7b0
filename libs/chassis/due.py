"""What must happen by a date and hasn't: each service says what it waits for; asked by people, watched as a metric."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, Field

from chassis.clock import Clock
from chassis.database import Pool
from chassis.http import Authenticated, Limit
from chassis.looking import look_for_ever
from chassis.rights import Right
from chassis.service import Runtime

_LOOK_S: Final = 30.0
_FAR: Final = float("inf")


class Due(BaseModel):
    """Something that is open, and by when it must be done."""

    kind: str = Field(description="what it is that must happen: a few words of this service, such as `notice`")
    about: str = Field(description="the id to look at")
    client_id: str | None = Field(description="whom it is owed, where it is one client")
    due_at: datetime
    lacks: str = Field(description="what is missing")


class DueAnswer(BaseModel):
    """What is open, the soonest first; what is overdue comes before all else."""

    service: str
    items: list[Due]


class Search(NamedTuple):
    """What is looked for: what is open at an instant and due by another, at most so many."""

    now: datetime
    before: datetime
    limit: int


Open = Callable[[Pool, Search], Awaitable[list[Due]]]
"""Finds what is open, the soonest first."""

Soonest = Callable[[Pool, datetime, datetime | None], Awaitable[dict[str, datetime]]]
"""When the soonest of what is open now is due, by kind; of what is due after another instant, where one is given."""


class Deadlines:
    """What a service waits for; `run()` shows for ever how far away the soonest of each kind is."""

    def __init__(self, runtime: Runtime, service: str, kinds: Sequence[str], find: Open, soonest: Soonest) -> None:
        self._pool: Pool = runtime.pool
        self._clock: Clock = runtime.clock
        self._service = service
        self._kinds = kinds
        self._find = find
        self._soonest = soonest
        self._left = runtime.metrics.deadline_left

    async def run(self) -> None:
        """Look until cancelled."""
        await look_for_ever("look at the deadlines", self.look, _LOOK_S)

    async def look(self) -> None:
        """How many seconds are left until the soonest of each kind; below nought it is over, and hides no other."""
        now = self._clock.now()
        soonest = await self._soonest(self._pool, now, None)
        to_come = soonest
        if any(at <= now for at in soonest.values()):
            to_come = await self._soonest(self._pool, now, now)
        for kind in self._kinds:
            self._left(kind, _until(soonest.get(kind), now), _until(to_come.get(kind), now))

    def add(self, api: FastAPI) -> None:
        """Add `/deadlines`, for the processor's staff."""
        router = APIRouter(tags=["deadlines"])

        @router.get("/deadlines", summary="What must happen soon, and hasn't")
        async def read_deadlines(
            caller: Authenticated,
            within: Annotated[float, Query(gt=0, le=24 * 366, description="hours from now")] = 48,
            limit: Limit = 500,
        ) -> DueAnswer:
            """Of all clients, what is overdue first."""
            caller.require(Right.SEE_ALL_CLIENTS)
            now = self._clock.now()
            search = Search(now, now + timedelta(hours=within), limit)
            return DueAnswer(service=self._service, items=await self._find(self._pool, search))

        api.include_router(router)


def _until(at: datetime | None, now: datetime) -> float:
    return _FAR if at is None else (at - now).total_seconds()
