"""Packages of returns and of exports: what they hold, how they are fetched, and that the client has them (TER-5)."""

from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from chassis.asking import PathId, Running, found, word_to
from chassis.http import Authenticated
from chassis.message import Cause
from chassis.problems import Problem
from chassis.rights import Right
from chassis.service import Runtime
from contracts.returning import ReturnAcknowledged, ReturnDownloaded
from contracts.task import TaskAcknowledged, TaskDownloaded
from holder import packages
from holder.downloads import Download
from holder.jobs import Kind
from holder.links import is_good, link
from holder.packages import Package
from holder.packaging import stream
from holder.ranges import Unsatisfiable, wanted

if TYPE_CHECKING:
    from holder.app import Holder
else:
    Holder = object

router = APIRouter(tags=["packages"])


class PackageView(BaseModel):
    """A package, and the link to it while there is one."""

    order_id: str
    client_id: str
    available_until: datetime
    ready_at: datetime | None
    bytes: int | None
    downloaded_at: datetime | None
    acknowledged_at: datetime | None
    removed_at: datetime | None
    url: str | None


def _app(request: Request) -> Holder:
    app: Holder = request.app.state.app
    return app


App = Annotated[Holder, Depends(_app)]
Once = Annotated[Cause, Depends(word_to("holder"))]


@router.get("/packages/{order_id}.tar", summary="The package itself", response_class=StreamingResponse)
async def fetch(
    order_id: PathId,
    signature: Annotated[str, Query(max_length=64)],
    app: App,
    running: Running,
    range_header: Annotated[str | None, Header(alias="Range")] = None,
) -> Download:
    """Through a signed link, whole or in part; the link is what lets in, no token is needed."""
    key = app.settings.link_key.get_secret_value().encode()
    if not is_good(key, order_id, signature):
        raise Problem(HTTPStatus.FORBIDDEN, "the link is not good: ask for a new one")
    package = await _found(running, order_id)
    is_over = package.removed_at is not None or package.available_until <= running.clock.now()
    if package.ready_at is None or package.bytes is None or is_over:
        raise Problem(HTTPStatus.GONE, "the package is not there, or not any more")
    return _answer(app, running, package, package.bytes, range_header)


@router.get("/packages/{order_id}", summary="One package")
async def read_package(order_id: PathId, caller: Authenticated, app: App, running: Running) -> PackageView:
    """Its dates, and a link for whoever may fetch it."""
    caller.require(Right.FETCH)
    package = await _found(running, order_id)
    caller.require_client(package.client_id)
    return _view(app, package, running.clock.now())


@router.post("/packages/{order_id}/acknowledgement", summary="The client has its data")
async def acknowledge(order_id: PathId, caller: Authenticated, cause: Once, app: App, running: Running) -> PackageView:
    """§8.3: with it the responsibility for what was returned ends, and the package is removed."""
    caller.require(Right.FETCH)
    package = await _found(running, order_id)
    caller.require_client(package.client_id)
    if package.ready_at is None:
        raise Problem(HTTPStatus.CONFLICT, "the package isn't ready")
    cause = cause._replace(id=f"{order_id} {cause.id}")  # one key is another word for another package
    async with running.processor.transaction(cause, [cause.inbox_key]) as tx:
        if tx.new:
            tx.emit(_acknowledged(app, package, caller.subject, tx.now))
            await packages.acknowledge(tx, package.client_id, order_id, tx.now)
    return _view(app, await _found(running, order_id), running.clock.now())


def _answer(app: Holder, running: Runtime, package: Package, size: int, range_header: str | None) -> Download:
    try:
        part = wanted(range_header, size)
    except Unsatisfiable:
        headers = {"Content-Range": f"bytes */{size}"}
        beyond = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        raise Problem(beyond, f"the package has {size} bytes", headers=headers) from None
    first, last = part or (0, size - 1)
    headers = {
        "Content-Length": str(last - first + 1),
        "Content-Disposition": f'attachment; filename="{package.order_id}.tar"',
        "Accept-Ranges": "bytes",
    }
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
    body = stream(running.pool, app.shelf, package.order_id, first, last)
    record = partial(_record, app, running, package, first, last)
    return Download(body, last - first + 1, record, status=status, headers=headers)


async def _record(app: Holder, running: Runtime, package: Package, first: int, last: int) -> None:
    """What was sent to its end is recorded, and the whole is said."""
    cause = Cause("dutiful/holder/downloads", package.order_id, "")
    async with running.processor.transaction(cause._replace(flow_id=cause.derive("flow"))) as tx:
        if await packages.fetched(tx, package.order_id, first, last):
            said = TaskDownloaded if package.kind is Kind.TASK else ReturnDownloaded
            tx.emit(
                said(
                    client_id=package.client_id,
                    order_id=package.order_id,
                    holder_id=app.holder_id,
                    downloaded_at=tx.now,
                    bytes=package.bytes or 0,
                )
            )


def _acknowledged(app: Holder, package: Package, by: str, at: datetime) -> TaskAcknowledged | ReturnAcknowledged:
    if package.kind is Kind.TASK:
        return TaskAcknowledged(
            client_id=package.client_id,
            order_id=package.order_id,
            holder_id=app.holder_id,
            acknowledged_by=by,
            received_at=at,
        )
    return ReturnAcknowledged(
        client_id=package.client_id, order_id=package.order_id, acknowledged_by=by, received_at=at
    )


async def _found(running: Runtime, order_id: str) -> Package:
    return found(await packages.one(running.pool, order_id))


def _view(app: Holder, package: Package, now: datetime) -> PackageView:
    there = package.ready_at is not None and package.removed_at is None and package.available_until > now
    settings = app.settings
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    key = settings.link_key.get_secret_value().encode()
    url = link(base, key, package.order_id) if there else None
    return PackageView(
        order_id=package.order_id,
        client_id=package.client_id,
        available_until=package.available_until,
        ready_at=package.ready_at,
        bytes=package.bytes,
        downloaded_at=package.downloaded_at,
        acknowledged_at=package.acknowledged_at,
        removed_at=package.removed_at,
        url=url,
    )
