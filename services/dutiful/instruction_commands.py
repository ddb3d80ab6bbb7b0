"""`dutiful instruction`: the register of what clients instruct, and what the processor thinks of it (§2.3, §3.2)."""

from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.console import Console

from dutiful.requests_asking import REQUESTS, At, Json, Reason, Token, Url, instant, read, say
from dutiful.requests_shown import show_instruction, show_register

app = typer.Typer(no_args_is_help=True, help="What clients instruct.")

Client = Annotated[str, typer.Argument(help="the client's id")]
Instruction = Annotated[str, typer.Argument(help="the instruction's id")]
Text = Annotated[str, typer.Option(help="what the client said, in its words")]
Purpose = Annotated[str, typer.Option(help="what for")]
Channel = Annotated[
    str | None, typer.Option(help="for staff: email, letter, ticket, contract or telephone, as it came")
]
GivenBy = Annotated[str | None, typer.Option("--by", help="for staff: who of the client said it")]
Many = Annotated[list[str] | None, typer.Option()]
Additional = Annotated[bool, typer.Option("--additional", help="it goes beyond what the agreement says")]


@app.callback()
def _group() -> None:
    """What clients instruct."""


@app.command("give")
def give(
    client: Client,
    text: Text,
    purpose: Purpose,
    token: Token,
    request: Annotated[str | None, typer.Option(help="the one request that it is about")] = None,
    channel: Channel = None,
    given_by: GivenBy = None,
    received_at: At = None,
    category: Many = None,
    document: Annotated[list[str] | None, typer.Option(help="SHA-256 of what came along")] = None,
    additional: Additional = False,
    url: Url = REQUESTS,
) -> None:
    """Enter an instruction: a client's own token says it itself, staff say how it came and who said it.

    Example: dutiful instruction give client-42 --request dsar-7 --text "Answer." --purpose "to answer"
    --channel email --by "C. Durand"
    """
    body = _said(text, purpose, channel, given_by, received_at, category, document, additional=additional)
    show_instruction(say(f"/clients/{client}/instructions", body | {"request_id": request}, token, url))


@app.command("amend")
def amend(
    client: Client,
    instruction: Instruction,
    text: Text,
    purpose: Purpose,
    token: Token,
    channel: Channel = None,
    given_by: GivenBy = None,
    received_at: At = None,
    category: Many = None,
    document: Annotated[list[str] | None, typer.Option(help="SHA-256 of what came along")] = None,
    additional: Additional = False,
    url: Url = REQUESTS,
) -> None:
    """Say it otherwise: the next version is in force."""
    body = _said(text, purpose, channel, given_by, received_at, category, document, additional=additional)
    show_instruction(say(f"{_path(client, instruction)}/amendment", body, token, url))


@app.command("list")
def list_register(
    client: Client,
    token: Token,
    as_of: Annotated[str | None, typer.Option(metavar="INSTANT", help="as it stood then")] = None,
    url: Url = REQUESTS,
) -> None:
    """A client's register, as of now or any instant."""
    query = f"?{urlencode({'as_of': as_of})}" if as_of else ""
    show_register(read(f"/clients/{client}/instructions{query}", token, url))


@app.command("show")
def show(client: Client, instruction: Instruction, token: Token, as_json: Json = False, url: Url = REQUESTS) -> None:
    """One instruction, with its evidence; every step with --json."""
    answer = read(_path(client, instruction), token, url)
    if as_json:
        Console().print_json(data=answer)
    else:
        show_instruction(answer)


@app.command("doubt")
def doubt(client: Client, instruction: Instruction, reason: Reason, token: Token, url: Url = REQUESTS) -> None:
    """Say that in our opinion it infringes the law: it is suspended, and the client is told at once."""
    show_instruction(say(f"{_path(client, instruction)}/opinion", {"reason": reason}, token, url))


@app.command("confirm")
def confirm(client: Client, instruction: Instruction, token: Token, url: Url = REQUESTS) -> None:
    """The client stands by it in spite of the opinion: it is in force again."""
    show_instruction(say(f"{_path(client, instruction)}/confirmation", {}, token, url))


@app.command("withdraw")
def withdraw(
    client: Client,
    instruction: Instruction,
    token: Token,
    reason: Annotated[str | None, typer.Option(help="why")] = None,
    url: Url = REQUESTS,
) -> None:
    """The client takes it back: nothing rests on it any more."""
    show_instruction(say(f"{_path(client, instruction)}/withdrawal", {"reason": reason}, token, url))


def _path(client: str, instruction: str) -> str:
    return f"/clients/{client}/instructions/{instruction}"


def _said(
    text: str,
    purpose: str,
    channel: str | None,
    given_by: str | None,
    received_at: str | None,
    category: list[str] | None,
    document: list[str] | None,
    *,
    additional: bool,
) -> dict[str, object]:
    came = {"channel": channel, "given_by": given_by, "received_at": instant(received_at)} if channel else {}
    return {
        "text": text,
        "purpose": purpose,
        "data_categories": category,
        "documents": document,
        "additional": additional,
        **came,
    }
