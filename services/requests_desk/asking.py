"""What a question to this API brings along beside `chassis.asking`: the app, whose word it is, and what came of it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel
from pydantic_core import to_json

from chassis.asking import Running, found, word_to
from chassis.http import Authenticated
from chassis.message import Cause
from chassis.problems import FieldProblem, Problem
from chassis.rights import Caller, Right
from contracts.event import Event
from requests_desk import journal_queries, queries
from requests_desk.journal import cause_of
from requests_desk.records import Request as Asked
from requests_desk.views import RequestView

if TYPE_CHECKING:
    from requests_desk.app import Requests

E = TypeVar("E", bound=Event)


def app_of(request: Request) -> "Requests":
    """The app that is asked."""
    app: Requests = request.app.state.app
    return app


Once = Annotated[Cause, Depends(word_to("requests"))]
"""A person's word: it has one id however often it is sent under its key; one client's keys never meet another's."""


def _staff(caller: Authenticated) -> Caller:
    caller.require(Right.SEE_REQUESTS)
    caller.require(Right.SEE_ALL_CLIENTS)
    return caller


def _handler(caller: Annotated[Caller, Depends(_staff)]) -> Caller:
    caller.require(Right.HANDLE_REQUESTS)
    return caller


def _opener(caller: Annotated[Caller, Depends(_staff)]) -> Caller:
    caller.require(Right.OPEN_SEALED)
    return caller


Staff = Annotated[Caller, Depends(_staff)]
"""Who of the staff may see requests; who asks is for their handler alone."""

Handler = Annotated[Caller, Depends(_handler)]
"""Who of the staff may do something about a request."""

Opener = Annotated[Caller, Depends(_opener)]
"""Who may open what is sealed."""


def event_of(kind: type[E], body: BaseModel | None = None, **more: object) -> E:
    """What somebody said, from what the API took and who they are."""
    said = {} if body is None else body.model_dump(mode="json", exclude_none=True)
    return kind.model_validate_json(to_json(said | more))


async def say(running: Running, event: Event, cause: Cause) -> None:
    """Have what somebody said handled, once; a problem tells why it changed nothing, with its field."""
    await running.processor.submit(event, cause)
    refused = await journal_queries.refusal(running.pool, cause_of(cause))
    if refused is not None:
        reason, field = refused
        fields = [FieldProblem(field=field, message=reason)] if field else []
        status = HTTPStatus.UNPROCESSABLE_ENTITY if field else HTTPStatus.CONFLICT
        raise Problem(status, f"{field}: {reason}" if field else reason, errors=fields)


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who may, and what they say under one key; answered with how the request stands then."""

    request: Request
    caller: Caller
    running: Running
    cause: Cause

    async def say(
        self,
        kind: type[E],
        request_id: str,
        body: BaseModel | None = None,
        *,
        client_id: str | None = None,
        by: str,
        **more: object,
    ) -> RequestView:
        """Have it handled, of a request that is there (for a client: about its data), with who says it in `by`."""
        record = await asked(self.running, request_id, client_id)
        whose = {} if client_id is None else {"client_id": client_id}
        said = event_of(kind, body, request_id=record.request_id, **{by: self.caller.subject}, **whose, **more)
        await say(self.running, said, self.cause)
        return await self.shown(record.request_id)

    async def shown(self, request_id: str) -> RequestView:
        """How the request stands, as the caller may see it."""
        return await shown(self.request, self.running, self.caller, request_id)


def _acting(request: Request, caller: Handler, running: Running, cause: Once) -> Acting:
    return Acting(request, caller, running, cause)


Act = Annotated[Acting, Depends(_acting)]
"""Who of the staff does something about a request."""


async def asked(running: Running, request_id: str, client_id: str | None = None) -> Asked:
    """The request; 404 where there is none, and for a client where it is not about its data (§12)."""
    return found(await queries.found(running.pool, request_id, client_id))


async def shown(request: Request, running: Running, caller: Caller, request_id: str) -> RequestView:
    """How a request stands, as this caller may see it."""
    record = await asked(running, request_id, caller.client_id)
    return await queries.whole(running.pool, app_of(request).vault, record, caller)
