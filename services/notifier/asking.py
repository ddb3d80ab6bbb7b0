"""What a question to this API brings along beside `chassis.asking`: the notifier, a place in time; once is enough."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from chassis.http import Authenticated, IdempotencyKey
from chassis.message import Cause
from chassis.pages import decode_cursor
from chassis.problems import Problem
from chassis.requests import cause_of
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


async def _cause(request: Request, caller: Authenticated, key: IdempotencyKey) -> Cause:
    person = f"{caller.client_id or 'staff'}/{caller.subject}"
    return await cause_of(request, f"dutiful/notifier/api/{person}", f"{request.method} {request.url.path} {key}")


App = Annotated[Notifier, Depends(_notifier)]
"""The notifier, with its agreements and its settings."""

Once = Annotated[Cause, Depends(_cause)]
"""What a post is: its caller's, for its path, under its key: a transaction that begins with its inbox key
carries it out once."""


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor of time and id stands for."""
    values = decode_cursor(cursor, str, str)
    return None if values is None else _made(_PLACE, values)


def id_of(cursor: str | None) -> str | None:
    """The id that a cursor stands for."""
    values = decode_cursor(cursor, str)
    return None if values is None else _made(_ID, values[0])


def _made(adapter: TypeAdapter[T], value: object) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "cursor is not one of ours: take it from `next` of the page before"
        ) from None
