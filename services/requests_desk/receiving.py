"""A request arrives: it is kept, folded into the one that it repeats, and its client is found (§9)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chassis.errors import Rejected
from chassis.router import Router
from chassis.transaction import Transaction
from contracts.dsar import DsarReceived
from contracts.event import Event
from contracts.request import RequestKind, RequestOpened, RequestRepeated
from contracts.term import TermTellingDue
from requests_desk import client_store, dates, finding, journal, matching, request_store, requester_store
from requests_desk.bound import Bound
from requests_desk.erasing import erase_after
from requests_desk.records import AuthorityFacts, Request, Status
from requests_desk.telling import match
from requests_desk.vault import Requester

router = Router()
_KEPT: Final = 20
"""Different words under one id, more than anybody writes."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came, whoever made it; `tellable_at`: since when the client may be told."""

    request_id: str
    kind: RequestKind
    about: str
    received_at: datetime
    tellable_at: datetime
    client_id: str | None
    requester: Requester
    authority: AuthorityFacts | None = None


@router.on(DsarReceived)
async def on_dsar_received(app: Bound, said: DsarReceived, tx: Transaction) -> None:
    """DSR-1: a data subject asks; the client is found and told, or somebody must find it."""
    finding.not_ahead(app, said.received_at, "received_at", tx)
    requester = Requester(
        text=said.text,
        reply_to=said.reply_to,
        hints=said.hints,
        identifiers=said.identifiers,
        attachments=said.attachments,
    )
    incoming = Incoming(
        said.request_id, RequestKind.DSAR, said.right, said.received_at, said.received_at, said.client_id, requester
    )
    await receive(app, incoming, said, tx)


async def receive(app: Bound, incoming: Incoming, said: Event, tx: Transaction) -> None:
    """Keep a request, or count it where it is there already; `said` is what it came with."""
    agreement = app.book.latest
    marks = _marks(app, incoming)
    request = Request(
        request_id=incoming.request_id,
        kind=incoming.kind,
        about=incoming.about,
        status=Status.SEARCHING,
        client_id=None,
        received_at=incoming.received_at,
        times=1,
        authority=incoming.authority,
        tell_by=dates.tell_by(agreement, incoming.tellable_at),
        told_at=None,
        answer_by=None,
        answer_by_unrolled=None,
        reckoning=None,
        handler=None,
        erased_at=None,
    )
    while not await request_store.insert_request(tx, request, marks[0], incoming.client_id):
        if await _fold(app, incoming, marks, said, tx):
            return
    await journal.note(tx, request.request_id, said)
    await _keep(app, request.request_id, 1, incoming.requester, tx)
    _enter_terms(app, request, tx)
    await _find_client(app, request, incoming, tx)


async def _find_client(app: Bound, request: Request, incoming: Incoming, tx: Transaction) -> None:
    """By the id that it names; else by what the person wrote, where that is sure; else somebody decides."""
    found = await _match_of(incoming, tx)
    opened = RequestOpened(
        request_id=request.request_id,
        kind=request.kind,
        about=request.about,
        received_at=request.received_at,
        client_id=found.client_id,
        candidates=len(found.candidates),
    )
    await journal.say(tx, request.request_id, opened)
    await _settle(app, request, found, tx)


async def _match_of(incoming: Incoming, tx: Transaction) -> matching.Match:
    if incoming.client_id is not None:
        known = await client_store.load_signed(tx, incoming.client_id) is not None
        return matching.Match(incoming.client_id if known else None, "it was named by its id")
    names = matching.names_in(incoming.requester.hints)
    return matching.weigh(names, await client_store.load_known(tx, names))


async def _settle(app: Bound, request: Request, found: matching.Match, tx: Transaction) -> None:
    """A client that is sure is told; candidates, of a repetition too, wait for a person's decision."""
    if found.client_id is not None:
        await match(app, request, found.client_id, "requests", found.because, tx)
    elif found.candidates:
        await requester_store.insert_candidates(tx, request.request_id, found.candidates)


async def _fold(app: Bound, incoming: Incoming, marks: list[bytes], said: Event, tx: Transaction) -> bool:
    """The same again is one request, and counted; what it says of its client counts where none was found.

    False where what it repeats was over in the meantime: then it is a new one.
    """
    request = await request_store.lock_request(tx, incoming.request_id) or await request_store.lock_marked(tx, marks)
    if request is None:
        return False
    if request.kind is not incoming.kind:
        raise Rejected("another kind of request has this id", "request_id")
    await journal.note(tx, request.request_id, said)
    times = await request_store.count_again(tx, request.request_id, incoming.request_id, incoming.received_at)
    await _keep_other_words(app, request, times, incoming.requester, tx)
    repeated = RequestRepeated(request_id=request.request_id, times=times, under=incoming.request_id)
    await journal.say(tx, request.request_id, repeated)
    if request.client_id is None and request.status is Status.SEARCHING:
        await _settle(app, replace(request, times=times), await _match_of(incoming, tx), tx)
    return True


async def _keep(app: Bound, request_id: str, nth: int, requester: Requester, tx: Transaction) -> None:
    closed = app.vault.close(requester, finding.place_of_requester(request_id, nth))
    await requester_store.insert_requester(tx, request_id, nth, closed)


async def _keep_other_words(app: Bound, request: Request, nth: int, requester: Requester, tx: Transaction) -> None:
    """What a repetition says otherwise is kept beside what was said before, up to a bound; the same is not."""
    if request.status.is_over:
        return
    known = await requester_store.load_requesters(tx, request.request_id)
    said = (app.vault.open(Requester, closed, finding.place_of_requester(request.request_id, n)) for n, closed in known)
    if len(known) < _KEPT and requester not in said:
        await _keep(app, request.request_id, nth, requester, tx)


def _enter_terms(app: Bound, request: Request, tx: Transaction) -> None:
    """When people are called if the client does not know, and when what is personal goes."""
    agreement = app.book.latest
    lead = agreement.requests.escalate_before
    for at, final in ((request.tell_by - lead, False), (request.tell_by, True)):
        due = TermTellingDue(request_id=request.request_id, final=final)
        tx.emit_at(due, at, f"telling/{request.request_id}/{'final' if final else 'first'}")
    erase_after(request.request_id, dates.kept_unclaimed(agreement, max(request.received_at, tx.now)), tx)


def _marks(app: Bound, incoming: Incoming) -> list[bytes]:
    """Two requests are one where person, words, right and client are the same; of somebody unknown each is its own."""
    requester = incoming.requester
    if requester.reply_to is None and not requester.identifiers:
        return app.vault.marks("alone", incoming.request_id)
    said = (each.kind + "=" + each.value for each in requester.identifiers)
    return app.vault.marks(
        incoming.kind, incoming.about, incoming.client_id or "", requester.reply_to or "", requester.text, *said
    )
