"""Asking a running service, and saying in one sentence why it doesn't answer."""

import asyncio
from collections.abc import Mapping

import typer
from pydantic_core import from_json
from rich.console import Console


def ask(
    url: str, token: str, option: str, *, body: Mapping[str, object] | None = None, key: str | None = None
) -> object:
    """The JSON that a GET, or with a body a POST under a key, answers; `option` is the service's address in words."""
    content: object = from_json(asyncio.run(_ask(url, token, option, body, key)))
    return content


def fetch(url: str, token: str, option: str) -> bytes:
    """What a GET answers, as it is."""
    return asyncio.run(_ask(url, token, option, None, None))


def upload(url: str, token: str, option: str, content: bytes) -> object:
    """The JSON that a POST of bytes answers."""
    answered: object = from_json(asyncio.run(_ask(url, token, option, None, None, content)))
    return answered


async def _ask(
    url: str,
    token: str,
    option: str,
    body: Mapping[str, object] | None,
    key: str | None,
    content: bytes | None = None,
) -> bytes:
    import aiohttp

    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    method = "GET" if body is None and content is None else "POST"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.request(method, url, json=body, data=content, headers=headers) as answer,
        ):
            answered = await answer.read()
            if not answer.ok:
                Console(stderr=True).print(f"{answer.status}: {_detail(answered)}", style="red", markup=False)
                raise typer.Exit(1)
            return answered
    except aiohttp.ClientConnectionError:
        Console(stderr=True).print(
            f"nothing answers at {url}, it can't be reached; set {option}", style="red", markup=False
        )
        raise typer.Exit(1) from None


def _detail(content: bytes) -> object:
    """What a problem says (RFC 9457); of anything else its text."""
    try:
        problem = from_json(content)
    except ValueError:
        return content.decode(errors="replace")
    return problem.get("detail", problem) if isinstance(problem, dict) else problem
