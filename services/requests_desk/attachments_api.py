"""Files that came with a request: bounded, closed, by their hash; given back as bytes and never as a page (§9)."""

from hashlib import sha256
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from chassis.asking import PathId, Running, found
from chassis.problems import Problem
from chassis.service import Runtime
from contracts.returning import Sha256
from requests_desk import attachment_store, finding
from requests_desk.asking import Handler, app_of, asked
from requests_desk.clients_api import Own

router = APIRouter(tags=["attachments"])
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
Hash = Annotated[Sha256, Path(description="the file's SHA-256")]


class Kept(BaseModel):
    """A file that is kept: its name and kind are said with the request, or the answer, that names it."""

    sha256: str
    bytes: int = Field(ge=1)


@router.post(
    "/requests/{request_id}/attachments",
    status_code=HTTPStatus.CREATED,
    summary="Keep a file: the body is its bytes",
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
async def keep(request_id: PathId, request: Request, caller: Handler, running: Running) -> Kept:
    """The same bytes again change nothing; they go when what is personal of the request does."""
    record, app = await asked(running, request_id), app_of(request)
    content = await request.body()
    if not content:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "a file has at least one byte")
    kept = Kept(sha256=sha256(content).hexdigest(), bytes=len(content))
    at_most = app.settings.attachments_per_request
    async with running.processor.transaction() as tx:
        held = await finding.locked_request(tx, record.request_id)
        if held.status.is_over:
            raise Problem(HTTPStatus.CONFLICT, f"the request is {held.status}")
        if await attachment_store.count_others(tx, held.request_id, kept.sha256) >= at_most:
            raise Problem(HTTPStatus.CONFLICT, f"{at_most} files are kept of one request, and no more")
        closed = app.vault.close_bytes(content, finding.place_of_attachment(held.request_id, kept.sha256))
        await attachment_store.insert(tx, held.request_id, kept.sha256, closed, caller.subject)
    return kept


@router.get(
    "/requests/{request_id}/attachments/{sha256}",
    summary="A file's bytes, for who handles the request",
    response_class=Response,
    responses={HTTPStatus.OK.value: {"description": "The bytes", **_BINARY}},
)
async def read(request_id: PathId, sha256: Hash, request: Request, caller: Handler, running: Running) -> Response:
    """§9: as what the requester wrote, it is for the handler alone."""
    record = await asked(running, request_id)
    if record.handler != caller.subject:
        raise Problem(HTTPStatus.FORBIDDEN, "it is for who handles the request: take it first")
    return await _bytes(request, running, record.request_id, sha256)


@router.get(
    "/clients/{client_id}/requests/{request_id}/attachments/{sha256}",
    summary="A file's bytes, for the client",
    response_class=Response,
    responses={HTTPStatus.OK.value: {"description": "The bytes", **_BINARY}},
)
async def read_own(
    client_id: PathId,
    request_id: PathId,
    sha256: Hash,
    request: Request,
    caller: Own,  # noqa: ARG001 - whoever asks must be one
    running: Running,
) -> Response:
    """§9: what came along, as it came."""
    record = await asked(running, request_id, client_id)
    return await _bytes(request, running, record.request_id, sha256)


async def _bytes(request: Request, running: Runtime, request_id: str, digest: str) -> Response:
    closed = found(await attachment_store.load(running.pool, request_id, digest))
    content = app_of(request).vault.open_bytes(closed, finding.place_of_attachment(request_id, digest))
    headers = {
        "Content-Disposition": f'attachment; filename="{digest}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)
