"""Fetches a package into a file, and holds every file in it against the manifest."""

import asyncio
import hashlib
import os
import tarfile
from http import HTTPStatus
from pathlib import Path
from typing import Final

import typer
from pydantic import BaseModel

from dutiful.acting import NoAnswer
from dutiful.asking import complain, detail_of

_CHUNK: Final = 1024 * 1024
_MANIFEST: Final = "manifest.json"


class Entry(BaseModel):
    """What the manifest says of a file."""

    holder_id: str
    file: str | None
    sha256: str
    why: str | None = None
    fetch_at: str | None = None


class Manifest(BaseModel):
    """What the manifest says of the package."""

    complete: bool
    files: list[Entry]


def fetch(url: str, token: str, option: str, out: Path) -> None:
    """The package into a file, which is there whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    try:
        asyncio.run(_fetch(url, token, part))
        part.replace(out)
    except NoAnswer as error:
        complain(f"{error}; set {option}, or run the same again")
        raise typer.Exit(1) from None
    finally:
        part.unlink(missing_ok=True)


def check(file: Path) -> Manifest:
    """The manifest of a package; a file that is not what it says ends the command."""
    with tarfile.open(file) as opened:
        sums = {member.name: _digest(opened, member) for member in opened if member.name != _MANIFEST}
        found = opened.extractfile(_MANIFEST)
        manifest = Manifest.model_validate_json(found.read() if found else b"")
    for each in manifest.files:
        if each.file is not None and sums.get(each.file) != each.sha256:
            complain(f"{each.file} is not what the manifest says: fetch the package again")
            raise typer.Exit(1)
    return manifest


def _digest(opened: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    digest, content = hashlib.sha256(), opened.extractfile(member)
    while content is not None and (chunk := content.read(_CHUNK)):
        digest.update(chunk)
    return digest.hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


async def _fetch(url: str, token: str, part: Path) -> None:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=120)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, headers=headers) as answer:
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise NoAnswer(f"{answer.status}: {detail_of(await answer.read())}")
            if not answer.ok:
                complain(f"{answer.status}: {detail_of(await answer.read())}")
                raise typer.Exit(1)
            with open(part, "wb", opener=_private) as sink:  # noqa: ASYNC230 - one command, one file
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    sink.write(chunk)
    except (aiohttp.ClientError, TimeoutError):
        raise NoAnswer(f"{url} broke off, or can't be reached") from None
