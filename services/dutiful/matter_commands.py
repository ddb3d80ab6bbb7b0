"""`dutiful question`, `assistance`, `dispute`, `competitor`: what is asked, given and settled (§7, §10, §14)."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dutiful.asking import fetch
from dutiful.assurance_asking import (
    ASSURANCE,
    Client,
    Day,
    MaybeDay,
    Paper,
    Papers,
    Reason,
    Received,
    Token,
    Url,
    Words,
    keep,
    keep_all,
    read,
    say,
    show,
    show_all,
)

question = typer.Typer(no_args_is_help=True, help="Questions and questionnaires, and their answers.")
assistance = typer.Typer(no_args_is_help=True, help="Help that clients ask for, with quotes before costly work.")
dispute = typer.Typer(no_args_is_help=True, help="A dispute: its meeting, its days, its settlement.")

Question = Annotated[str, typer.Argument(help="the question's id")]
Help = Annotated[str, typer.Argument(help="the request's id")]
Quote = Annotated[str, typer.Argument(help="the quote's id")]
Dispute = Annotated[str, typer.Argument(help="the dispute's id")]
Of = Annotated[str | None, typer.Option("--client", help="of one client")]
Open = Annotated[bool, typer.Option("--open", help="those alone that are not over")]


@question.command("ask")
def ask_question(
    client: Client,
    question: Question,
    item: Annotated[list[str], typer.Option(help="what is asked; many")],
    token: Token,
    document: Papers = None,
    received_at: Received = None,
    url: Url = ASSURANCE,
) -> None:
    """A client asks, or sends a questionnaire."""
    body = {"items": item, "documents": keep_all(client, document, token, url), "received_at": received_at}
    show(say(f"/clients/{client}/questions/{question}", body, token, url))


@question.command("answer")
def answer_question(
    client: Client,
    question: Question,
    answer: Annotated[list[str], typer.Option(metavar="ITEM=TEXT", help="the first item is 1; many")],
    token: Token,
    document: Papers = None,
    url: Url = ASSURANCE,
) -> None:
    """Answer some items, or all."""
    pairs = [each.partition("=") for each in answer]
    if not all(item.isdecimal() and text for item, _, text in pairs):
        raise typer.BadParameter("write ITEM=TEXT, as in 1=Six people", param_hint="--answer")
    answers = [{"item": int(item), "text": text} for item, _, text in pairs]
    body = {"answers": answers, "documents": keep_all(client, document, token, url)}
    show(say(f"/clients/{client}/questions/{question}/answers", body, token, url))


@question.command("insufficient")
def find_insufficient(client: Client, question: Question, reason: Reason, token: Token, url: Url = ASSURANCE) -> None:
    """The client can't verify by these answers: the way to a certificate or an audit is open."""
    show(say(f"/clients/{client}/questions/{question}/insufficiency", {"reason": reason}, token, url))


@question.command("list")
def list_questions(token: Token, client: Of = None, is_open: Open = False, url: Url = ASSURANCE) -> None:
    """Questions, the newest first."""
    show_all(read("/matters/questions", token, url, client=client, open="true" if is_open else None))


@question.command("show")
def show_question(client: Client, question: Question, token: Token, url: Url = ASSURANCE) -> None:
    """One question."""
    show(read(f"/clients/{client}/questions/{question}", token, url))


@assistance.command("request")
def request_help(
    client: Client,
    help_: Help,
    kind: Annotated[str, typer.Option(help="as the agreement names it: authority, dpia, proceedings, inspection")],
    text: Words,
    token: Token,
    needed_on: MaybeDay = None,
    document: Papers = None,
    received_at: Received = None,
    url: Url = ASSURANCE,
) -> None:
    """A client asks for help."""
    body = {
        "kind": kind,
        "text": text,
        "needed_on": needed_on,
        "documents": keep_all(client, document, token, url),
        "received_at": received_at,
    }
    show(say(f"/clients/{client}/assistance/{help_}", body, token, url))


@assistance.command("quote")
def offer_quote(
    client: Client,
    help_: Help,
    quote: Quote,
    amount: Annotated[str, typer.Option(help="as in 1800.00")],
    text: Words,
    token: Token,
    currency: Annotated[str, typer.Option(help="ISO 4217")] = "EUR",
    url: Url = ASSURANCE,
) -> None:
    """What it costs, before the work; only the client accepts it."""
    body = {"costs": {"amount": amount, "currency": currency}, "text": text}
    show(say(f"/clients/{client}/assistance/{help_}/quotes/{quote}", body, token, url))


