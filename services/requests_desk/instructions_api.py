"""The register of instructions: clients give, amend, withdraw and confirm them; staff think of them (§2.3, §3.2)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel

from chassis.asking import Cursor, PathId, Running, found, page_of
from chassis.http import Limit
from chassis.message import Cause
from chassis.pages import Page, decode_cursor
from chassis.problems import FieldProblem, Problem
from chassis.rights import Caller, Right
from contracts.instruction import (
    InstructionAmended,
    InstructionChannel,
    InstructionConfirmed,
    InstructionDoubted,
    InstructionEvent,
    InstructionGiven,
    InstructionWithdrawn,
)
from requests_desk import instruction_queries
from requests_desk.asking import Handler, Once, app_of, asked, event_of, say
from requests_desk.bodies import AmendmentBody, InstructionBody, ReasonBody, WithdrawalBody
from requests_desk.clients_api import Instructing, Own
from requests_desk.instruction_queries import Reader
from requests_desk.views import InstructionView, InstructionWhole

router = APIRouter(tags=["instructions"])
_CREATED = HTTPStatus.CREATED
_ONE = "/clients/{client_id}/instructions/{instruction_id}"


@dataclass(frozen=True, slots=True)
class Saying:
    """Somebody who may, and what they say under one key; answered with how the instruction stands then."""

    request: Request
    caller: Caller
    running: Running
    cause: Cause

    async def say(
        self,
        kind: type[InstructionEvent],
        client_id: str,
        instruction_id: str,
        body: BaseModel | None = None,
        **more: object,
    ) -> InstructionWhole:
        """Have it handled."""
        said = event_of(kind, body, client_id=client_id, instruction_id=instruction_id, **more)
        await say(self.running, said, self.cause)
        return await self.shown(client_id, instruction_id)

    async def shown(self, client_id: str, instruction_id: str) -> InstructionWhole:
        """How it stands; 404 where the client has none with this id."""
        reader, now = _reader(self.request, self.caller), self.running.clock.now()
        return found(await instruction_queries.instruction(self.running.pool, reader, client_id, instruction_id, now))


def _client_says(request: Request, caller: Instructing, running: Running, cause: Once) -> Saying:
    return Saying(request, caller, running, cause)


def _staff_say(request: Request, caller: Handler, running: Running, cause: Once) -> Saying:
    return Saying(request, caller, running, cause)


Word = Annotated[Saying, Depends(_client_says)]
Opinion = Annotated[Saying, Depends(_staff_say)]


@router.get("/clients/{client_id}/instructions", summary="A client's register of instructions")
async def read_register(
    *,
    client_id: PathId,
    request: Request,
    caller: Own,
    running: Running,
    as_of: Annotated[AwareDatetime | None, Query(description="as it stood then; now where it is missing")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[InstructionView]:
    """INS-1: what stands, in which version, on whose word; as of any instant."""
    after = decode_cursor(cursor, int)
    return page_of(
        await instruction_queries.register(
            running.pool,
            _reader(request, caller),
            client_id=client_id,
            as_of=as_of or running.clock.now(),
            after=int(after[0]) if after else 0,
            limit=limit + 1,
        ),
        limit,
    )


@router.get(_ONE, summary="An instruction, with every step")
async def read_instruction(
    client_id: PathId, instruction_id: PathId, request: Request, caller: Own, running: Running
) -> InstructionWhole:
    """INS-1: how it stood since when, and what has left on it."""
    reader, now = _reader(request, caller), running.clock.now()
    return found(await instruction_queries.instruction(running.pool, reader, client_id, instruction_id, now))


@router.post("/clients/{client_id}/instructions", status_code=_CREATED, summary="Instruct")
async def give(client_id: PathId, body: InstructionBody, word: Word) -> InstructionWhole:
    """INS-1: with `request_id` about that request alone, whose answer it allows."""
    if body.request_id is not None:
        await asked(word.running, body.request_id, client_id)
    instruction_id = word.cause.derive("instruction")
    said = _said(body, word.caller, word.running)
    return await word.say(InstructionGiven, client_id, instruction_id, said=said, request_id=body.request_id)


@router.post(f"{_ONE}/amendment", status_code=_CREATED, summary="Amend it")
async def amend(client_id: PathId, instruction_id: PathId, body: AmendmentBody, word: Word) -> InstructionWhole:
    """INS-2: the next version is in force."""
    await word.shown(client_id, instruction_id)
    return await word.say(InstructionAmended, client_id, instruction_id, said=_said(body, word.caller, word.running))


@router.post(f"{_ONE}/withdrawal", status_code=_CREATED, summary="Withdraw it")
async def withdraw(client_id: PathId, instruction_id: PathId, body: WithdrawalBody, word: Word) -> InstructionWhole:
    """INS-1: nothing rests on it any more; `too_late_for` names what had left."""
    await word.shown(client_id, instruction_id)
    who: dict[str, object] = {"withdrawn_by": word.caller.subject, "received_at": word.running.clock.now()}
    return await word.say(InstructionWithdrawn, client_id, instruction_id, body, **who)


@router.post(f"{_ONE}/confirmation", status_code=_CREATED, summary="Stand by it in spite of the opinion")
async def confirm(client_id: PathId, instruction_id: PathId, word: Word) -> InstructionWhole:
    """INS-2: it is in force again."""
    await word.shown(client_id, instruction_id)
    who: dict[str, object] = {"confirmed_by": word.caller.subject, "received_at": word.running.clock.now()}
    return await word.say(InstructionConfirmed, client_id, instruction_id, None, **who)


@router.post(f"{_ONE}/opinion", status_code=_CREATED, summary="Say that it infringes the law, in our opinion")
async def doubt(client_id: PathId, instruction_id: PathId, body: ReasonBody, word: Opinion) -> InstructionWhole:
    """INS-2: it is suspended, and the client is told at once."""
    await word.shown(client_id, instruction_id)
    return await word.say(InstructionDoubted, client_id, instruction_id, body, doubted_by=word.caller.subject)


def _said(body: AmendmentBody, caller: Caller, running: Running) -> dict[str, object]:
    """What was said, by whom and how: from a client's own hand now; from staff as they say that it came."""
    said: dict[str, object] = body.model_dump(mode="json", exclude_none=True, exclude={"request_id"})
    of_staff = {"channel": body.channel, "given_by": body.given_by, "received_at": body.received_at}
    if caller.client_id is not None:
        for name, value in of_staff.items():
            if value is not None:
                raise _wrong(name, "is for the processor's staff to say: a client's own word needs none")
        now = running.clock.now().isoformat()
        return said | {"channel": InstructionChannel.API, "given_by": caller.subject, "received_at": now}
    for name, value in of_staff.items():
        if value is None:
            raise _wrong(name, "is required of who enters it for a client")
    if body.channel is InstructionChannel.API:
        raise _wrong("channel", "can't be api: that is the client's own hand")
    return said | {"recorded_by": caller.subject}


def _wrong(field: str, message: str) -> Problem:
    errors = [FieldProblem(field=field, message=message)]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{field} {message}", errors=errors)


def _reader(request: Request, caller: Caller) -> Reader | None:
    """Texts are for the client, and for who of the staff handles requests."""
    if caller.client_id is not None:
        return Reader(app_of(request).vault)
    return Reader(app_of(request).vault, caller.subject) if caller.may(Right.HANDLE_REQUESTS) else None
