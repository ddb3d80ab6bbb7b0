"""What operators do about a request: take it, say whose it is, write an answer, send it on an instruction (§9)."""

from hashlib import sha256

from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.handling import (
    HandlingAnswerDrafted,
    HandlingClientNamed,
    HandlingClosed,
    HandlingEvent,
    HandlingSendRequested,
    HandlingTaken,
)
from contracts.request import RequestAnswerDrafted, RequestAnswerSent, RequestClosed
from requests_desk import (
    answer_store,
    client_store,
    dates,
    finding,
    instruction_store,
    journal,
    request_store,
)
from requests_desk.bound import Bound
from requests_desk.erasing import erase_after
from requests_desk.interlock import weigh_sending
from requests_desk.records import Answer, Request, Status
from requests_desk.telling import match
from requests_desk.vault import AnswerText

router = Router()


@router.on(HandlingTaken)
async def on_taken(app: Bound, taken: HandlingTaken, tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """§9: whoever handles it reads who asks, and nobody else of the staff; taking it over is on record."""
    request = await finding.locked_request(tx, taken.request_id)
    await journal.note(tx, request.request_id, taken)
    await request_store.set_handler(tx, request.request_id, taken.taken_by)


@router.on(HandlingClientNamed)
async def on_client_named(app: Bound, named: HandlingClientNamed, tx: Transaction) -> None:
    """DSR-1: a person decides whose data it is about; the first decision holds, and that client is told."""
    request = await finding.locked_request(tx, named.request_id)
    if request.client_id is not None:
        await _refuse(app, request, named, f"it is decided already: it is about {request.client_id}'s data", tx)
    elif request.status.is_over:
        await _refuse(app, request, named, f"the request is {request.status}", tx)
    elif await client_store.load_signed(tx, named.client_id) is None:
        await _refuse(app, request, named, "nobody here knows this client", tx, "client_id")
    else:
        await journal.note(tx, request.request_id, named)
        await match(app, request, named.client_id, named.decided_by, named.reason, tx)


@router.on(HandlingAnswerDrafted)
async def on_answer_drafted(app: Bound, drafted: HandlingAnswerDrafted, tx: Transaction) -> None:
    """DSR-2: an answer is written; the client reads it, and nothing leaves."""
    request = await finding.locked_request(tx, drafted.request_id)
    if request.status.is_over:
        await _refuse(app, request, drafted, f"the request is {request.status}", tx)
        return
    said = AnswerText(text=drafted.text, attachments=drafted.attachments)
    digest = sha256(said.model_dump_json().encode()).hexdigest()
    answer = Answer(drafted.answer_id, request.request_id, digest, drafted.final, None, erased=False)
    closed = app.vault.close(said, finding.place_of_answer(answer.answer_id))
    if not await answer_store.insert_answer(tx, answer, closed, drafted.drafted_by):
        await _refuse(app, request, drafted, "there is an answer with this id", tx, "answer_id")
        return
    await journal.note(tx, request.request_id, drafted)
    tx.emit(
        RequestAnswerDrafted(
            request_id=request.request_id,
            answer_id=answer.answer_id,
            sha256=digest,
            drafted_by=drafted.drafted_by,
        )
    )


@router.on(HandlingSendRequested)
async def on_send_requested(app: Bound, said: HandlingSendRequested, tx: Transaction) -> None:
    """DSR-2: the interlock. Request and instruction are locked, weighed, and the answer leaves in this very commit."""
    request = await finding.locked_request(tx, said.request_id)
    answer = await answer_store.load_answer(tx, request.request_id, said.answer_id)
    if answer is None:
        raise Rejected(f"the request has no answer {said.answer_id!r}", "answer_id")
    named = said.instruction_id
    instruction = None if named is None else await instruction_store.lock_instruction(tx, named)
    agreement = await finding.agreement_of(app, request.client_id, tx)
    outcome = weigh_sending(agreement, request, answer, instruction, said, tx.now)
    if isinstance(outcome, RequestAnswerSent):
        await answer_store.set_sent(tx, outcome)
    await journal.say(tx, request.request_id, outcome)
    if isinstance(outcome, RequestAnswerSent) and outcome.final:
        await _end(app, request, Status.ANSWERED, outcome.sent_by, "answered on the client's instruction", tx)


@router.on(HandlingClosed)
async def on_closed(app: Bound, closed: HandlingClosed, tx: Transaction) -> None:
    """§9: it is over without an answer of ours."""
    request = await finding.locked_request(tx, closed.request_id)
    if request.status.is_over:
        await _refuse(app, request, closed, f"the request is {request.status}", tx)
        return
    await journal.note(tx, request.request_id, closed)
    await _end(app, request, Status.CLOSED, closed.closed_by, closed.reason, tx)


async def _end(app: Bound, request: Request, status: Status, by: str, reason: str, tx: Transaction) -> None:
    """Nothing is expected any more: from here on the period runs after which what is personal goes."""
    agreement = await finding.agreement_of(app, request.client_id, tx)
    await request_store.set_status(tx, request.request_id, status)
    answered = status is Status.ANSWERED
    tx.emit(RequestClosed(request_id=request.request_id, answered=answered, closed_by=by, reason=reason))
    erase_after(request.request_id, dates.kept_after(agreement, tx.now), tx)


async def _refuse(
    app: Bound, request: Request, said: HandlingEvent, reason: str, tx: Transaction, field: str | None = None
) -> None:
    agreement = await finding.agreement_of(app, request.client_id, tx)
    await journal.refuse_request(tx, request.request_id, said, agreement.requests.clause, reason, field)
