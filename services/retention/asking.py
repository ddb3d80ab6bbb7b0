"""What a question to the API brings along: the running service, ids, a place to go on from; whose records it means."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Path, Query, Request

from chassis.database import Pool
from chassis.message import Cause
from chassis.pages import Page, encode_cursor
from chassis.problems import nothing_here
from chassis.rights import Caller, Right
from chassis.service import Runtime
from contracts.event import Id

if TYPE_CHECKING:
    from retention.app import Retention

T = TypeVar("T")


def app_of(request: Request) -> "Retention":
    """The app that is asked."""
    app: Retention = request.app.state.app
    return app


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _pool(request: Request) -> Pool:
    return _runtime(request).pool


Running = Annotated[Runtime, Depends(_runtime)]
"""The running service."""

Reading = Annotated[Pool, Depends(_pool)]
"""Where statements run that only read."""

PathId = Annotated[Id, Path()]
Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=1000)]


def whose(caller: Caller, client_id: str | None) -> str | None:
    """Whose records are meant: the client's own, or for staff those of one client or (None) of all; §12."""
    if client_id is not None:
        caller.require_client(client_id)
    return client_id if caller.may(Right.SEE_ALL_CLIENTS) else caller.client_id


def found(record: T | None) -> T:
    """The record; the one answer for what is not there, and for what is another's, where it is None."""
    if record is None:
        raise nothing_here()
    return record


def page_of(placed: Sequence[tuple[T, tuple[str | int, ...]]], limit: int) -> Page[T]:
    """A page of at most `limit` items of those read, each with its place; one more was read to know if more follow."""
    more = len(placed) > limit
    return Page(items=[item for item, _ in placed[:limit]], next=encode_cursor(*placed[limit - 1][1]) if more else None)


def cause_of(caller: Caller, key: str) -> Cause:
    """A person's word has one id however often it is sent under its key; one client's keys never meet another's."""
    scope = f"clients/{caller.client_id}" if caller.client_id else "staff"
    cause = Cause(source=f"dutiful/retention/api/{scope}/{caller.subject}", id=key, flow_id="")
    return Cause(cause.source, cause.id, flow_id=cause.derive("flow"))
