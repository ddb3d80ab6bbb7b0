"""`dutiful dsar help`: a client asks for help with a person's request, and sees what came of it (§9).

Who it is about is read from a file: what is typed stays in a shell's history. The same command again changes nothing.
"""

from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dutiful import packages
from dutiful.asking import act as post
from dutiful.asking import ask

REQUESTS: Final = "http://127.0.0.1:8086"
app = typer.Typer(no_args_is_help=True, help="Help with a data subject's request, and what came of it.")

Request = Annotated[str, typer.Argument(help="the request's id")]
Help = Annotated[str, typer.Argument(metavar="HELP", help="the id of the help")]
Token = Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="`dutiful token` mints one")]
Url = Annotated[str, typer.Option("--requests", envvar="DUTIFUL_REQUESTS", help="URL of the service requests")]
Client = Annotated[str, typer.Option(help="the client whose request it is")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


class _Touched(BaseModel):
    """How much of one category."""

    category: str
    count: int


class _Package(BaseModel):
    """Where what was exported lies."""

    url: str
    expires_at: str


class _Task(BaseModel):
    """What is shown of what one holder was asked for."""

    order_id: str
    holder_id: str
    act: str
    state: str
    due_at: str
    escalated_at: str | None
    failure: str | None
    touched: list[_Touched]
    unreached: list[str]
    package: _Package | None


class _ByHand(BaseModel):
    """What is shown of a sub-processor that people ask."""

    subprocessor_id: str
    outcome: str | None


class _Help(BaseModel):
    """What is shown of the help with a request."""

    assistance_id: str
    standing: str
    reason: str | None
    complete: bool
    gaps: list[str]
    tasks: list[_Task]
    by_hand: list[_ByHand] = []


class _Assisted(BaseModel):
    """What is shown of a request."""

    assistance: list[dict[str, object]]


@app.callback()
def _group() -> None:
    """Help with a data subject's request, and what came of it."""


@app.command("ask")
def ask_for(
    request: Request,
    client: Client,
    instruction: Annotated[str, typer.Option(help="the client's own instruction about this request")],
    act: Annotated[
        list[str], typer.Option(help="find, export, rectify, restrict, release or erase; may be said again")
    ],
    token: Token,
    subject: Annotated[
        Path | None, typer.Option(help='JSON: {"identifiers": [{"kind", "value"}], "corrections": {}, "recipient": {}}')
    ] = None,
    url: Url = REQUESTS,
) -> None:
    """Ask for help; what is costly is quoted before it is begun.

    Example: dutiful dsar help ask dsar-1 --client client-42 --instruction inst-7 --act export --token T
    """
    body: dict[str, object] = {"instruction_id": instruction, "acts": act} | _read(subject)
    path = f"/clients/{client}/requests/{request}/assistance"
    _show_asked(post(url + path, token, "--requests", body))


@app.command("accept")
def accept(
    request: Request,
    help_id: Help,
    client: Client,
    quote: Annotated[str, typer.Option(help="the quote's id")],
    token: Token,
    url: Url = REQUESTS,
) -> None:
    """Accept a quote: the work may begin."""
    _answer(request, help_id, client, quote, token, url, accepted=True)


@app.command("decline")
def decline(
    request: Request,
    help_id: Help,
    client: Client,
    quote: Annotated[str, typer.Option(help="the quote's id")],
    token: Token,
    url: Url = REQUESTS,
) -> None:
    """Decline a quote: nothing is begun."""
    _answer(request, help_id, client, quote, token, url, accepted=False)


@app.command("show")
def show(
    request: Request,
    help_id: Help,
    token: Token,
    client: Annotated[str | None, typer.Option(help="with a client's token: whose request it is")] = None,
    as_json: Json = False,
    url: Url = REQUESTS,
) -> None:
    """Who was asked for what, what is done and what is not, and where what was exported can be fetched.

    Example: dutiful dsar help show dsar-1 HELP --token "$(dutiful token --role operator)"
    """
    whose = "" if client is None else f"/clients/{client}"
    _show(ask(f"{url}{whose}/requests/{request}/assistance/{help_id}/package", token, "--requests"), as_json=as_json)


@app.command("fetch")
def fetch(
    request: Request,
    help_id: Help,
    client: Client,
    out: Annotated[Path, typer.Option(dir_okay=False, help="the file to write, a tar archive")],
    token: Token,
    url: Url = REQUESTS,
) -> None:
    """Fetch all that the help brought as one package, and hold each file in it against the manifest.

    Example: dutiful dsar help fetch dsar-1 HELP --client client-42 --out dsar-1.tar --token T
    """
    packages.fetch(
        f"{url}/clients/{client}/requests/{request}/assistance/{help_id}/package.tar", token, "--requests", out
    )
    manifest, console = packages.check(out), Console()
    for each in manifest.files:
        where = each.file or f"not in it: {each.why}; {each.fetch_at}"
        console.print(Text(f"{each.holder_id}: {where}, SHA-256 {each.sha256}"), soft_wrap=True)
    whole = "complete" if manifest.complete else "not complete: the manifest says what is missing, and why"
    console.print(Text(f"{out} is written; what was asked for is {whole}"), soft_wrap=True)


@app.command("answer")
def answer(
    request: Request,
    task: Annotated[str, typer.Argument(help="the task's id")],
    confirmed_by: Annotated[str, typer.Option(help="who said so, and how")],
    token: Token,
    touched: Annotated[
        list[str] | None, typer.Option(metavar="CATEGORY=COUNT", help="how much; may be said again")
    ] = None,
    unreached: Annotated[list[str] | None, typer.Option(help="what could not be done; may be said again")] = None,
    url: Url = REQUESTS,
) -> None:
    """Enter what a holder did that answers no orders any more.

    Example: dutiful dsar help answer dsar-1 TASK --touched faxes=3 --confirmed-by "CRM team, by letter" --token T
    """
    body: dict[str, object] = {
        "touched": [_count(each) for each in touched or ()],
        "unreached": unreached or [],
        "confirmed_by": confirmed_by,
    }
    path = f"/requests/{request}/tasks/{task}/answer"
    _show(post(url + path, token, "--requests", body), as_json=False)


@app.command("asked")
def asked(
    request: Request,
    help_id: Help,
    sub_processors: Annotated[list[str], typer.Argument(metavar="SUB-PROCESSOR...", help="their ids; one or many")],
    outcome: Annotated[str, typer.Option(help="what came of it; it stays on record: leave out who the person is")],
    token: Token,
    url: Url = REQUESTS,
) -> None:
    """Enter what sub-processors did that take no orders and were asked by hand.

    Example: dutiful dsar help asked dsar-1 HELP slack legos --outcome "holds nothing of the person" --token T
    """
    found: object = None
    for each in sub_processors:
        path = f"/requests/{request}/assistance/{help_id}/sub-processors/{each}"
        found = post(url + path, token, "--requests", {"outcome": outcome})
    _show(found, as_json=False)


def _answer(request: str, help_id: str, client: str, quote: str, token: str, url: str, *, accepted: bool) -> None:
    body: dict[str, object] = {"quote_id": quote, "accepted": accepted}
    path = f"/clients/{client}/requests/{request}/assistance/{help_id}/answer"
    _show_asked(post(url + path, token, "--requests", body))


def _read(subject: Path | None) -> dict[str, object]:
    if subject is None:
        return {}
    from dutiful.dsar_help_file import SubjectFile

    try:
        return SubjectFile.model_validate_json(subject.read_bytes()).model_dump(mode="json", exclude_none=True)
    except OSError as error:
        raise typer.BadParameter(f"{subject}: {error.strerror}", param_hint="--subject") from None
    except ValidationError as error:  # without a value: they are personal data
        wrong = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'data'}: {each['msg']}" for each in error.errors())
        raise typer.BadParameter(f"{subject}: {wrong}", param_hint="--subject") from None


