"""What a question to this API brings along beside `chassis.asking`: the app, whose word it is, and what came of it."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from breach.answers import queries
from breach.course.journal import cause_of
from chassis.asking import Running, found, word_to
from chassis.http import Authenticated
from chassis.message import Cause
from chassis.problems import FieldProblem, Problem
from chassis.rights import Caller, Right
from contracts.breach import BreachEvent

if TYPE_CHECKING:
    from breach.app import Breach


def app_of(request: Request) -> "Breach":
    """The app that is asked."""
    app: Breach = request.app.state.app
    return app


Once = Annotated[Cause, Depends(word_to("breach"))]
"""A person's word: it has one id however often it is sent under its key; one client's keys never meet another's."""


def _staff(caller: Authenticated) -> Caller:
    caller.require(Right.SEE_BREACHES)
    caller.require(Right.SEE_ALL_CLIENTS)
    return caller


STAFF = Depends(_staff)
"""A router with this dependency is for who may see incidents whole: staff."""


def _handler(caller: Annotated[Caller, STAFF]) -> Caller:
    caller.require(Right.HANDLE_BREACHES)
    return caller


Handler = Annotated[Caller, Depends(_handler)]
"""Who may say something of an incident."""


async def say(running: Running, event: BreachEvent, cause: Cause) -> None:
    """Have what somebody said handled, once; a problem tells why it changed nothing, with its field."""
    await running.processor.submit(event, cause)
    refused = await queries.refusal(running.pool, event.incident_id, cause_of(cause))
    if refused is not None:
        reason, field = refused
        fields = [FieldProblem(field=field, message=reason)] if field else []
        status = HTTPStatus.UNPROCESSABLE_ENTITY if field else HTTPStatus.CONFLICT
        raise Problem(status, f"{field}: {reason}" if field else reason, errors=fields)


async def known(running: Running, incident_id: str) -> None:
    """An incident that isn't there has nothing to be said of it."""
    found(await running.pool.fetchval("SELECT true FROM incident WHERE incident_id = $1", incident_id))
