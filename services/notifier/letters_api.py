"""Letters: the work list for the post, what to print, and the proof that comes back (§4.4, §15)."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from agreement import deadlines
from agreement.schema import Agreement
from chassis.asking import Cursor, PathId, Reading, Running, found, page_of
from chassis.http import Authenticated, Limit
from chassis.pages import Page
from chassis.problems import FieldProblem, Problem
from chassis.rights import Right
from chassis.transaction import Transaction
from contracts.notice import Channel
from notifier import deliveries, letters, outcomes, printing
from notifier.asking import App, Once, place_of
from notifier.content import rendered
from notifier.letters import Letter
from notifier.outcomes import Proof
from notifier.texts import WordingLacks
from notifier.views import DeliveryStatus, DeliveryView, LetterView, PostedBody

router = APIRouter(tags=["letters"])
_INSTANT: Final = timedelta(microseconds=1)


@router.get("/letters", summary="The work list for the post")
async def read_letters(
    caller: Authenticated,
    pool: Reading,
    status: DeliveryStatus = "pending",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[LetterView]:
    """For staff, the longest waiting first: `pending` are to be sent, of `posted` the record of delivery is awaited."""
    caller.require(Right.SEE_ALL_CLIENTS)
    items = await letters.letters(pool, status=status, after=place_of(cursor), limit=limit + 1)
    return page_of([(letter, (letter.created_at, letter.delivery_id)) for letter in items], limit)


@router.get("/deliveries/{delivery_id}/letter", summary="The letter, to print", response_class=HTMLResponse)
async def read_letter(
    delivery_id: PathId, caller: Authenticated, app: App, pool: Reading, running: Running
) -> HTMLResponse:
    """The notice in the client's language, with both addresses; printing it is no proof of anything."""
    caller.require(Right.SEE_CHANGES)
    letter = found(await letters.letter(pool, delivery_id))
    caller.require_client(letter.client_id)
    _address(letter)
    agreement = app.book[letter.signed]
    try:
        text = rendered(agreement, letter.addressed)
    except WordingLacks as lacks:
        raise Problem(HTTPStatus.CONFLICT, str(lacks)) from lacks
    on = deadlines.local_date(agreement, running.clock.now())
    return HTMLResponse(printing.page(letter, agreement.processor, text, on), headers=printing.HEADERS)


@router.post("/deliveries/{delivery_id}/posted", summary="The letter was posted, or its record of delivery came back")
async def record_posted(
    delivery_id: PathId, body: PostedBody, caller: Authenticated, app: App, running: Running, cause: Once
) -> DeliveryView:
    """§4.4: with the day or the instant of the record it is the receipt, where the agreement says that post counts."""
    caller.require(Right.RESEND)
    async with running.processor.transaction(cause, [cause.inbox_key]) as tx:
        delivery = found(await deliveries.locked(tx, delivery_id))
        caller.require_client(delivery.client_id)
        letter = await letters.letter(tx.connection, delivery_id)
        if letter is None:
            raise Problem(HTTPStatus.CONFLICT, f"this went by {delivery.channel}, not by post")
        if tx.new:
            await _record(tx, app.book[letter.signed], letter, body)
        return found(await deliveries.one(tx.connection, delivery_id))


async def _record(tx: Transaction, agreement: Agreement, letter: Letter, body: PostedBody) -> None:
    received_at = _received_at(agreement, letter, body, tx.now)
    status = "delivered" if received_at or letter.status == "delivered" else "posted"
    await letters.record_posting(tx, letter.delivery_id, status, _address(letter), body.proof)
    if received_at and agreement.notices.counts_as_receipt(Channel.POST):
        await outcomes.receive(tx, [Proof(letter.notice_id, received_at, Channel.POST, body.proof)])


def _received_at(agreement: Agreement, letter: Letter, body: PostedBody, now: datetime) -> datetime | None:
    """A day is taken to its end, so that nothing that counts from it ends too early; today, to now."""
    since = letter.noticed_at
    if on := body.received_on:
        if not deadlines.local_date(agreement, since) <= on <= deadlines.local_date(agreement, now):
            raise _wrong("received_on", since)
        return min(deadlines.end_of_day(agreement, on) - _INSTANT, now)
    if body.received_at and not since <= body.received_at <= now:
        raise _wrong("received_at", since)
    return body.received_at


def _address(letter: Letter) -> str:
    if letter.postal_address is None:
        raise Problem(HTTPStatus.CONFLICT, f"no postal address of client {letter.client_id} is known: set its contact")
    return letter.postal_address


def _wrong(field: str, since: datetime) -> Problem:
    message = f"it lies between the notice, {since.isoformat()}, and now"
    wrong = [FieldProblem(field=field, message=message)]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{field}: {message}", errors=wrong)
