"""DSR-2, DSR-4: nothing leaves without the client's prior written instruction. Values in, events out."""

from collections.abc import Iterator
from datetime import datetime

from agreement.schema import Agreement
from contracts.handling import HandlingSendRequested
from contracts.register import Standing
from contracts.request import RequestAnswerRefused, RequestAnswerSent
from requests_desk.records import Answer, Instruction, Request


def weigh_sending(
    agreement: Agreement,
    request: Request,
    answer: Answer,
    instruction: Instruction | None,
    said: HandlingSendRequested,
    now: datetime,
) -> RequestAnswerSent | RequestAnswerRefused:
    """§9: "never respond … unless specifically instructed beforehand to do so by the Client in writing"."""
    reason = next(_against_answer(request, answer), None) or why_not(request, instruction, said.instruction_id, now)
    if reason is not None or instruction is None:
        return RequestAnswerRefused(
            request_id=request.request_id,
            answer_id=answer.answer_id,
            instruction_id=said.instruction_id,
            tried_by=said.requested_by,
            tried_at=now,
            reason=reason or "",
            clause=agreement.requests.clause,
        )
    return RequestAnswerSent(
        request_id=request.request_id,
        client_id=instruction.client_id,
        answer_id=answer.answer_id,
        sha256=answer.sha256,
        final=answer.final,
        sent_by=said.requested_by,
        sent_at=now,
        instruction_id=instruction.instruction_id,
        instruction_version=instruction.version,
        instruction_sha256=instruction.sha256,
        instructed_by=instruction.given_by,
        instructed_at=instruction.received_at,
        instruction_channel=instruction.channel,
    )


def why_not(request: Request, instruction: Instruction | None, instruction_id: str | None, now: datetime) -> str | None:
    """Why nothing about this request may rest on this instruction now; None: it may."""
    return next(_against_instruction(request, instruction, instruction_id, now), None)


def _against_answer(request: Request, answer: Answer) -> Iterator[str]:
    if answer.sent_at is not None:
        yield f"it was sent already, at {answer.sent_at.isoformat()}"
    if request.status.is_over:
        yield f"the request is {request.status}"
    if answer.erased:
        yield "its words are erased"


def _against_instruction(
    request: Request, instruction: Instruction | None, instruction_id: str | None, now: datetime
) -> Iterator[str]:
    if request.client_id is None:
        yield "nobody has said yet whose data the request is about: no client could have instructed it"
    if instruction_id is None:
        yield "it names no instruction of the client"
    # What is another client's is answered like what is not there (§12).
    if instruction is None or instruction.client_id != request.client_id:
        yield f"the client has no instruction {instruction_id!r}"
        return
    if instruction.request_id != request.request_id:
        yield "the instruction is not about this request: it must be a specific one"
    if not instruction.channel.is_written:
        yield f"the instruction came by {instruction.channel}, and not in writing"
    if instruction.received_at > now:
        yield "the instruction is dated later than now: it must come beforehand"
    match instruction.standing:
        case Standing.SUSPENDED:
            yield "the instruction is suspended: in the processor's opinion it infringes the law"
        case Standing.WITHDRAWN:
            yield "the instruction is withdrawn"
