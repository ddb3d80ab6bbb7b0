"""`dutiful retention`: what becomes of a client's data, asked of the running service."""

from typing import Annotated, Final

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from dutiful.asking import ask

RETENTION: Final = "http://127.0.0.1:8083"
app = typer.Typer(no_args_is_help=True, help="What becomes of a client's data when its contract ends.")


class _Line(BaseModel):
    """What is shown of a line."""

    category: str
    holder_id: str
    action: str
    delete_on: str | None
    held_by: list[str]
    because: list[str]
    state: str | None = None
    deleted: int | None = None


class _Plan(BaseModel):
    """What is shown of a plan."""

    lines: list[_Line]
    without_holder: list[str] = []


@app.callback()
def _group() -> None:
    """What becomes of a client's data when its contract ends."""


@app.command()
def plan(
    client: Annotated[str, typer.Argument(help="the client's id")],
    token: Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="`dutiful token` mints one")],
    retention: Annotated[str, typer.Option(envvar="DUTIFUL_RETENTION", help="URL of retention")] = RETENTION,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Per category and holder: what happens, when, why, and how far it is.

    Example: dutiful retention plan client-42 --token "$(dutiful token --role operator)"
    """
    answer = ask(f"{retention}/clients/{client}/termination", token, "--retention")
    if as_json:
        Console().print_json(data=answer)
    else:
        show_lines(f"The plan of {client}", answer)


def show_lines(title: str, answer: object) -> None:
    """A plan as a table for people."""
    plan = _Plan.model_validate(answer)
    table = Table(title=title, title_justify="left")
    for column in ("category", "holder", "what", "on", "how far", "deleted", "because"):
        table.add_column(column)
    for line in plan.lines:
        cells = (line.category, line.holder_id, line.action, line.delete_on or "when the hold ends", line.state or "")
        table.add_row(*cells, "" if line.deleted is None else str(line.deleted), "; ".join(line.because))
    console = Console()
    console.print(table)
    if plan.without_holder:
        console.print(f"no own system is declared to hold: {', '.join(plan.without_holder)}", markup=False)