def _count(text: str) -> dict[str, object]:
    category, _, count = text.partition("=")
    if not category or not count.isdecimal():
        raise typer.BadParameter(f"{text!r} is not CATEGORY=COUNT, as in faxes=3", param_hint="--touched")
    return {"category": category, "count": int(count)}


def _show_asked(found: object) -> None:
    for each in _Assisted.model_validate(found).assistance:
        quote = each.get("quote")
        price = f", quote {quote['quote_id']}: {quote['amount']} {quote['currency']}" if isinstance(quote, dict) else ""
        Console().print(Text(f"{each['assistance_id']}: {each['standing']}{price}"), soft_wrap=True)


def _show(found: object, *, as_json: bool) -> None:
    console = Console()
    if as_json:
        console.print_json(data=found)
        return
    shown = _Help.model_validate(found)
    standing = f"{shown.standing}{f': {shown.reason}' if shown.reason else ''}"
    console.print(Text(f"{shown.assistance_id}: {standing}{', complete' if shown.complete else ''}"), soft_wrap=True)
    table = Table("holder", "act", "state", "how much")
    table.add_column("task", overflow="fold")
    for task in shown.tasks:
        counts = ", ".join(f"{each.category}: {each.count:,}" for each in task.touched if each.count) or "nothing"
        counts = counts if task.state == "confirmed" else ""
        late = f", due {task.due_at}" if task.state == "open" else ""
        table.add_row(task.holder_id, task.act, task.state + late, task.failure or counts, task.order_id)
    console.print(table)
    for task in shown.tasks:
        if task.package is not None:
            console.print(Text(f"{task.package.url}, until {task.package.expires_at}"), soft_wrap=True)
        for each in task.unreached:
            console.print(Text(f"not reached at {task.holder_id}: {each}"), soft_wrap=True)
    for each_asked in shown.by_hand:
        if each_asked.outcome is not None:
            console.print(Text(f"asked by hand, {each_asked.subprocessor_id}: {each_asked.outcome}"), soft_wrap=True)
    waiting = [each_asked.subprocessor_id for each_asked in shown.by_hand if each_asked.outcome is None]
    if waiting:
        console.print(Text(f"to be asked by hand: {', '.join(waiting)}"), soft_wrap=True)
    for each in shown.gaps:
        console.print(Text(f"not done: {each}"), soft_wrap=True)
