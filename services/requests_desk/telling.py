"""A request's client is told promptly: who it is, until when it must know, whether it does (DSR-1, DSR-4)."""

from collections.abc import Sequence

from chassis.message import Message
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.notice import NoticeReceived
from contracts.request import NoticeKind, RequestEscalated, RequestKind, RequestMatched, RequestTold
from contracts.term import TermTellingDue
from requests_desk import alerts, dates, finding, journal, notices, request_store
from requests_desk.bound import Bound
from requests_desk.erasing import erase_after
from requests_desk.records import Request

router = Router()


async def match(app: Bound, request: Request, client_id: str, found_by: str, because: str, tx: Transaction) -> None:
    """Whose data the request is about is settled: that client is told at once, with its own date."""
    agreement = await finding.agreement_of(app, client_id, tx)
    month = dates.controllers_month(agreement, request.received_at) if request.kind is RequestKind.DSAR else None
    reckoning = None if month is None else dates.reckoning(month)
    days = None if month is None else (month.day, month.unrolled or month.day)
    await request_store.set_client(tx, request.request_id, client_id, days, reckoning)
    matched = RequestMatched(
        request_id=request.request_id,
        client_id=client_id,
        found_by=found_by,
        because=because,
        tell_by=request.tell_by,
        answer_by=days[0] if days else None,
        answer_by_unrolled=days[1] if days else None,
        reckoning=reckoning,
    )
    await journal.say(tx, request.request_id, matched)
    notices.tell_of_request(agreement, request, client_id, month, tx)
    erase_after(request.request_id, dates.kept_unanswered(agreement, max(request.received_at, tx.now)), tx)


@router.on_batch(NoticeReceived)
async def on_notices_received(app: Bound, said: Sequence[Message[NoticeReceived]], tx: Transaction) -> None:  # noqa: ARG001 - the form of every handler
    """The client has the notice of a request: it knows, since the first receipt."""
    ours = {NoticeKind.DSAR_RECEIVED, NoticeKind.AUTHORITY_REQUESTED}
    for each in said:
        if each.event.kind not in ours:
            continue
        tx.cause = each.cause
        request = await request_store.lock_request(tx, each.event.about)
        if request is None or request.told_at is not None or request.client_id != each.event.client_id:
            continue
        await request_store.set_told(tx, request.request_id, each.event.received_at)
        told = RequestTold(
            request_id=request.request_id, client_id=each.event.client_id, told_at=each.event.received_at
        )
        await journal.say(tx, request.request_id, told)


@router.on(TermTellingDue)
async def on_telling_due(app: Bound, due: TermTellingDue, tx: Transaction) -> None:
    """DSR-1: before the time is over, and when it is, people hear that the client does not know."""
    request = await finding.locked_request(tx, due.request_id)
    if request.told_at is not None or request.status.is_over:
        return
    untold = "nobody has said yet whose data it is about" if request.client_id is None else "its notice has no receipt"
    escalated = RequestEscalated(
        request_id=request.request_id, tell_by=request.tell_by, missed=due.final, reason=untold
    )
    await journal.say(tx, request.request_id, escalated)
    agreement = await finding.agreement_of(app, request.client_id, tx)
    alerts.untold(agreement, request, missed=due.final, tx=tx)
