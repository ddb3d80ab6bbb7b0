"""What-if: the JSON of `subprocessor.added` in, what would follow out; nothing stays (§4.3)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field, ValidatorFunctionWrapHandler, WrapValidator

from agreement import deadlines
from agreement.calendar import CalendarUnknown
from chassis.asking import Running
from chassis.database import Pool
from chassis.http import Authenticated
from chassis.message import NOBODY
from chassis.problems import Problem
from chassis.rights import Right
from chassis.transaction import Transaction
from contracts.subprocessor import SubprocessorAdded
from subprocessor_registry.asking import Agreements
from subprocessor_registry.simulation import Simulation, simulate

router = APIRouter(tags=["simulations"])


class SimulationBody(SubprocessorAdded):
    """The JSON of `subprocessor.added`, and the day on which it would be published."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subprocessor_id": "example-voice",
                    "name": "Example Voice",
                    "actions": ["speech to text"],
                    "location": "US",
                    "transfer": {"mechanism": "scc", "document": "SCC module 3, signed 2026-01-05"},
                    "written_agreement": {"reference": "DPA-2026-7", "signed_on": "2026-01-05"},
                    "effective_on": "2026-12-15",
                    "on": "2026-11-24",
                }
            ]
        }
    )

    on: date | None = Field(None, description="the day of the announcement; today where it is missing")


def _as_on_the_bus(value: object, plainly: ValidatorFunctionWrapHandler) -> object:
    """Events are strict, and a date in JSON is a string: only what reads JSON may read it."""
    if not isinstance(value, dict):
        return plainly(value)  # no JSON object: refused in the usual words
    return SimulationBody.model_validate_json(json.dumps(value))


@router.post("/simulations", summary="What if a sub-processor were announced")
async def read_simulation(
    body: Annotated[SimulationBody, WrapValidator(_as_on_the_bus)],
    caller: Authenticated,
    book: Agreements,
    running: Running,
) -> Simulation:
    """§4.3, §4.4, §8.2: the verdict, the day and the way to it, who would be told by when; nothing is stored."""
    caller.require(Right.SIMULATE)
    try:
        asked_at = deadlines.start_of_day(book.latest, body.on) if body.on else running.clock.now()
        async with _only_reading(running.pool, asked_at) as tx:
            return await simulate(book, body, asked_at, tx)
    except CalendarUnknown as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


@asynccontextmanager
async def _only_reading(pool: Pool, now: datetime) -> AsyncIterator[Transaction]:
    """One consistent state that PostgreSQL lets nobody write to; it is let go of, never committed."""
    async with pool.acquire() as connection:
        reading = connection.transaction(isolation="repeatable_read", readonly=True)
        await reading.start()
        try:
            yield Transaction(connection, "simulation", now, NOBODY)
        finally:
            await reading.rollback()
