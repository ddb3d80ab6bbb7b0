"""Asking a running service, and saying in one sentence why it doesn't answer."""

import asyncio
from collections.abc import Mapping

import aiohttp
import typer
from rich.console import Console


def ask(url: str, token: str, option: str, *, body: Mapping[str, object] | None = None) -> object:
    """The JSON that a GET, or with a body a POST, answers; `option` names the service's address in words."""
    return asyncio.run(_ask(url, token, option, body))


async def _ask(url: str, token: str, option: str, body: Mapping[str, object] | None) -> object:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    method = "GET" if body is None else "POST"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.request(method, url, json=body, headers=headers) as answer,
        ):
            content: object = await answer.json(content_type=None)
            if not answer.ok:
                detail = content.get("detail", content) if isinstance(content, dict) else content
                Console(stderr=True).print(f"{answer.status}: {detail}", style="red", markup=False)
                raise typer.Exit(1)
            return content
    except aiohttp.ClientConnectionError:
        Console(stderr=True).print(
            f"nothing answers at {url}, it can't be reached; set {option}", style="red", markup=False
        )
        raise typer.Exit(1) from None
