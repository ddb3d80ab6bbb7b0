"""What the commands about audits, questions, help, disputes, measures and undertakings have in common.

A command that had no answer may be given again: it is carried out once. One that had is another act the next time.
"""

from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import typer
from rich.console import Console
from rich.table import Table

from dutiful.asking import act, ask, upload
from dutiful.matter_shown import lines_of
from dutiful.requests_shown import inert

ASSURANCE: Final = "http://127.0.0.1:8087"
_OPTION: Final = "--assurance"

Client = Annotated[str, typer.Argument(help="the client's id")]
Token = Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="`dutiful token --role operator` mints one")]
Url = Annotated[str, typer.Option(_OPTION, envvar="DUTIFUL_ASSURANCE", help="URL of the assurance service")]
Words = Annotated[str, typer.Option("--text", help="in plain words")]
Reason = Annotated[str, typer.Option(help="why")]
Paper = Annotated[Path, typer.Option("--document", exists=True, dir_okay=False, help="a file, kept by its hash")]
Papers = Annotated[
    list[Path] | None, typer.Option("--document", exists=True, dir_okay=False, help="a file, kept by its hash; many")
]
Day = Annotated[str, typer.Option(metavar="DATE", help="as in 2027-03-15")]
MaybeDay = Annotated[str | None, typer.Option(metavar="DATE", help="as in 2027-03-15")]
Received = Annotated[
    str | None, typer.Option("--received-at", metavar="INSTANT", help="when a letter came; now without it")
]
Json = dict[str, Any]


def read(path: str, token: str, url: str, **query: str | None) -> Any:  # noqa: ANN401 - JSON of any shape
    """What a GET answers."""
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    return ask(f"{url}{path}?{asked}".rstrip("?"), token, _OPTION)


def say(path: str, body: Json, token: str, url: str) -> Any:  # noqa: ANN401 - as above
    """Post what is said, without what is not."""
    said = {name: value for name, value in body.items() if value not in (None, [], ())}
    return say_whole(path, said, token, url)


def say_whole(path: str, body: Json, token: str, url: str) -> Any:  # noqa: ANN401 - as above
    """Post it as it is: what is empty is told as empty."""
    return act(url + path, token, _OPTION, body)


def keep(client: str, file: Path, token: str, url: str) -> object:
    """Keep a file for a client; what can be named afterwards."""
    path = f"{url}/clients/{client}/documents?name={quote(file.name)}"
    return upload(path, token, _OPTION, file.read_bytes())


def keep_all(client: str, files: list[Path] | None, token: str, url: str) -> list[object]:
    """Keep many."""
    return [keep(client, file, token, url) for file in files or ()]


def show(seen: Json) -> None:
    """A matter as it stands, and an audit's gates with what would open them."""
    console = Console(highlight=False)
    over = "over" if seen["is_over"] else "overdue" if seen["overdue"] else "open"
    console.print(f"{seen['kind']} {seen['matter_id']} of {seen['client_id']}: {seen['status']} ({over})", markup=False)
    if seen["due_on"]:
        console.print(f"due on {seen['due_on']}")
    if seen.get("earliest_on"):
        console.print(f"not before {seen['earliest_on']}")
    for line in lines_of(seen["kind"], seen["record"]):
        console.print(inert(line), soft_wrap=True)
    if seen.get("gates"):
        table = Table("gate", "open", "because, and what would open it")
        for gate in seen["gates"]:
            why = gate["because"] if gate["open"] else f"{gate['because']}\n→ {gate['opens_when']}"
            why += f"\nput forward or answered at {gate['since']}" if gate.get("since") else ""
            table.add_row(gate["gate"], "yes" if gate["open"] else "no", why)
        console.print(table, markup=False)


def show_all(page: Json) -> None:
    """Many matters, a line each."""
    table = Table("client")
    table.add_column("id", overflow="fold")
    for name in ("status", "due on", "overdue"):
        table.add_column(name)
    for each in page["items"]:
        overdue = "yes" if each["overdue"] else ""
        table.add_row(each["client_id"], each["matter_id"], each["status"], each["due_on"] or "", overdue)
    Console(highlight=False).print(table, markup=False)
