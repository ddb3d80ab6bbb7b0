"""`dutiful contracts`: export the contracts, check them against a release, look one up."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contracts.bus import EVENTS, TOPICS
from contracts.compatibility import Break, NotReleased, Release, compare
from contracts.event import Event
from contracts.schemas import export as export_schemas
from contracts.schemas import json_schema
from contracts.shapes import REF, Shape
from contracts.wording import did_you_mean

app = typer.Typer(name="contracts", help="What is said on the bus.", no_args_is_help=True)


@app.command()
def export(directory: Annotated[Path, typer.Argument(help="where to write; made if it isn't there")]) -> None:
    """Write JSON Schema per event and AsyncAPI 3 for the whole bus."""
    files = export_schemas(directory)
    print(f"{len(files) - 1} schemas and {files[-1].name} written to {directory}")


@app.command()
def check(
    old_dir: Annotated[Path, typer.Argument(help="what `dutiful contracts export` wrote for the release")],
) -> None:
    """Refuse a change that would break a consumer or a publisher of a released version."""
    try:
        old = Release.read(old_dir)
    except NotReleased as error:
        Console(stderr=True).print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(2) from None
    new = Release.current()
    breaks = compare(old, new)
    if breaks:
        Console().print(_table(breaks))
        raise typer.Exit(1)
    fresh = len(new.schemas.keys() - old.schemas.keys())
    print(f"{len(old.schemas)} events compared with {old_dir}: nothing breaks" + (f" ({fresh} new)" if fresh else ""))


def _table(breaks: list[Break]) -> Table:
    table = Table(title=f"{len(breaks)} breaking changes" if len(breaks) > 1 else "1 breaking change", show_lines=True)
    for heading in ("event", "where", "breaks", "because", "what to do"):
        table.add_column(heading, overflow="fold")
    for each in breaks:
        table.add_row(each.event, each.path, each.breaks.value, each.reason, each.remedy)
    return table


@app.command()
def show(
    event_type: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="such as subprocessor.added")] = None,
) -> None:
    """List every event, or the fields of one."""
    if event_type is None:
        Console().print(_listing())
        return
    event = EVENTS.get(event_type)
    if event is None:
        message = f"{event_type!r} is no event type{did_you_mean(event_type, EVENTS)}"
        Console(stderr=True).print(f"[red]{message}[/red]", highlight=False)
        raise typer.Exit(2)
    console = Console()
    console.print(f"[bold]{event.TYPE}[/bold]  {event.__doc__}", highlight=False)
    console.print(f"topic [cyan]{event.topic()}[/cyan], key [cyan]{'/'.join(event.KEY)}[/cyan]", highlight=False)
    console.print(_fields(event))


def _listing() -> Table:
    table = Table("event", "written by", "what it says")
    for topic in TOPICS:
        for event in topic.events:
            table.add_row(event.TYPE, topic.writer_of(event), (event.__doc__ or "").partition("\n")[0])
        table.add_section()
    return table


def _fields(event: type[Event]) -> Table:
    shape = Shape.model_validate(json_schema(event))
    table = Table("field", "required", "holds")
    _add_fields(table, shape, shape, "")
    return table


def _add_fields(table: Table, shape: Shape, root: Shape, before: str) -> None:
    for name, field in (shape.properties or {}).items():
        table.add_row(before + name, "yes" if name in shape.required else "", _holds(field, root))
        for part in _parts(field, root):
            _add_fields(table, part, root, f"{before}{name}.")


def _parts(field: Shape, root: Shape) -> list[Shape]:
    """The objects that a field holds, or may hold."""
    if field.ref is not None:
        return [root.defs[field.ref.removeprefix(REF)]]
    return [part for branch in field.any_of or () for part in _parts(branch, root)]


def _holds(field: Shape, root: Shape) -> str:
    """A field's values in a few words."""
    if field.ref is not None:
        return _holds(root.defs[field.ref.removeprefix(REF)], root)
    if field.any_of is not None:
        return " or ".join(words for branch in field.any_of if (words := _holds(branch, root)) != "null")
    if field.finite is not None:
        return " | ".join(map(str, field.finite))
    if field.items is not None:
        return f"list of {_holds(field.items, root)}"
    kind = field.format or "/".join(field.types or ("anything",))
    return f"{kind} {field.pattern}" if field.pattern else kind
