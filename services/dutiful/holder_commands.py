"""`dutiful holder`: check a data map against the live systems, and count what an order would reach."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from contracts.event import Id

if TYPE_CHECKING:
    from holder.data_map import DataMap, Scope, Source
    from holder.executors import Found
    from holder.reaching import Reach

app = typer.Typer(name="holder", help="The data map of a holder: what it reaches, and whether.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="MAP", help="a data map")]
_ID: TypeAdapter[str] = TypeAdapter(Id)


@app.command("check")
def check(file: File) -> None:
    """Compare a data map with the live databases and buckets. Exit code 1 if it names what isn't there.

    Example: CRM_URL=postgresql://… dutiful holder check holder.toml
    """
    from holder.pace import Pace
    from holder.reaching import Reach

    data_map = _load(file)
    lacks = asyncio.run(Reach(data_map, Pace()).lacks())
    for each in lacks:
        _say(each, err=True)
    if lacks:
        raise typer.Exit(1)
    sources = sum(1 for _ in data_map.sources())
    _say(f"{file}: {len(data_map.categories)} categories in {sources} sources, all there")


@app.command("dry-run")
def dry_run(
    file: File,
    client: Annotated[str, typer.Option(help="whose data")],
    category: Annotated[str | None, typer.Option(help="one category; all by default")] = None,
    before: Annotated[
        str | None, typer.Option(metavar="T", help="only what is older: a date or an instant, UTC unless it says so")
    ] = None,
) -> None:
    """Count what an order to delete would reach; nothing is changed.

    Example: dutiful holder dry-run holder.toml --client client-42 --before 2026-01-01
    """
    from holder.data_map import Scope
    from holder.executors import Found
    from holder.pace import Pace
    from holder.reaching import Reach

    data_map = _load(file)
    if category is not None and category not in data_map.categories:
        raise typer.BadParameter(f"{file} names {', '.join(data_map.categories)}", param_hint="--category")
    scope = Scope(_client(client), _instant(before) if before else None)
    wanted = [each for each in data_map.sources() if category in {None, each[0]}]
    found = asyncio.run(_count(Reach(data_map, Pace()), [(each, source) for each, _, source in wanted], scope))
    table = Table("category", "where", "how", "would go")
    for (name, _, source), outcome in zip(wanted, found, strict=True):
        told = str(outcome) if isinstance(outcome, Found) else f"can't be counted: {outcome}"
        table.add_row(name, source.label, source.method, told)
    Console().print(table)
    if not all(isinstance(each, Found) for each in found):
        raise typer.Exit(1)


async def _count(reach: "Reach", sources: "list[tuple[str, Source]]", scope: "Scope") -> "list[Found | str]":
    from holder.executors import ExecutorFailed

    found: list[Found | str] = []
    for category, source in sources:
        try:
            async with reach.open(category, source) as executor:
                found.append(await executor.count(scope))
        except (ExecutorFailed, OSError) as error:
            found.append(str(error))
    return found


def _load(file: Path) -> "DataMap":
    from holder.map_file import MapInvalid, load

    try:
        return load(file)
    except MapInvalid as invalid:
        for problem in invalid.problems:
            _say(f"{file}: {problem}", err=True)
        raise typer.Exit(2) from None


def _client(text: str) -> str:
    try:
        return _ID.validate_python(text)
    except ValidationError:
        raise typer.BadParameter("it is no client's id", param_hint="--client") from None


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("it is no date and no instant", param_hint="--before") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _say(text: str, *, err: bool = False) -> None:
    Console(stderr=err).print(text, soft_wrap=True, highlight=False, markup=False, style="red" if err else None)
