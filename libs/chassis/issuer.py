"""The signing keys of an OpenID Connect issuer: found by discovery, kept a while, asked for again when one is new."""

import asyncio
import json
import time
from http import HTTPStatus
from http.client import HTTPException
from typing import Final
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, build_opener

import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError
from pydantic import BaseModel, JsonValue, ValidationError

from chassis.problems import Problem

log = structlog.get_logger()

ALGORITHMS: Final = frozenset({"RS256", "ES256", "EdDSA"})
"""Asymmetric only: a public key can never be taken for a shared secret."""

_KEPT_S: Final = 600.0  # a key that the issuer took back is refused after this at the latest, while it answers
_ASK_AGAIN_AFTER_S: Final = 60.0  # made-up key ids must not make us ask the issuer for every request
_WITHIN_S: Final = 5.0
_AT_MOST_BYTES: Final = 256 * 1024


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """None: a redirect is an answer like any other that isn't 200."""


_ASKED_DIRECTLY: Final[OpenerDirector] = build_opener(ProxyHandler({}), _NoRedirects)
"""The standard library's, in a thread, for a question every ten minutes: an HTTP client more is 9 MB a process."""


class IssuerUnfit(Exception):
    """The issuer answers, but not as OpenID Connect Discovery 1.0 and RFC 7517 say."""


class _Discovery(BaseModel):
    issuer: str
    jwks_uri: str


class _KeySet(BaseModel):
    keys: list[dict[str, JsonValue]]


class Issuer:
    """One issuer and its current keys."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._keys: dict[str, PyJWK] | None = None
        self._fresh_at = -_KEPT_S
        self._asked_at = -_ASK_AGAIN_AFTER_S
        self._asking = asyncio.Lock()

    async def key(self, kid: str) -> PyJWK | None:
        """The key with this id, None if the issuer has none; a 503 problem where its keys can't be had."""
        if not self._knows(kid):
            async with self._asking:
                if not self._knows(kid) and time.monotonic() - self._asked_at >= _ASK_AGAIN_AFTER_S:
                    await self._ask()
        if self._keys is None:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "the token issuer's keys can't be had now",
                headers={"Retry-After": str(int(_ASK_AGAIN_AFTER_S))},
            )
        return self._keys.get(kid)

    def _knows(self, kid: str) -> bool:
        return self._keys is not None and kid in self._keys and time.monotonic() - self._fresh_at < _KEPT_S

    async def _ask(self) -> None:
        """Bring the keys up to date; while the issuer is away, the ones that are known stay good."""
        self._asked_at = time.monotonic()
        try:
            async with asyncio.timeout(_WITHIN_S):
                self._keys = await asyncio.to_thread(self._fetch)
        except (OSError, HTTPException, IssuerUnfit) as error:  # TimeoutError and URLError are kinds of OSError
            log.warning("issuer keys can't be had", issuer=self.url, reason=f"{type(error).__name__}: {error}")
        else:
            self._fresh_at = time.monotonic()

    def _fetch(self) -> dict[str, PyJWK]:
        try:
            text = _get(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
            found = _Discovery.model_validate_json(text)
            if found.issuer != self.url:
                raise IssuerUnfit(f"it calls itself {found.issuer!r}")
            if urlsplit(found.jwks_uri).scheme != urlsplit(self.url).scheme:
                raise IssuerUnfit("its keys are not where it is: another scheme")
            keys = _KeySet.model_validate_json(_get(found.jwks_uri)).keys
        except ValidationError as error:
            raise IssuerUnfit(json.dumps([each["loc"] for each in error.errors()])) from error
        return {key.key_id: key for key in map(_usable, keys) if key is not None and key.key_id is not None}


def _get(url: str) -> bytes:
    """The body; an answer of another status than 200 raises, as urllib does: `HTTPError` is a kind of OSError."""
    with _ASKED_DIRECTLY.open(url, timeout=_WITHIN_S) as answer:
        if answer.status != HTTPStatus.OK:
            raise IssuerUnfit(f"{url} answers {answer.status}")
        body: bytes = answer.read(_AT_MOST_BYTES + 1)
        if len(body) > _AT_MOST_BYTES:
            raise IssuerUnfit(f"{url} answers more than {_AT_MOST_BYTES} bytes")
        return body


def _usable(data: dict[str, JsonValue]) -> PyJWK | None:
    """The key, if it is one that we take for signatures."""
    if data.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(data)
    except PyJWTError:
        return None
    return key if key.algorithm_name in ALGORITHMS else None
