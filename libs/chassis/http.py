"""The foundation of every service's HTTP API: who calls, under which key, how much at once; problems; its own pages."""

from typing import Annotated, Final

from fastapi import Depends, FastAPI, Header, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chassis.access import Access, Caller
from chassis.described import PROBLEM, describe
from chassis.guard import Guard
from chassis.known_query import only_known_query
from chassis.no_nul import no_nul
from chassis.rates import Bounds
from chassis.refusals import add_problems
from chassis.serving import Server, serve
from chassis.signing_in import add_sign_in, browsers_authorization

__all__ = ["Authenticated", "IdempotencyKey", "Identified", "Limit", "Server", "create_api", "serve"]

_KEY: Final = r'^("[A-Za-z0-9._:-]{1,128}"|[A-Za-z0-9._:-]{1,128})$'
_BEARER: Final = HTTPBearer(auto_error=False, bearerFormat="JWT", description="`dutiful token`, or the OIDC issuer's")


def create_api(title: str, version: str, access: Access, description: str = "") -> FastAPI:
    """An API with problem details, bearer tokens, bounded requests, and its pages served from here alone."""
    api = FastAPI(
        title=title,
        version=version,
        description=description,
        docs_url=None,
        redoc_url=None,
        responses=PROBLEM,
        dependencies=[Depends(only_known_query), Depends(no_nul)],
    )
    api.state.access = access
    api.state.bounds = Bounds()
    add_problems(api)
    api.add_middleware(Guard)
    describe(api)
    add_sign_in(api)
    return api


async def _identified(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Caller:
    access: Access = request.app.state.access
    caller = await access.caller_of(request.headers.get("authorization") or await browsers_authorization(request))
    bounds: Bounds = request.app.state.bounds
    bounds.take(caller)
    return caller


Identified = Annotated[Caller, Depends(_identified)]
"""The caller, by its bearer token, bound to confidentiality or not: for what reaches no client's record."""


async def _caller(request: Request, caller: Identified) -> Caller:
    access: Access = request.app.state.access
    await access.require_undertaking(caller)
    return caller


Authenticated = Annotated[Caller, Depends(_caller)]
"""The caller, by its bearer token; 401 without one that counts, and for a browser the page that takes one.

403 for staff without an undertaking of confidentiality, where the installation asks for one (§3.2).
"""


def _idempotency_key(
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            pattern=_KEY,
            description="1 to 128 letters, digits or . _ : - of your choice; fresh per request, the same in a retry: "
            "the same key with another request is a 422",
        ),
    ],
) -> str:
    return key.strip('"')


IdempotencyKey = Annotated[str, Depends(_idempotency_key)]
"""The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), quoted or not; 400 without a good one."""

Limit = Annotated[int, Query(ge=1, le=500, description="items on a page at most")]
"""Declare it as `limit: Limit = 100`."""
