"""A client's record as its people, auditors and authorities read it (§3.2, §7, §12)."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from agreement.schema import Agreement
from chassis.asking import Cursor, PathId, Running, found
from chassis.http import Authenticated, Limit
from chassis.pages import decode_cursor, encode_cursor, form, table
from chassis.rights import Right
from console import exporting, promises, queries, sealing, tally_store
from console.entering import agreement_of
from console.queries import Chain, Filter
from console.views import PromisesAnswer, RecordPage, Signed
from console.words import words
from contracts.client import Language
from contracts.event import Id
from contracts.sealing import EVERYBODY, chain_of

if TYPE_CHECKING:
    from console.app import Console

router = APIRouter(tags=["record"])
_LANGUAGE: Final = Language.ENGLISH
Asked = Annotated[str | None, Query(max_length=120)]


def app_of(request: Request) -> "Console":
    """The app that is asked."""
    app: Console = request.app.state.app
    return app


def _wanted(
    clause: Annotated[str | None, Query(max_length=120, description="the clause that a fact names")] = None,
    promise: Annotated[
        str | None, Query(max_length=20, description="a promise's code, as `…/promises` has them")
    ] = None,
    type: Annotated[str | None, Query(max_length=120, description="of one type of event")] = None,  # noqa: A002 - as it is asked
    since: Annotated[datetime | None, Query(alias="from", description="recorded at this instant or later")] = None,
    until: Annotated[datetime | None, Query(description="recorded before this instant")] = None,
    about: Annotated[Id | None, Query(description="an event's id, or that of what it is about")] = None,
) -> Filter:
    return Filter(clause, promise, type, since, until, about)


Wanted = Annotated[Filter, Depends(_wanted)]
Everybody = Annotated[bool, Query(description="the facts that concern all clients, instead of this one's")]


class Place(NamedTuple):
    """A page of a chain: where it begins, how long it is."""

    chain: str
    after: int
    limit: int


def _place(
    client_id: PathId,
    caller: Authenticated,
    *,
    everybody: Everybody = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Place:
    """§12: whose record it is decides on whether it is there."""
    caller.require(Right.SEE_EVIDENCE)
    caller.require_client(client_id)
    place = decode_cursor(cursor, int)
    return Place(EVERYBODY if everybody else chain_of(client_id), 0 if place is None else int(place[0]), limit)


OnPage = Annotated[Place, Depends(_place)]


@router.get("/clients/{client_id}/record", summary="The record, in order; with its signed head")
async def read_record(
    client_id: PathId,  # noqa: ARG001 - it is in the place
    place: OnPage,
    wanted: Wanted,
    request: Request,
    running: Running,
) -> RecordPage:
    """§3.2: every fact with the clause that it rests on, and the hash of it and all before it."""
    chain = found((await queries.chains(running.pool, [place.chain])).get(place.chain))
    items = await queries.page(running.pool, place.chain, wanted, place.after, place.limit + 1)
    head = sealing.signed(app_of(request).signer, place.chain, chain.head, running.clock.now())
    return RecordPage(
        chain=place.chain,
        complete_from=await queries.begun_at(running.pool),
        head=Signed.model_validate(head.model_dump()),
        items=items[: place.limit],
        next=encode_cursor(items[place.limit - 1].seq) if len(items) > place.limit else None,
    )


@router.get(
    "/clients/{client_id}/timeline", summary="The same for people: a table in words", dependencies=[Depends(form)]
)
async def read_timeline(
    client_id: PathId, place: OnPage, wanted: Wanted, request: Request, running: Running, lang: Language = _LANGUAGE
) -> Response:
    """In English or French; as HTML, CSV or JSON."""
    found((await queries.chains(running.pool, [place.chain])).get(place.chain))
    said = words(lang)
    items = await queries.page(running.pool, place.chain, wanted, place.after, place.limit + 1)
    rows = [
        (each.seq, each.recorded_at, said.events.get(each.type, each.type), each.clause, each.about)
        for each in items[: place.limit]
    ]
    title = said.everybody if place.chain == EVERYBODY else said.title.format(client=client_id)
    more = None
    if len(items) > place.limit:
        query = {**request.query_params, "cursor": encode_cursor(items[place.limit - 1].seq)}
        more = (said.next, f"?{urlencode(query)}")
    columns = (said.seq, said.recorded_at, said.what, said.clause, said.about)
    return table(request, title, columns, rows, language=lang.value, more=more)


@router.get(
    "/clients/{client_id}/record/export",
    summary="The whole record as one file that can be verified offline",
    response_class=StreamingResponse,
    responses={200: {"content": {exporting.MEDIA_TYPE: {}}}},
)
async def export(client_id: PathId, caller: Authenticated, request: Request, running: Running) -> StreamingResponse:
    """§7: what concerns this client and what concerns all, entry by entry, and the signed heads."""
    caller.require(Right.SEE_EVIDENCE)
    caller.require_client(client_id)
    app = app_of(request)
    names = [EVERYBODY, chain_of(client_id)]
    there = await queries.chains(running.pool, names)
    agreement = _agreement(app, found(there.get(chain_of(client_id))))
    first = exporting.header(
        client_id, agreement, app.signer.key_id, await queries.begun_at(running.pool), running.clock.now()
    )
    heads = {name: there[name].head for name in names if name in there}
    lines = exporting.lines(running.pool, app.signer, first, heads)
    disposition = f'attachment; filename="record-{client_id.replace(":", "-")}.ndjson"'
    return StreamingResponse(lines, media_type=exporting.MEDIA_TYPE, headers={"Content-Disposition": disposition})


@router.get("/clients/{client_id}/promises", summary="Each promise of the agreement, and what the record holds of it")
async def read_promises(client_id: PathId, caller: Authenticated, request: Request, running: Running) -> PromisesAnswer:
    """§3.2: how many facts, the last, what is open, and what was missed."""
    caller.require(Right.SEE_EVIDENCE)
    caller.require_client(client_id)
    names = [EVERYBODY, chain_of(client_id)]
    there: Mapping[str, Chain] = await queries.chains(running.pool, names)
    agreement = _agreement(app_of(request), found(there.get(chain_of(client_id))))
    tallies = {name: await tally_store.tally(running.pool, name) for name in names}
    return PromisesAnswer(
        client_id=client_id,
        agreement_id=agreement.id,
        agreement_version=agreement.version,
        complete_from=await queries.begun_at(running.pool),
        items=promises.kept(agreement, tallies),
    )


def _agreement(app: "Console", chain: Chain) -> Agreement:
    return agreement_of(app.book, chain.agreement_id, chain.agreement_version)
