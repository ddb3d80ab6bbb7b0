"""Authorities' requests, and the sealed room: who enters them, who opens it, each opening on record (DSR-4)."""

from http import HTTPStatus

from fastapi import APIRouter, Request

from chassis.asking import PathId, Running, found
from contracts.authority import AuthorityBanExtended, AuthorityBanLifted, AuthorityRequested
from requests_desk import seal_queries, seal_store
from requests_desk.asking import Handler, Once, Opener, app_of, event_of, say
from requests_desk.bodies import AuthorityBody, ExtensionBody, ReasonBody
from requests_desk.views import Recorded, SealedLine, SealedView, SealLogView

router = APIRouter(tags=["authorities"])
_CREATED = HTTPStatus.CREATED


@router.post("/authority-requests", status_code=_CREATED, summary="Enter an authority's request")
async def receive(body: AuthorityBody, caller: Handler, running: Running, cause: Once) -> Recorded:  # noqa: ARG001 - whoever asks must be one
    """DSR-4: the client is told, or under a ban nobody: then it is sealed."""
    await say(running, event_of(AuthorityRequested, body), cause)
    sealed = await seal_queries.is_sealed(running.pool, body.request_id)
    return Recorded(request_id=body.request_id, sealed=sealed)


@router.get("/sealed", summary="What is sealed, by its ids")
async def read_sealed(caller: Opener, running: Running) -> list[SealedLine]:  # noqa: ARG001 - as above
    """DSR-4: what it is shows its opening alone."""
    return await seal_queries.sealed(running.pool)


@router.post("/sealed/{request_id}/openings", status_code=_CREATED, summary="Open it")
async def open_sealed(
    request_id: PathId, body: ReasonBody, request: Request, caller: Opener, running: Running, cause: Once
) -> SealedView:
    """DSR-4: who opens it, when and why, is kept with it before anything is shown."""
    async with running.processor.transaction(cause) as tx:
        sealed = found(await seal_store.lock(tx, app_of(request).vault, request_id))
        await seal_store.log(tx, request_id, "opened", caller.subject, body.reason)
    return SealedView(opened_by=caller.subject, sealed=sealed)


@router.get("/sealed/{request_id}/log", summary="Who did what with it")
async def read_log(request_id: PathId, caller: Opener, running: Running) -> list[SealLogView]:  # noqa: ARG001 - as above
    """DSR-4: sealed, opened, extended, lifted, ended; it stays when the ban is over."""
    return found(await seal_queries.log(running.pool, request_id) or None)


@router.post("/sealed/{request_id}/extension", status_code=_CREATED, summary="The ban goes on")
async def extend(
    request_id: PathId, body: ExtensionBody, caller: Opener, running: Running, cause: Once
) -> list[SealLogView]:
    """DSR-4: through another last day, or until it is lifted."""
    found(await seal_queries.is_sealed(running.pool, request_id) or None)
    await say(running, event_of(AuthorityBanExtended, body, request_id=request_id, extended_by=caller.subject), cause)
    return await seal_queries.log(running.pool, request_id)


@router.post("/sealed/{request_id}/end", status_code=_CREATED, summary="The ban is lifted")
async def lift(
    request_id: PathId, body: ReasonBody, caller: Opener, running: Running, cause: Once
) -> list[SealLogView]:
    """DSR-4: the client is told at once."""
    found(await seal_queries.log(running.pool, request_id) or None)
    await say(running, event_of(AuthorityBanLifted, body, request_id=request_id, lifted_by=caller.subject), cause)
    return await seal_queries.log(running.pool, request_id)
