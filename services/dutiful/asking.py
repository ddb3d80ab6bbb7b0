"""Asking a running service, and saying in one sentence why it doesn't answer."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import typer
from pydantic_core import from_json
from rich.console import Console

from dutiful.acting import NoAnswer, key_of


def ask(url: str, token: str, option: str, *, body: Mapping[str, object] | None = None) -> object:
    """The JSON that a GET, or with a body a POST that changes nothing, answers; `option` sets the address."""
    content: object = from_json(_answer(url, token, option, body))
    return content


def fetch(url: str, token: str, option: str) -> bytes:
    """What a GET answers, as it is."""
    return _answer(url, token, option, None)


def download(url: str, token: str, option: str, file: Path) -> int:
    """Write what a GET answers to a file, however long it is; the file is there when it is whole. Its bytes."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as out:
            asyncio.run(_download(url, token, out))
        part.replace(file)
    except NoAnswer as error:
        complain(f"{error}; set {option}")
        raise typer.Exit(1) from None
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def upload(url: str, token: str, option: str, content: bytes) -> object:
    """The JSON that a POST of bytes answers; the same bytes again change nothing."""
    answered: object = from_json(_answer(url, token, option, None, content))
    return answered


def act(url: str, token: str, option: str, body: Mapping[str, object]) -> object:
    """The JSON that a POST under a key answers; without an answer, the same command again can do no harm."""
    try:
        with key_of([url, body]) as key:
            content: object = from_json(asyncio.run(_ask(url, token, body, key)))
            return content
    except NoAnswer as error:
        complain(f"{error}; set {option}, or run the same again: it is carried out once")
        raise typer.Exit(1) from None


def _answer(url: str, token: str, option: str, body: Mapping[str, object] | None, sent: bytes | None = None) -> bytes:
    try:
        return asyncio.run(_ask(url, token, body, None, sent))
    except NoAnswer as error:
        complain(f"{error}; set {option}")
        raise typer.Exit(1) from None


async def _ask(
    url: str, token: str, body: Mapping[str, object] | None, key: str | None, sent: bytes | None = None
) -> bytes:
    import aiohttp

    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    method = "GET" if body is None and sent is None else "POST"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.request(method, url, json=body, data=sent, headers=headers) as answer,
        ):
            content = await answer.read()
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise NoAnswer(f"{answer.status}: {detail_of(content)}")
            if not answer.ok:
                complain(f"{answer.status}: {detail_of(content)}")
                raise typer.Exit(1)
            return content
    except (aiohttp.ClientError, TimeoutError):
        raise NoAnswer(f"nothing answers at {url}, it can't be reached") from None


async def _download(url: str, token: str, out: BinaryIO) -> None:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=30)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer,
        ):
            if not answer.ok:
                complain(f"{answer.status}: {detail_of(await answer.read())}")
                raise typer.Exit(1)
            async for piece in answer.content.iter_chunked(1 << 16):
                out.write(piece)
    except (aiohttp.ClientError, TimeoutError):
        raise NoAnswer(f"nothing answers whole at {url}") from None


def complain(why: str) -> None:
    """Why something can't be, for a person."""
    Console(stderr=True).print(why, style="red", markup=False)


def detail_of(content: bytes) -> object:
    """What a problem says (RFC 9457); of anything else its text."""
    try:
        problem = from_json(content)
    except ValueError:
        return content.decode(errors="replace")
    return problem.get("detail", problem) if isinstance(problem, dict) else problem
