"""What a question to the API brings along: the notifier, a place to go on from, whose records; and once is enough."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Path, Query, Request
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from chassis import inbox
from chassis.database import Pool
from chassis.http import Authenticated, IdempotencyKey
from chassis.message import Cause
from chassis.pages import Page, decode_cursor, encode_cursor
from chassis.problems import Problem, nothing_here
from chassis.requests import cause_of
from chassis.rights import Caller, Right
from chassis.service import Runtime
from chassis.transaction import Transaction
from contracts.event import Id

if TYPE_CHECKING:
    from notifier.app import Notifier
else:
    Notifier = object

T = TypeVar("T")
Place = tuple[datetime, str]
"""Where a page goes on: after the record of this instant and this id."""

_Since = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC))]
_PLACE: TypeAdapter[tuple[datetime, str]] = TypeAdapter(tuple[_Since, Id])
_ID: TypeAdapter[str] = TypeAdapter(Id)


def _notifier(request: Request) -> Notifier:
    notifier: Notifier = request.app.state.app
    return notifier


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _pool(request: Request) -> Pool:
    return _runtime(request).pool


def _cause(request: Request, caller: Authenticated, key: IdempotencyKey) -> Cause:
    whose = f"{caller.client_id or 'staff'}/{caller.subject}"
    return cause_of(request, f"dutiful/notifier/api/{whose}", f"{request.method} {request.url.path} {key}")


App = Annotated[Notifier, Depends(_notifier)]
"""The notifier, with its agreements and its settings."""

Running = Annotated[Runtime, Depends(_runtime)]
"""The running service."""

Reading = Annotated[Pool, Depends(_pool)]
"""Where statements run that only read."""

Once = Annotated[Cause, Depends(_cause)]
"""What a post is: its caller's, for its path, under its key; see `is_first`."""

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


async def is_first(tx: Transaction) -> bool:
    """Whether the transaction's cause was never carried out; one that is being carried out is waited for."""
    return bool(await inbox.remember(tx.connection, [tx.cause.inbox_key], tx.now))


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor of time and id stands for."""
    values = decode_cursor(cursor, str, str)
    return None if values is None else _made(_PLACE, values)


def id_of(cursor: str | None) -> str | None:
    """The id that a cursor stands for."""
    values = decode_cursor(cursor, str)
    return None if values is None else _made(_ID, values[0])


def page_of(items: Sequence[T], limit: int, place: Callable[[T], tuple[datetime | str, ...]]) -> Page[T]:
    """A page of at most `limit` items of those read; one more was read to know if more follow."""
    if len(items) <= limit:
        return Page(items=list(items))
    last = [each.isoformat() if isinstance(each, datetime) else each for each in place(items[limit - 1])]
    return Page(items=list(items[:limit]), next=encode_cursor(*last))


def _made(adapter: TypeAdapter[T], value: object) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "cursor is not one of ours: take it from `next` of the page before"
        ) from None
