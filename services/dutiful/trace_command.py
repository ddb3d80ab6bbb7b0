"""`dutiful trace`: what an event caused, where, when, and what of it is to come, from the services' own records."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dutiful.everyone import Urls, everyone

if TYPE_CHECKING:
    from dutiful.flow_tree import Node


def trace(
    event_id: Annotated[str, typer.Argument(help="of an event, of a flow, or of what caused one")],
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="of an operator; `dutiful token` mints one")],
    service: Urls = None,
    whole: Annotated[bool, typer.Option("--whole", help="all of its flow, also what came before it")] = False,
    unfold: Annotated[bool, typer.Option("--all", help="each of what is alike, however many there are")] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="one JSON object a line: each thing with `depth`, and `after`, what it followed from"
        ),
    ] = False,
) -> None:
    """Print what an event caused: in which service, when, how it was delivered, and what is to come on which day.

    Example: dutiful trace 5e0d8a41-7f35-4b52-9c12-aa51c1e0f3b7 --token "$(dutiful token --role operator)"
    """
    from dutiful.flow_shown import print_lines, show

    roots = asyncio.run(_ask(event_id, token, service))
    ways = [way for root in roots if (way := root.way_to(event_id))]
    if whole or not ways:
        ways = [[root] for root in roots]
    for *above, node in ways:
        if as_json:
            print_lines(node)
        else:
            show(node, above, event_id, unfold=unfold)
    if not roots:
        Console(stderr=True).print(
            f"no service knows {event_id!r}: nothing followed from it yet, or it is forgotten",
            style="red",
            markup=False,
        )
        raise typer.Exit(1)


async def _ask(event_id: str, token: str, urls: Sequence[str] | None) -> "list[Node]":
    from dutiful.flow_asking import flow_of

    async with everyone(token, urls) as services:
        roots = await flow_of(services, event_id)
        services.say_who_is_silent()
        return roots
