"""`dutiful simulate`: what would happen if, asked of a running registry, which changes nothing."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from pydantic_core import from_json
from rich.console import Console

from contracts.publishing import InvalidEvent, draft


def simulate(
    add: Annotated[Path, typer.Option(help="JSON file with the data of a subprocessor.added", exists=True)],
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="of an operator; `dutiful token` mints one")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day that it would be announced on")
    ] = None,
    registry: Annotated[
        str, typer.Option(envvar="DUTIFUL_REGISTRY", help="URL of the registry")
    ] = "http://127.0.0.1:8081",
) -> None:
    """Whom it would notify, by when, when it could take effect, and which transfer mechanism it needs.

    Example: dutiful simulate --add subprocessor.json --on 2026-12-01 --token "$(dutiful token --role operator)"
    """
    body = _checked(add)
    if on is not None:
        body["on"] = on.date().isoformat()
    answer = asyncio.run(_ask(registry, token, body))
    Console().print_json(data=answer)


def _checked(file: Path) -> dict[str, object]:
    """The event in the file, refused in the words in which `dutiful emit` would refuse it."""
    try:
        record = draft("subprocessor.added", file.read_bytes(), source="dutiful/simulate")
    except InvalidEvent as error:
        for problem in error.problems:
            print(f"{problem.field}: {problem.text}", file=sys.stderr)
        raise typer.Exit(1) from None
    body: dict[str, object] = from_json(record.value)
    return body


async def _ask(registry: str, token: str, body: dict[str, object]) -> object:
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.post(f"{registry}/simulations", json=body, headers=headers) as answer,
        ):
            content: dict[str, object] = await answer.json(content_type=None)
            if not answer.ok:
                Console(stderr=True).print(
                    f"{answer.status}: {content.get('detail', content)}", style="red", markup=False
                )
                raise typer.Exit(1)
            return content
    except aiohttp.ClientConnectionError:
        Console(stderr=True).print(f"the registry at {registry} can't be reached; set --registry", style="red")
        raise typer.Exit(1) from None
