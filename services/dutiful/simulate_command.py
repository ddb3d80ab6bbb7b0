"""`dutiful simulate`: what would happen if, asked of a running service, which changes nothing."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import from_json
from rich.console import Console

from contracts.publishing import InvalidEvent, draft
from dutiful.asking import ask
from dutiful.deadline_commands import parse_date
from dutiful.retention_commands import RETENTION, show_lines


def simulate(
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="of an operator; `dutiful token` mints one")],
    add: Annotated[
        Path | None, typer.Option(help="JSON file with the data of a subprocessor.added", exists=True)
    ] = None,
    terminate: Annotated[str | None, typer.Option(metavar="CLIENT", help="the client whose contract would end")] = None,
    on: Annotated[
        date | None,
        typer.Option(parser=parse_date, metavar="DATE", help="the day of the announcement, or of the end, YYYY-MM-DD"),
    ] = None,
    choice: Annotated[str | None, typer.Option(help="return or deletion; none: the client says nothing")] = None,
    registry: Annotated[
        str, typer.Option(envvar="DUTIFUL_REGISTRY", help="URL of the registry")
    ] = "http://127.0.0.1:8081",
    retention: Annotated[str, typer.Option(envvar="DUTIFUL_RETENTION", help="URL of retention")] = RETENTION,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """What a new sub-processor would entail (--add), or the end of a client's contract (--terminate).

    Example: dutiful simulate --add subprocessor.json --on 2026-12-01 --token "$(dutiful token --role operator)"

    Example: dutiful simulate --terminate client-42 --on 2026-12-31 --token "$(dutiful token --role operator)"
    """
    if (add is None) == (terminate is None):
        raise typer.BadParameter("give one of --add and --terminate")
    if add is not None:
        asked = _checked(add) | ({} if on is None else {"on": on.isoformat()})
        Console().print_json(data=ask(f"{registry}/simulations", token, "--registry", body=asked))
        return
    if on is None:
        raise typer.BadParameter("say when the contract would end", param_hint="--on")
    body = {"client_id": terminate, "on": on.isoformat()} | ({} if choice is None else {"choice": choice})
    answer = ask(f"{retention}/simulations", token, "--retention", body=body)
    if as_json:
        Console().print_json(data=answer)
    else:
        show_lines(f"If the contract of {terminate} ended on {on}", answer)


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
