"""Notices: what each client was told, and the proof that it has it (§4.4, §15)."""

from typing import Annotated

from fastapi import APIRouter, Query

from agreement.book import Book
from chassis.asking import Cursor, PathId, Reading, Running, found, page_of, whose
from chassis.http import Authenticated, Limit
from chassis.pages import Page
from chassis.rights import Caller, Right
from chassis.transaction import Transaction
from contracts.event import Id
from contracts.notice import Channel
from notifier import notices, outcomes
from notifier.asking import App, place_of
from notifier.content import rendered
from notifier.notices import Told
from notifier.outcomes import Proof
from notifier.texts import WordingLacks
from notifier.views import NoticeAnswer, NoticeView, Words

router = APIRouter(tags=["notices"])


@router.get("/notices", summary="Notices, the newest first")
async def read_notices(
    *,
    caller: Authenticated,
    pool: Reading,
    client_id: Annotated[Id | None, Query(description="for staff: one client; all where it is missing")] = None,
    about: Annotated[Id | None, Query(description="the change that they are about")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[NoticeView]:
    """Which are received, since when and by which channel, which are under way, and which failed."""
    caller.require(Right.SEE_DELIVERIES)
    items = await notices.notices(
        pool, client_id=whose(caller, client_id), about=about, before=place_of(cursor), limit=limit + 1
    )
    return page_of([(notice, (notice.created_at, notice.notice_id)) for notice in items], limit)


@router.get("/notices/{notice_id}", summary="One notice, in words")
async def read_notice(
    notice_id: PathId, caller: Authenticated, app: App, pool: Reading, running: Running
) -> NoticeAnswer:
    """§4.4: where the client itself reads it and its agreement says that this counts, this is the receipt."""
    caller.require(Right.SEE_CHANGES)
    told = found(await notices.told(pool, notice_id))
    caller.require_client(told.notice.client_id)
    words = _words(app.book, told)
    if words and _receives(app.book, caller, told):
        async with running.processor.transaction() as tx:
            told = await _receive(tx, caller, told)
    return NoticeAnswer(notice=told.notice, facts=told.facts, words=words)


def _words(book: Book, told: Told) -> Words | None:
    if told.spoken is None:
        return None
    signed, addressed = told.spoken
    try:
        text = rendered(book[signed], addressed)
    except WordingLacks:
        return None
    return Words(subject=text.subject, text=text.text)


def _receives(book: Book, caller: Caller, told: Told) -> bool:
    if told.notice.received_at is not None or caller.client_id != told.notice.client_id or told.spoken is None:
        return False
    return book[told.spoken[0]].notices.counts_as_receipt(Channel.API)


async def _receive(tx: Transaction, caller: Caller, told: Told) -> Told:
    notice_id = told.notice.notice_id
    await outcomes.receive(tx, [Proof(notice_id, tx.now, Channel.API, f"read by {caller.subject}")])
    return found(await notices.told(tx.connection, notice_id))
