"""How a browser reads what needs a token: a page takes one and keeps it for an hour, for reading pages and no more.

The cookie counts for a GET that asks for HTML, which changes nothing: no other site can make a browser act with it.
"""

import base64
import hashlib
from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from chassis.access import Access
from chassis.problems import Problem

PATH: Final = "/sign-in"
_COOKIE: Final = "dutiful_token"
_KEPT_S: Final = 3600
_FITS: Final = 3800
"""Characters of a token; browsers drop a cookie of more than 4096, silently."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem;color:#1b1b1b}"
    "textarea{box-sizing:border-box;width:100%;font:inherit;font-family:monospace}"
    "button{font:inherit;padding:.4rem 1.2rem}"
)
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in: {title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1>{wrong}
<form method="post" action="{path}"><input type="hidden" name="next" value="{next}">
<p><label for="token">A bearer token: <code>dutiful token</code>, or your OpenID Connect issuer's</label></p>
<p><textarea id="token" name="token" rows="6" required autocomplete="off" spellcheck="false"></textarea></p>
<p><button>Sign in</button></p></form></main></body></html>
"""


class SignInFirst(Exception):
    """A browser asks for a page without a token that counts."""


def add_sign_in(api: FastAPI) -> None:
    """Give `api` its page `/sign-in`, and send browsers there."""

    @api.exception_handler(SignInFirst)
    async def send_there(request: Request, _: Exception) -> Response:
        asked = f"{request.url.path}?{request.url.query}".rstrip("?")
        return RedirectResponse(f"{PATH}?next={quote(asked, safe='')}", HTTPStatus.SEE_OTHER, {"Vary": "Accept"})

    @api.get(PATH, include_in_schema=False)
    async def page(next: str = "/docs") -> Response:  # noqa: A002 - as the address names it
        return _page(api.title, next)

    @api.post(PATH, include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        return await _sign_in(api, request)


async def browsers_authorization(request: Request) -> str | None:
    """The `Authorization` that a browser's cookie stands for, None where it stands for none; raises SignInFirst."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return None
    token = request.cookies.get(_COOKIE)
    access: Access = request.app.state.access
    try:
        await access.caller_of(f"Bearer {token}")
    except Problem as problem:
        raise SignInFirst from problem
    return f"Bearer {token}"


async def _sign_in(api: FastAPI, request: Request) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(HTTPStatus.FORBIDDEN, "another site may sign nobody in here")
    fields = parse_qs((await request.body()).decode("ascii", "replace"))
    token, there = fields.get("token", [""])[0].strip(), fields.get("next", [""])[0]
    try:
        await api.state.access.caller_of(f"Bearer {token}")
    except Problem as problem:
        return _page(api.title, there, problem.detail)
    if len(token) > _FITS:
        return _page(api.title, there, f"a browser keeps no token of more than {_FITS} characters")
    answer = RedirectResponse(_within(there), HTTPStatus.SEE_OTHER)
    secure = request.url.hostname not in _LOOPBACK  # what stands before us in production speaks TLS
    answer.set_cookie(_COOKIE, token, max_age=_KEPT_S, httponly=True, samesite="strict", secure=secure)
    return answer


def _page(title: str, there: str, wrong: str = "") -> Response:
    said = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
    page = _PAGE.format(title=escape(title), style=_STYLE, path=PATH, next=escape(_within(there)), wrong=said)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return HTMLResponse(page, status, {"Content-Security-Policy": _POLICY})


def _within(there: str) -> str:
    """A path of this API; whatever leads elsewhere is the API's own page."""
    here = there.startswith("/") and not there.startswith("//") and "\\" not in there and there.isprintable()
    return there if here else "/docs"
