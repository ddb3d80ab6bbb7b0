"""What a question to any API brings along: the running service, ids, a place to go on from; whose records it means."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict

from chassis.database import Pool
from chassis.http import Authenticated, IdempotencyKey
from chassis.message import Cause
from chassis.pages import Page, encode_cursor
from chassis.problems import nothing_here
from chassis.requests import cause_of
from chassis.rights import Caller, Right
from chassis.service import Runtime
from contracts.event import Id

T = TypeVar("T")


class Body(BaseModel):
    """What a request brings; a field that it doesn't have is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _pool(request: Request) -> Pool:
    return _runtime(request).pool


Running = Annotated[Runtime, Depends(_runtime)]
"""The running service; its API keeps it in `state.runtime`."""

Reading = Annotated[Pool, Depends(_pool)]
"""Where statements run that only read."""

PathId = Annotated[Id, Path()]
Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=1000)]


def word_to(service: str) -> Callable[..., Awaitable[Cause]]:
    """A dependency: a person's word to `service`, with one id however often it is sent under its key.

    One client's keys never meet another's. Another word under the same key is refused where it would be handled.
    """

    async def cause(request: Request, caller: Authenticated, key: IdempotencyKey) -> Cause:
        return await word_of(request, caller, key, service)

    return cause


async def word_of(request: Request, caller: Caller, key: str, service: str) -> Cause:
    """The cause that a caller's word to a service is under its key."""
    group = f"clients/{caller.client_id}" if caller.client_id else "staff"
    return await cause_of(request, f"dutiful/{service}/api/{group}/{caller.subject}", key)


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


def page_of(placed: Sequence[tuple[T, tuple[str | int | datetime, ...]]], limit: int) -> Page[T]:
    """A page of at most `limit` items of those read, each with its place; one more was read to know if more follow."""
    items = [item for item, _ in placed[:limit]]
    if len(placed) <= limit:
        return Page(items=items)
    last = [each.isoformat() if isinstance(each, datetime) else each for each in placed[limit - 1][1]]
    return Page(items=items, next=encode_cursor(*last))
