"""Fetches from holders what they hand out for a client, with that client's own token, and passes it on unkept.

A holder's address comes from the settings, never from an event: whoever can write to a topic learns no token.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ValidationError

from chassis.problems import Problem
from requests_desk.gathering import END, MANIFEST, Piece, exports, header_of, padding_of
from requests_desk.task_queries import PackageView

_ASKING: Final = aiohttp.ClientTimeout(total=30)
_FETCHING: Final = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
_CHUNK: Final = 256 * 1024


class _Offered(BaseModel):
    """What a holder says of a package: its signed link while it is there."""

    url: str | None


class Torn(Exception):
    """A holder gave other bytes than it confirmed: what was begun is broken off."""


async def look(view: PackageView, holders: Mapping[str, str], authorization: str) -> list[Piece]:
    """Where each package is fetched now; a 503 problem names a holder that doesn't answer."""
    pieces = []
    async with aiohttp.ClientSession(timeout=_ASKING, trust_env=False) as session:
        for task, package in exports(view):
            base = holders.get(task.holder_id)
            link, why = None, "this holder hands it out itself"
            if base is not None:
                link, why = await _ask(session, base, task.holder_id, task.order_id, authorization)
            pieces.append(Piece(task.order_id, task.holder_id, package, link, None if link else why))
    return pieces


async def stream(manifest: bytes, pieces: Sequence[Piece]) -> AsyncIterator[bytes]:
    """The archive, piece by piece; Torn where a holder gives other bytes than it confirmed."""
    yield header_of(MANIFEST, len(manifest)) + manifest + padding_of(len(manifest))
    async with aiohttp.ClientSession(timeout=_FETCHING, trust_env=False) as session:
        for piece in pieces:
            if piece.link is None:
                continue
            yield header_of(piece.file, piece.package.bytes)
            async for chunk in _bytes(session, piece, piece.link):
                yield chunk
            yield padding_of(piece.package.bytes)
    yield END


async def _ask(
    session: aiohttp.ClientSession, base: str, holder_id: str, order_id: str, authorization: str
) -> tuple[str | None, str]:
    url = f"{base.rstrip('/')}/packages/{order_id}"
    try:
        async with session.get(url, headers={"Authorization": authorization}, allow_redirects=False) as answer:
            if answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
                return None, f"the holder answers {answer.status}"
            answer.raise_for_status()
            offered = _Offered.model_validate_json(await answer.read())
    except (aiohttp.ClientError, TimeoutError, ValidationError):
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, f"the holder {holder_id} does not answer now: try again"
        ) from None
    if offered.url is None:
        return None, "the time to fetch it is over, or it was acknowledged"
    return f"{url}.tar?{urlsplit(offered.url).query}", ""


async def _bytes(session: aiohttp.ClientSession, piece: Piece, link: str) -> AsyncIterator[bytes]:
    """The last bytes go out once all are known to be those that were confirmed."""
    digest, size, held = hashlib.sha256(), 0, b""
    async with session.get(link, allow_redirects=False) as answer:
        answer.raise_for_status()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if size > piece.package.bytes:
                break
            yield held
            held = chunk
    if (size, digest.hexdigest()) != (piece.package.bytes, piece.package.package_sha256):
        raise Torn(f"{piece.holder_id} gave other bytes for {piece.order_id} than it confirmed")
    yield held
