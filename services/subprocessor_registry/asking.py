"""What a question to this API brings along beside `chassis.asking`: the agreements, whose word it is, for whom."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from agreement.book import Book
from chassis.asking import whose, word_to
from chassis.message import Cause
from chassis.problems import Problem
from chassis.rights import Caller


def _book(request: Request) -> Book:
    book: Book = request.app.state.book
    return book


Agreements = Annotated[Book, Depends(_book)]
"""The versions of the agreement."""

Once = Annotated[Cause, Depends(word_to("subprocessor_registry"))]
"""A person's word: it has one id however often it is sent under its key; one client's keys never meet another's."""


def speaker(caller: Caller, client_id: str | None) -> str:
    """For which client the caller speaks: its own; staff, who enter what came by letter, must name one."""
    named = whose(caller, client_id)
    if named is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "client_id is missing: say for which client this came in")
    return named
