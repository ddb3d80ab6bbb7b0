"""What PostgreSQL can't store is refused at the door, by the name of its field."""

from http import HTTPStatus
from typing import Final

from fastapi import Request

from chassis.problems import FieldProblem, Problem
from contracts.nul import WORDS, field_with_nul

_BYTES: Final = "application/octet-stream"


async def no_nul(request: Request) -> None:
    """Nothing, where neither the path nor the query nor a JSON body holds a NUL; otherwise 422 with the field."""
    named = (*request.query_params.items(), *request.path_params.items())
    field = next((name for name, value in named if "\0" in str(value)), None)
    if field is None and not request.headers.get("content-type", "").startswith(_BYTES):
        field = field_with_nul(await request.body())
    if field is not None:
        errors = [FieldProblem(field=field, message=WORDS)]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{field}: {WORDS}", errors=errors)
