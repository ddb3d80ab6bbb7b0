"""`dutiful authority`: authorities' requests, and what the law forbids to tell (§9)."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dutiful.requests_asking import REQUESTS, At, Reason, Request, Token, Url, instant, read, say
from dutiful.requests_shown import show_request, show_requests

app = typer.Typer(no_args_is_help=True, help="What is done about an authority's request.")

BanText = Annotated[str, typer.Option("--ban", help="by what text telling the client is forbidden")]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="the ban's last day; none: until it is lifted")
]


@app.callback()
def _group() -> None:
    """What is done about an authority's request."""


@app.command("receive")
def receive(
    request: Request,
    client: Annotated[str, typer.Option(help="whose data")],
    authority: Annotated[str, typer.Option(help="its name")],
    kind: Annotated[str, typer.Option(help="law_enforcement, security_agency or supervisory_authority")],
    legal_basis: Annotated[str, typer.Option(help="what it rests on")],
    text: Annotated[str, typer.Option(help="what it asks for")],
    token: Token,
    ban: Annotated[str | None, typer.Option(help="by what text telling the client is forbidden")] = None,
    until: Until = None,
    received_at: At = None,
    url: Url = REQUESTS,
) -> None:
    """Enter an authority's request: the client is told; with --ban nobody is, and it is sealed.

    Example: dutiful authority receive auth-4 --client client-42 --authority "A court" --kind law_enforcement
    --legal-basis "A law" --text "The calls of March" --ban "Its order" --until 2027-07-01
    """
    body = {
        "request_id": request,
        "client_id": client,
        "authority": authority,
        "kind": kind,
        "legal_basis": legal_basis,
        "text": text,
        "received_at": instant(received_at),
        "ban": None if ban is None else _ban(ban, until),
    }
    Console().print_json(data=say("/authority-requests", body, token, url))


@app.command("list")
def list_requests(token: Token, url: Url = REQUESTS) -> None:
    """Authorities' requests that may be told of; what is sealed is in no list but `sealed`."""
    show_requests(read("/requests?kind=authority", token, url))


@app.command("show")
def show(request: Request, token: Token, url: Url = REQUESTS) -> None:
    """How a request stands; answers are drafted and sent by `dutiful dsar draft` and `send`, through the same gate."""
    show_request(read(f"/requests/{request}", token, url))


@app.command("sealed")
def sealed(token: Token, url: Url = REQUESTS) -> None:
    """What is sealed, by its ids; for the named roles."""
    _table(read("/sealed", token, url), "request_id", "sealed_at", "openings")


@app.command("open")
def open_sealed(request: Request, reason: Reason, token: Token, url: Url = REQUESTS) -> None:
    """Open what is sealed; that you did, when and why, is kept with it."""
    Console().print_json(data=say(f"/sealed/{request}/openings", {"reason": reason}, token, url))


@app.command("log")
def log(request: Request, token: Token, url: Url = REQUESTS) -> None:
    """Who did what with something sealed."""
    _table(read(f"/sealed/{request}/log", token, url), "at", "what", "by", "reason")


@app.command("extend")
def extend(request: Request, ban: BanText, token: Token, until: Until = None, url: Url = REQUESTS) -> None:
    """The ban goes on."""
    answer = say(f"/sealed/{request}/extension", {"ban": _ban(ban, until)}, token, url)
    _table(answer, "at", "what", "by", "reason")


@app.command("lift")
def lift(request: Request, reason: Reason, token: Token, url: Url = REQUESTS) -> None:
    """The ban is over: the client is told at once."""
    _table(say(f"/sealed/{request}/end", {"reason": reason}, token, url), "at", "what", "by", "reason")


def _ban(text: str, until: str | None) -> dict[str, object]:
    said: dict[str, object] = {"text": text}
    return said if until is None else said | {"until": until}


def _table(answer: object, *columns: str) -> None:
    table = Table()
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for each in answer if isinstance(answer, list) else ():
        table.add_row(*["" if each.get(column) is None else str(each[column]) for column in columns])
    Console().print(table)
