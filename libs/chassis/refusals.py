"""Every error of an API, answered as a problem (RFC 9457): what is wrong, where, and nothing of the inside."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from chassis.errors import Rejected, is_down
from chassis.problems import FieldProblem, Problem
from contracts.wording import in_words, unknown_field

log = structlog.get_logger()

_RETRY_AFTER_S: Final = 5
_KEY_WORDS: Final = "must be 1 to 128 letters, digits or . _ : -"  # of the one header that has a form
_SHOWN: Final = 200
"""Characters of what a caller sent that an answer or a line of the log repeats."""


def add_problems(api: FastAPI) -> None:
    """Answer what handlers raise on purpose as a problem; the rest comes to `answer` through the guard."""
    for kind in (Problem, Rejected, RequestValidationError, HTTPException):
        api.add_exception_handler(kind, answer)


def answer(request: Request, error: Exception) -> JSONResponse:
    """What the caller is told of an error: its own fault in detail, ours without the inside, which is logged."""
    match error:
        case Problem():
            problem = error
        case Rejected():
            fields = [FieldProblem(field=error.field, message=error.reason)] if error.field else []
            problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.reason, errors=fields)
        case RequestValidationError():
            problem = _invalid(request, error)
        case HTTPException():
            problem = _http(request, error)
        case asyncpg.DataError():
            problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the request holds a value that can't be stored")
        case _ if is_down(error):
            log.warning("request while the world is down", path=_path(request), error=type(error).__name__)
            away = "the database or the broker is away; try again"
            headers = {"Retry-After": str(_RETRY_AFTER_S)}
            problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, away, headers=headers)
        case _:
            log.error("request failed", path=_path(request), exc_info=error)
            problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the error is ours and is recorded")
    return problem.response()


def _invalid(request: Request, error: RequestValidationError) -> Problem:
    """A header or JSON that can't be read is a bad request (400); what can be read and isn't taken is told by field."""
    found = error.errors()
    if any(isinstance(each["input"], bytes) for each in found if each["loc"] == ("body",)):
        sent = request.headers.get("content-type", "no content type")[:_SHOWN]
        detail = f"the body must be JSON, sent with Content-Type: application/json; this is {sent}"
        return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    fields = [FieldProblem(field=_field(each["loc"]), message=_words(request, each)) for each in found]
    if any(each["type"] == "json_invalid" for each in found):
        return Problem(HTTPStatus.BAD_REQUEST, "the body is no JSON", errors=fields)
    in_header = [each["loc"][0] == "header" for each in found]
    said = [
        f"{'the header ' if header else ''}{field.field}: {field.message}"
        for field, header in zip(fields, in_header, strict=True)
    ]
    status = HTTPStatus.BAD_REQUEST if any(in_header) else HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(status, "; ".join(said), errors=fields)


def _words(request: Request, found: Mapping[str, Any]) -> str:
    model = _body_of(request)
    if found["type"] == "extra_forbidden" and model is not None:
        return unknown_field(model, found["loc"][1:])
    if found["type"] == "string_pattern_mismatch" and found["loc"][0] == "header":
        return _KEY_WORDS
    return in_words(found["type"], found["msg"], found.get("ctx", {}))


def _body_of(request: Request) -> type[BaseModel] | None:
    """What an operation takes for its body, where that is one model."""
    route = request.scope.get("route")
    body = route.body_field if isinstance(route, APIRoute) else None
    kind = body.field_info.annotation if body is not None else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _field(loc: tuple[int | str, ...]) -> str:
    """`body.transfer.mechanism` as `transfer.mechanism`, `query.limit` as `limit`; an offset in JSON is none."""
    named = [str(step) for step in loc[1:]]
    return ".".join(named) if named and not named[0].isdecimal() else str(loc[0])


def _http(request: Request, error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    match status:
        case HTTPStatus.NOT_FOUND:
            detail = f"there is nothing at {_path(request)}"
        case HTTPStatus.METHOD_NOT_ALLOWED:
            detail = f"{request.method} is not possible here"
        case _:
            detail = str(error.detail)
    return Problem(status, detail, headers=error.headers)


def _path(request: Request) -> str:
    """The path as it was sent, escaped, and not more of it than a line holds."""
    return request.url.path[:_SHOWN]