@assistance.command("accept")
def answer_quote(
    client: Client,
    help_: Help,
    quote: Quote,
    accepted: Annotated[bool, typer.Option("--accept/--decline")],
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """The client's word on a quote, with a token of its super administrator."""
    path = f"/clients/{client}/assistance/{help_}/quotes/{quote}/answer"
    show(say(path, {"accepted": accepted}, token, url))


@assistance.command("work")
def begin_work(client: Client, help_: Help, token: Token, url: Url = ASSURANCE) -> None:
    """Work begins; refused while a quote is not accepted."""
    show(say(f"/clients/{client}/assistance/{help_}/work", {}, token, url))


@assistance.command("give")
def give_help(
    client: Client, help_: Help, text: Words, token: Token, document: Papers = None, url: Url = ASSURANCE
) -> None:
    """The help, with its documents."""
    body = {"text": text, "documents": keep_all(client, document, token, url)}
    show(say(f"/clients/{client}/assistance/{help_}/result", body, token, url))


@assistance.command("withdraw")
def withdraw_help(client: Client, help_: Help, reason: Reason, token: Token, url: Url = ASSURANCE) -> None:
    """The client needs it no more."""
    show(say(f"/clients/{client}/assistance/{help_}/withdrawal", {"reason": reason}, token, url))


@assistance.command("list")
def list_help(token: Token, client: Of = None, is_open: Open = False, url: Url = ASSURANCE) -> None:
    """Requests for help, the newest first."""
    show_all(read("/matters/assistance", token, url, client=client, open="true" if is_open else None))


@assistance.command("show")
def show_help(client: Client, help_: Help, token: Token, url: Url = ASSURANCE) -> None:
    """One request."""
    show(read(f"/clients/{client}/assistance/{help_}", token, url))


@dispute.command("notify")
def notify(
    client: Client,
    dispute: Dispute,
    side: Annotated[str, typer.Option(help="who notified it: client or processor")],
    text: Words,
    registered_mail: Annotated[str, typer.Option(help="the number of the registered letter")],
    received_on: Day,
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """A notification by registered mail."""
    body = {"side": side, "text": text, "registered_mail": registered_mail, "received_on": received_on}
    show(say(f"/clients/{client}/disputes/{dispute}", body, token, url))


@dispute.command("meet")
def meet(client: Client, dispute: Dispute, met_on: Day, text: Words, token: Token, url: Url = ASSURANCE) -> None:
    """The parties met: the days to settle run from there."""
    show(say(f"/clients/{client}/disputes/{dispute}/meeting", {"met_on": met_on, "text": text}, token, url))


@dispute.command("settle")
def settle(
    client: Client, dispute: Dispute, signed_on: Day, document: Paper, token: Token, url: Url = ASSURANCE
) -> None:
    """A settlement agreement was signed."""
    body = {"signed_on": signed_on, "agreement": keep(client, document, token, url)}
    show(say(f"/clients/{client}/disputes/{dispute}/settlement", body, token, url))


@dispute.command("list")
def list_disputes(token: Token, client: Of = None, is_open: Open = False, url: Url = ASSURANCE) -> None:
    """Disputes, the newest first."""
    show_all(read("/matters/disputes", token, url, client=client, open="true" if is_open else None))


@dispute.command("evidence")
def evidence(
    client: Client,
    dispute: Dispute,
    out: Annotated[Path, typer.Option(dir_okay=False, help="the file to write, a PDF")],
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """The statement of account: all that was said of a dispute, in order, as a PDF with its JSON attached (§14)."""
    out.write_bytes(fetch(f"{url}/clients/{client}/disputes/{dispute}/evidence", token, "--assurance"))
    Console().print(f"{out} is written", markup=False, soft_wrap=True)


@dispute.command("show")
def show_dispute(client: Client, dispute: Dispute, token: Token, url: Url = ASSURANCE) -> None:
    """One dispute."""
    show(read(f"/clients/{client}/disputes/{dispute}", token, url))


def competitor(
    client: Client,
    competes: Annotated[bool, typer.Option("--yes/--no", help="whether it competes, or belongs to one that does")],
    reason: Reason,
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """Mark a client as a competitor, who gets no information and no audit; or lift the mark (§7)."""
    seen = say(f"/clients/{client}/competitor", {"competitor": competes, "reason": reason}, token, url)
    Console(highlight=False).print(f"{client}: {seen['competitor'] or 'no competitor'}", markup=False)
