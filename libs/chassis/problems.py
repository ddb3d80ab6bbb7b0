"""What a person is told instead of an answer: problem details (RFC 9457), the same shape for every error."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from pydantic_core import to_jsonable_python

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One field of the request and what is wrong with it."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """Problem details (RFC 9457): `type` is `about:blank`, so `title` is the status in words."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = Field(None, description="what is wrong, field by field")


class Problem(Exception):
    """The request can't be answered: a status, one sentence, and perhaps the fields that are wrong."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers

    def response(self) -> JSONResponse:
        """The problem as it goes out."""
        details = ProblemDetails(
            title=self.status.phrase, status=self.status, detail=self.detail, errors=list(self.errors) or None
        )
        body = to_jsonable_python(details, exclude_none=True)
        return JSONResponse(body, status_code=self.status, headers=self.headers, media_type=MEDIA_TYPE)


def nothing_here() -> Problem:
    """The one answer for a record that doesn't exist and for one that is another client's (§12)."""
    return Problem(HTTPStatus.NOT_FOUND, "there is no such record")


def unauthorized(reason: str) -> Problem:
    """RFC 6750 §3: the caller must show a token, or another one."""
    challenge = f'Bearer realm="dutiful", error="invalid_token", error_description="{reason}"'
    return Problem(HTTPStatus.UNAUTHORIZED, reason, headers={"WWW-Authenticate": challenge})
