"""Authorities ask: the client is told, or it is sealed for as long as the law forbids that (DSR-4).

While a request is sealed nothing is said of it: no event, no line of the journal, no row that a list or a metric reads.
On the agenda lies its id and the ban's end.
"""

from datetime import datetime

from agreement import deadlines
from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.authority import AuthorityBanExtended, AuthorityBanLifted, AuthorityRequested, Ban
from contracts.request import RequestKind
from contracts.term import TermBanEnded
from requests_desk import finding, request_store, seal_store
from requests_desk.bound import Bound
from requests_desk.receiving import Incoming, receive
from requests_desk.records import AuthorityFacts
from requests_desk.seal_store import Sealed
from requests_desk.vault import Requester

router = Router()


@router.on(AuthorityRequested)
async def on_authority_requested(app: Bound, said: AuthorityRequested, tx: Transaction) -> None:
    """§9: told promptly, "except where disclosure of such information is prohibited by law"."""
    finding.not_ahead(app, said.received_at, "received_at", tx)
    sealed = await seal_store.lock(tx, app.vault, said.request_id)
    if sealed is not None:
        await _again(app, sealed, said.ban, tx)
    elif said.ban is not None and await _holds_back(app, said, said.ban, tx):
        if await seal_store.insert(tx, app.vault, Sealed(said=said, ban=said.ban)):
            await seal_store.log(tx, said.request_id, "sealed", "requests", f"said by {tx.cause.source}")
            _end_by(app, said.request_id, said.ban, tx)
    else:
        await receive(app, _incoming(said, said.received_at, None), said, tx)


async def _holds_back(app: Bound, said: AuthorityRequested, ban: Ban, tx: Transaction) -> bool:
    """Whether there is still something to keep from the client: it was not told yet, and the ban is not over."""
    if not app.book.latest.requests.gag_suppresses_notice:
        return False
    known = await request_store.load_request(tx, said.request_id) is not None
    end_at = _end_of(app, ban)
    return not known and (end_at is None or end_at > tx.now)


async def _again(app: Bound, sealed: Sealed, ban: Ban | None, tx: Transaction) -> None:
    """It is counted; of two ends the later holds, so that no repetition reveals it sooner."""
    request_id = sealed.said.request_id
    longer = ban is not None and _is_later(_end_of(app, ban), _end_of(app, sealed.ban))
    counted = sealed.model_copy(update={"times": sealed.times + 1} | ({"ban": ban} if longer else {}))
    await seal_store.replace(tx, app.vault, counted)
    if longer:
        await seal_store.log(tx, request_id, "extended", "requests", "it came again with a later end")
        tx.cancel(_name(request_id))
        _end_by(app, request_id, counted.ban, tx)


@router.on(AuthorityBanExtended)
async def on_ban_extended(app: Bound, extended: AuthorityBanExtended, tx: Transaction) -> None:
    """The ban goes on, through another day or until it is lifted."""
    sealed = await _sealed(app, extended.request_id, tx)
    await seal_store.replace(tx, app.vault, sealed.model_copy(update={"ban": extended.ban}))
    await seal_store.log(tx, extended.request_id, "extended", extended.extended_by)
    tx.cancel(_name(extended.request_id))
    _end_by(app, extended.request_id, extended.ban, tx)


@router.on(AuthorityBanLifted)
async def on_ban_lifted(app: Bound, lifted: AuthorityBanLifted, tx: Transaction) -> None:
    """The ban is over before its day: the notice goes out."""
    sealed = await _sealed(app, lifted.request_id, tx)
    await seal_store.log(tx, lifted.request_id, "lifted", lifted.lifted_by, lifted.reason)
    tx.cancel(_name(lifted.request_id))
    await _unseal(app, sealed, tx)


@router.on(TermBanEnded)
async def on_ban_ended(app: Bound, ended: TermBanEnded, tx: Transaction) -> None:
    """The ban's last day is over, now or while nobody was here: the notice goes out by itself."""
    sealed = await seal_store.lock(tx, app.vault, ended.request_id)
    end_at = None if sealed is None else _end_of(app, sealed.ban)
    if sealed is None or end_at is None or end_at > tx.now:  # lifted or extended a moment ago
        return
    await seal_store.log(tx, ended.request_id, "ended", "requests")
    await _unseal(app, sealed, tx)


async def _unseal(app: Bound, sealed: Sealed, tx: Transaction) -> None:
    """From here on it is a request like every other; its client has the whole time to know, from now."""
    await seal_store.delete(tx, sealed.said.request_id)
    await receive(app, _incoming(sealed.said, tx.now, sealed.ban), sealed.said, tx)


async def _sealed(app: Bound, request_id: str, tx: Transaction) -> Sealed:
    sealed = await seal_store.lock(tx, app.vault, request_id)
    if sealed is None:
        raise Rejected("no request with this id is under a ban", "request_id")
    return sealed


def _incoming(said: AuthorityRequested, tellable_at: datetime, ban: Ban | None) -> Incoming:
    return Incoming(
        request_id=said.request_id,
        kind=RequestKind.AUTHORITY,
        about=said.kind,
        received_at=said.received_at,
        tellable_at=tellable_at,
        client_id=said.client_id,
        requester=Requester(text=said.text, reply_to=said.reply_to, attachments=said.attachments),
        authority=AuthorityFacts(authority=said.authority, kind=said.kind, legal_basis=said.legal_basis, ban=ban),
    )


def _end_by(app: Bound, request_id: str, ban: Ban, tx: Transaction) -> None:
    end_at = _end_of(app, ban)
    if end_at is not None:
        tx.emit_at(TermBanEnded(request_id=request_id), end_at, _name(request_id))


def _end_of(app: Bound, ban: Ban) -> datetime | None:
    """The first instant after the ban's last day; None: it has none."""
    return None if ban.until is None else deadlines.end_of_day(app.book.latest, ban.until)


def _is_later(end_at: datetime | None, than: datetime | None) -> bool:
    """None is no end at all."""
    return than is not None and (end_at is None or end_at > than)


def _name(request_id: str) -> str:
    return f"ban/{request_id}"
