"""`dutiful dsar`: what an operator does about a data subject's request; nothing leaves without an instruction (§9)."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from dutiful.asking import fetch, upload
from dutiful.requests_asking import REQUESTS, At, Json, Reason, Request, Token, Url, instant, read, say
from dutiful.requests_shown import show_request, show_requests

app = typer.Typer(no_args_is_help=True, help="What is done about a data subject's request.")


class _Kept(BaseModel):
    """What is shown of a file."""

    sha256: str
    bytes: int


AnswerId = Annotated[str, typer.Argument(help="the answer's id")]
Assistance = Annotated[str, typer.Argument(help="the id of the help that was asked for")]


@app.callback()
def _group() -> None:
    """What is done about a data subject's request."""


@app.command("receive")
def receive(
    request: Request,
    right: Annotated[str, typer.Option(help="access, rectification, restriction, erasure, portability, objection, …")],
    text: Annotated[str, typer.Option(help="what the person wrote")],
    token: Token,
    client: Annotated[str | None, typer.Option(help="whose data, where that is known")] = None,
    hint: Annotated[list[str] | None, typer.Option(help="what points at the client, in the person's words")] = None,
    reply_to: Annotated[str | None, typer.Option(help="how the person can be reached")] = None,
    received_at: At = None,
    url: Url = REQUESTS,
) -> None:
    """Enter a request: its client is found and told, or somebody decides.

    Example: dutiful dsar receive dsar-7 --right access --text "What do you hold of me?" --hint "Acme SAS"
    """
    body = {
        "request_id": request,
        "right": right,
        "text": text,
        "client_id": client,
        "hints": hint,
        "reply_to": reply_to,
        "received_at": instant(received_at),
    }
    show_request(say("/requests", body, token, url))


@app.command("list")
def list_requests(
    token: Token,
    client: Annotated[str | None, typer.Option(help="one client")] = None,
    status: Annotated[str | None, typer.Option(help="searching, open, answered or closed")] = None,
    url: Url = REQUESTS,
) -> None:
    """Requests, the newest first."""
    filters = {"kind": "dsar", "client_id": client, "status": status}
    query = "&".join(f"{name}={value}" for name, value in filters.items() if value)
    show_requests(read(f"/requests?{query}", token, url))


@app.command("show")
def show(request: Request, token: Token, as_json: Json = False, url: Url = REQUESTS) -> None:
    """How a request stands: its client, its dates, its answers and what was refused."""
    answer = read(f"/requests/{request}", token, url)
    if as_json:
        Console().print_json(data=answer)
    else:
        show_request(answer, request)


@app.command("take")
def take(request: Request, token: Token, url: Url = REQUESTS) -> None:
    """Handle it: from here on you read who asks, and nobody else of the staff does."""
    show_request(say(f"/requests/{request}/handler", {}, token, url))


@app.command("client")
def client(
    request: Request,
    client_id: Annotated[str, typer.Argument(metavar="CLIENT")],
    reason: Reason,
    token: Token,
    url: Url = REQUESTS,
) -> None:
    """Decide whose data it is about; that client is told at once."""
    body = {"client_id": client_id, "reason": reason}
    show_request(say(f"/requests/{request}/client", body, token, url))


@app.command("draft")
def draft(
    request: Request,
    text: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="a file with the answer's words")],
    token: Token,
    interim: Annotated[bool, typer.Option("--interim", help="another follows; the request stays open")] = False,
    url: Url = REQUESTS,
) -> None:
    """Write an answer; the client reads it, and nothing leaves."""
    body = {"text": text.read_text(encoding="utf-8"), "final": not interim}
    show_request(say(f"/requests/{request}/answers", body, token, url))


@app.command("send")
def send(
    request: Request,
    answer: AnswerId,
    token: Token,
    instruction: Annotated[str | None, typer.Option(help="the client's instruction about this request")] = None,
    url: Url = REQUESTS,
) -> None:
    """Send an answer on an instruction; without one it is refused, on record, and shown to the client."""
    show_request(say(f"/requests/{request}/answers/{answer}/sending", {"instruction_id": instruction}, token, url))


@app.command("content")
def content(request: Request, answer: AnswerId, token: Token, url: Url = REQUESTS) -> None:
    """Print the bytes of an answer that was sent, as they are carried away; their SHA-256 is on record."""
    typer.echo(fetch(f"{url}/requests/{request}/answers/{answer}/content", token, "--requests"), nl=False)


@app.command("attach")
def attach(
    request: Request,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a file of a megabyte at most")],
    token: Token,
    url: Url = REQUESTS,
) -> None:
    """Keep a file that came with a request, closed and by its hash; it goes when what is personal of it does."""
    kept = _Kept.model_validate(upload(f"{url}/requests/{request}/attachments", token, "--requests", file.read_bytes()))
    print(f"kept: {kept.bytes:,} bytes, SHA-256 {kept.sha256}")


@app.command("close")
def close(request: Request, reason: Reason, token: Token, url: Url = REQUESTS) -> None:
    """Close it without an answer of ours: the client answers itself, or it concerns nobody here."""
    show_request(say(f"/requests/{request}/closure", {"reason": reason}, token, url))


@app.command("quote")
def quote(
    request: Request,
    assistance: Assistance,
    amount: Annotated[str, typer.Option(help="as in 1200.00")],
    currency: Annotated[str, typer.Option(help="as in EUR")],
    text: Annotated[str, typer.Option(help="what for")],
    token: Token,
    url: Url = REQUESTS,
) -> None:
    """Offer a quote for help that is costly; nothing is begun before the client accepts it."""
    body = {"amount": amount, "currency": currency, "text": text}
    show_request(say(f"/requests/{request}/assistance/{assistance}/quote", body, token, url))


@app.command("start")
def start(request: Request, assistance: Assistance, token: Token, url: Url = REQUESTS) -> None:
    """Begin to help: no quote is open or declined, and the instruction still stands."""
    show_request(say(f"/requests/{request}/assistance/{assistance}/start", {}, token, url))
