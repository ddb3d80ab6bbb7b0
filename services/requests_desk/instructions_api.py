"""The register of instructions: clients give, amend, withdraw and confirm them; staff think of them (§2.3, §3.2)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

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
    InstructionGiven,
    InstructionWithdrawn,
)
from requests_desk import instruction_queries
from requests_desk.asking import Handler, Once, app_of, asked, event_of, say
from requests_desk.bodies import AmendmentBody, InstructionBody, ReasonBody, WithdrawalBody
from requests_desk.clients_api import Instructing, Own
from requests_desk.vault import Vault
from requests_desk.views import InstructionView, InstructionWhole

router = APIRouter(tags=["instructions"])
_CREATED = HTTPStatus.CREATED


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
            _vault(request, caller),
            client_id=client_id,
            as_of=as_of or running.clock.now(),
            after=int(after[0]) if after else 0,
            limit=limit + 1,
        ),
        limit,
    )


@router.get("/clients/{client_id}/instructions/{instruction_id}", summary="An instruction, with every step")
async def read_instruction(
    client_id: PathId, instruction_id: PathId, request: Request, caller: Own, running: Running
) -> InstructionWhole:
    """INS-1: how it stood since when, and what has left on it."""
    return await _shown(request, running, caller, client_id, instruction_id)


@router.post("/clients/{client_id}/instructions", status_code=_CREATED, summary="Instruct")
async def give(
    client_id: PathId, body: InstructionBody, request: Request, caller: Instructing, running: Running, cause: Once
) -> InstructionWhole:
    """INS-1: with `request_id` about that request alone, whose answer it allows."""
    if body.request_id is not None:
        await asked(running, body.request_id, client_id)
    instruction_id = cause.derive("instruction")
    given = event_of(
        InstructionGiven,
        client_id=client_id,
        instruction_id=instruction_id,
        said=_said(body, caller, running),
        request_id=body.request_id,
    )
    return await _say(given, request, running, caller, cause)


@router.post("/clients/{client_id}/instructions/{instruction_id}/amendment", status_code=_CREATED, summary="Amend it")
async def amend(
    client_id: PathId,
    instruction_id: PathId,
    body: AmendmentBody,
    request: Request,
    caller: Instructing,
    running: Running,
    cause: Once,
) -> InstructionWhole:
    """INS-2: the next version is in force."""
    await _shown(request, running, caller, client_id, instruction_id)
    amended = event_of(
        InstructionAmended,
        client_id=client_id,
        instruction_id=instruction_id,
        said=_said(body, caller, running),
    )
    return await _say(amended, request, running, caller, cause)


@router.post(
    "/clients/{client_id}/instructions/{instruction_id}/withdrawal", status_code=_CREATED, summary="Withdraw it"
)
async def withdraw(
    client_id: PathId,
    instruction_id: PathId,
    body: WithdrawalBody,
    request: Request,
    caller: Instructing,
    running: Running,
    cause: Once,
) -> InstructionWhole:
    """INS-1: nothing rests on it any more; `too_late_for` names what had left."""
    await _shown(request, running, caller, client_id, instruction_id)
    withdrawn = event_of(
        InstructionWithdrawn,
        body,
        client_id=client_id,
        instruction_id=instruction_id,
        withdrawn_by=caller.subject,
        received_at=running.clock.now(),
    )
    return await _say(withdrawn, request, running, caller, cause)


@router.post(
    "/clients/{client_id}/instructions/{instruction_id}/confirmation",
    status_code=_CREATED,
    summary="Stand by it in spite of the opinion",
)
async def confirm(
    client_id: PathId,
    instruction_id: PathId,
    request: Request,
    caller: Instructing,
    running: Running,
    cause: Once,
) -> InstructionWhole:
    """INS-2: it is in force again."""
    await _shown(request, running, caller, client_id, instruction_id)
    confirmed = event_of(
        InstructionConfirmed,
        client_id=client_id,
        instruction_id=instruction_id,
        confirmed_by=caller.subject,
        received_at=running.clock.now(),
    )
    return await _say(confirmed, request, running, caller, cause)


@router.post(
    "/clients/{client_id}/instructions/{instruction_id}/opinion",
    status_code=_CREATED,
    summary="Say that it infringes the law, in the processor's opinion",
)
async def doubt(
    client_id: PathId,
    instruction_id: PathId,
    body: ReasonBody,
    request: Request,
    caller: Handler,
    running: Running,
    cause: Once,
) -> InstructionWhole:
    """INS-2: it is suspended, and the client is told at once."""
    await _shown(request, running, caller, client_id, instruction_id)
    doubted = event_of(
        InstructionDoubted,
        body,
        client_id=client_id,
        instruction_id=instruction_id,
        doubted_by=caller.subject,
    )
    return await _say(doubted, request, running, caller, cause)


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


async def _say(
    event: InstructionGiven | InstructionAmended | InstructionWithdrawn | InstructionConfirmed | InstructionDoubted,
    request: Request,
    running: Running,
    caller: Caller,
    cause: Cause,
) -> InstructionWhole:
    await say(running, event, cause)
    return await _shown(request, running, caller, event.client_id, event.instruction_id)


async def _shown(
    request: Request, running: Running, caller: Caller, client_id: str, instruction_id: str
) -> InstructionWhole:
    vault, now = _vault(request, caller), running.clock.now()
    return found(await instruction_queries.instruction(running.pool, vault, client_id, instruction_id, now))


def _vault(request: Request, caller: Caller) -> Vault | None:
    """Texts are for the client, and for who of the staff handles requests."""
    may_read = caller.client_id is not None or caller.may(Right.HANDLE_REQUESTS)
    return app_of(request).vault if may_read else None
