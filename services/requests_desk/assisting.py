"""The client asks for help with a request; what is costly is quoted first, and begun once it is accepted (DSR-3)."""

from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.dsar import (
    Act,
    DsarAssistanceRequested,
    DsarAssistanceStarted,
    DsarEvent,
    DsarQuoteAnswered,
    DsarQuoteOffered,
)
from contracts.request import AssistanceStanding, RequestAssistanceMoved
from requests_desk import (
    assistance_store,
    by_hand,
    course,
    finding,
    instruction_store,
    journal,
    notices,
    requester_store,
    task_store,
)
from requests_desk.assistance_store import Assistance, Quote
from requests_desk.bound import Bound
from requests_desk.interlock import why_not
from requests_desk.records import Request
from requests_desk.vault import Requester, Subject

router = Router()


@router.on(DsarAssistanceRequested)
async def on_assistance_requested(app: Bound, said: DsarAssistanceRequested, tx: Transaction) -> None:
    """§9: "at the Client's express request": on an instruction of its own about this request."""
    request = await finding.locked_request(tx, said.request_id)
    instruction = await instruction_store.lock_instruction(tx, said.instruction_id)
    reason = why_not(request, instruction, said.instruction_id, tx.now)
    if request.client_id != said.client_id:  # another's request does not exist for this client (§12)
        raise Rejected(f"client {said.client_id!r} has no request {said.request_id!r}", "request_id")
    if request.status.is_over:
        reason = f"the request is {request.status}"
    if Act.RECTIFY in said.acts and not said.corrections:
        reason = "corrections: they are missing, and rectify is asked for"
    if reason is not None:
        await _refuse(app, request, said, reason, tx)
        return
    asked = Assistance(
        said.assistance_id,
        request.request_id,
        said.client_id,
        said.instruction_id,
        said.acts,
        AssistanceStanding.ASKED,
        None,
    )
    if not await assistance_store.insert(tx, asked, said.requested_by):
        await _refuse(app, request, said, "there is help under this id", tx)
        return
    await _keep_subject(app, request.request_id, said, tx)
    await journal.note(tx, request.request_id, said)
    await _say(asked, asked.standing, said.requested_by, tx)


@router.on(DsarQuoteOffered)
async def on_quote_offered(app: Bound, said: DsarQuoteOffered, tx: Transaction) -> None:
    """§9: "with prior submission of a quote"; the client is told of it, and nothing is begun."""
    request, assistance = await _locked(said, said.assistance_id, tx)
    if assistance.standing is not AssistanceStanding.ASKED:
        await _refuse(app, request, said, f"the help is {assistance.standing}: there is nothing to quote", tx)
        return
    quote = Quote(
        quote_id=said.quote_id,
        amount=said.amount,
        currency=said.currency,
        text=said.text,
        offered_by=said.offered_by,
        offered_at=tx.now,
    )
    await journal.note(tx, request.request_id, said)
    await _move(assistance, AssistanceStanding.QUOTED, quote, said.offered_by, tx)
    agreement = await finding.agreement_of(app, assistance.client_id, tx)
    notices.tell_of_quote(agreement, assistance.client_id, said, tx)


@router.on(DsarQuoteAnswered)
async def on_quote_answered(app: Bound, said: DsarQuoteAnswered, tx: Transaction) -> None:
    """§9: the client accepts or declines; declined help is over."""
    request, assistance = await _locked(said, said.assistance_id, tx)
    if assistance.client_id != said.client_id:
        raise Rejected(f"client {said.client_id!r} has no request {said.request_id!r}", "request_id")
    quote = assistance.quote
    if quote is None or quote.quote_id != said.quote_id or assistance.standing is not AssistanceStanding.QUOTED:
        await _refuse(app, request, said, f"no such quote waits for an answer: the help is {assistance.standing}", tx)
        return
    answered = quote.model_copy(
        update={"answered_by": said.answered_by, "answered_at": said.received_at, "accepted": said.accepted}
    )
    await journal.note(tx, request.request_id, said)
    standing = AssistanceStanding.AGREED if said.accepted else AssistanceStanding.DECLINED
    await _move(assistance, standing, answered, said.answered_by, tx)


@router.on(DsarAssistanceStarted)
async def on_assistance_started(app: Bound, said: DsarAssistanceStarted, tx: Transaction) -> None:
    """§9: the work begins: unquoted where it is no great work, else once the quote is accepted; still instructed."""
    request, assistance = await _locked(said, said.assistance_id, tx)
    instruction = await instruction_store.lock_instruction(tx, assistance.instruction_id)
    reason = why_not(request, instruction, assistance.instruction_id, tx.now)
    if assistance.standing not in {AssistanceStanding.ASKED, AssistanceStanding.AGREED}:
        reason = f"the help is {assistance.standing}"
    if reason is not None:
        await _refuse(app, request, said, reason, tx)
        return
    await journal.note(tx, request.request_id, said)
    await _move(assistance, AssistanceStanding.STARTED, assistance.quote, said.started_by, tx)
    work = await task_store.load_work(tx, assistance.assistance_id)
    if work is not None:
        await by_hand.begin(await finding.agreement_of(app, assistance.client_id, tx), work, tx)
    await course.advance(app, request, assistance.assistance_id, tx)


async def _keep_subject(app: Bound, request_id: str, said: DsarAssistanceRequested, tx: Transaction) -> None:
    """Who the help is about, as systems know the person: as the client says, or as the request did first; closed.

    What a repetition named otherwise is no word of the client's: it counts where the client names it itself.
    """
    identifiers = said.identifiers
    for nth, closed in (await requester_store.load_requesters(tx, request_id))[:1]:
        first = app.vault.open(Requester, closed, finding.place_of_requester(request_id, nth))
        identifiers = identifiers or first.identifiers
    if identifiers:
        subject = Subject(identifiers=identifiers, corrections=said.corrections)
        lying = app.vault.close(subject, finding.place_of_subject(said.assistance_id))
        await task_store.insert_subject(tx, said.assistance_id, lying, said.recipient)


async def _locked(said: DsarEvent, assistance_id: str, tx: Transaction) -> tuple[Request, Assistance]:
    request = await finding.locked_request(tx, said.request_id)
    assistance = await assistance_store.load(tx, request.request_id, assistance_id)
    if assistance is None:
        raise Rejected(f"nobody asked for help {assistance_id!r} with this request", "assistance_id")
    return request, assistance


async def _move(
    assistance: Assistance, standing: AssistanceStanding, quote: Quote | None, by: str, tx: Transaction
) -> None:
    await assistance_store.set_standing(tx, assistance.assistance_id, standing, quote)
    await _say(assistance, standing, by, tx, quote)


async def _say(
    assistance: Assistance, standing: AssistanceStanding, by: str, tx: Transaction, quote: Quote | None = None
) -> None:
    moved = RequestAssistanceMoved(
        request_id=assistance.request_id,
        client_id=assistance.client_id,
        assistance_id=assistance.assistance_id,
        standing=standing,
        acts=assistance.acts,
        instruction_id=assistance.instruction_id,
        by=by,
        quote_id=None if quote is None else quote.quote_id,
    )
    await journal.say(tx, assistance.request_id, moved)


async def _refuse(app: Bound, request: Request, said: DsarEvent, reason: str, tx: Transaction) -> None:
    agreement = await finding.agreement_of(app, request.client_id, tx)
    await journal.refuse_request(tx, request.request_id, said, agreement.requests.clause, reason)
    if request.client_id is not None:
        notices.tell_of_refusal(agreement, request.client_id, request.request_id, said, reason, tx)
