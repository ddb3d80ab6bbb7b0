"""`dutiful audit`: every refusal names its gate, what would open it, and from which day on (§7)."""

from typing import Annotated

import typer

from dutiful.assurance_asking import (
    ASSURANCE,
    Client,
    Day,
    Json,
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

app = typer.Typer(no_args_is_help=True, help="An audit, gate by gate: requested, prepared, held, reported.")
Audit = Annotated[str, typer.Argument(help="the audit's id")]
Finding = Annotated[str, typer.Argument(help="the finding's id")]


def _say(client: str, audit: str, what: str, body: Json, token: str, url: str) -> None:
    show(say(f"/clients/{client}/audits/{audit}{what}", body, token, url))


@app.command("list")
def list_audits(
    token: Token,
    client: Annotated[str | None, typer.Option(help="of one client")] = None,
    is_open: Annotated[bool, typer.Option("--open", help="those alone that are not over")] = False,
    url: Url = ASSURANCE,
) -> None:
    """Every client's audits, the newest first."""
    show_all(read("/matters/audits", token, url, client=client, open="true" if is_open else None))


@app.command("show")
def show_audit(client: Client, audit: Audit, token: Token, url: Url = ASSURANCE) -> None:
    """One audit, with each gate, why it is open or closed, and what would open it."""
    show(read(f"/clients/{client}/audits/{audit}", token, url))


@app.command("request")
def request(
    client: Client,
    audit: Audit,
    proposed_on: Day,
    text: Words,
    token: Token,
    incident: Annotated[str | None, typer.Option(help="the breach that is its reason")] = None,
    question: Annotated[str | None, typer.Option(help="or the question whose answer is not enough")] = None,
    received_at: Received = None,
    url: Url = ASSURANCE,
) -> None:
    """A client's written request."""
    body = {
        "reason": "breach" if incident else "information_insufficient",
        "incident_id": incident,
        "question_id": question,
        "proposed_on": proposed_on,
        "text": text,
        "received_at": received_at,
    }
    _say(client, audit, "", body, token, url)


@app.command("certificate")
def certificate(
    client: Client,
    audit: Audit,
    text: Words,
    token: Token,
    document: Papers = None,
    issuer: Annotated[str | None, typer.Option(help="who issued it")] = None,
    url: Url = ASSURANCE,
) -> None:
    """Offer a certificate instead; without --document: say why none can be had."""
    kept = keep_all(client, document, token, url)
    body = {"certificate": kept[0] if kept else None, "issuer": issuer, "text": text}
    _say(client, audit, "/certificate", body, token, url)


@app.command("plan")
def plan(client: Client, audit: Audit, document: Paper, text: Words, token: Token, url: Url = ASSURANCE) -> None:
    """The client's detailed plan."""
    _say(client, audit, "/plan", {"plan": keep(client, document, token, url), "text": text}, token, url)


@app.command("expert")
def expert(
    client: Client,
    audit: Audit,
    name: Annotated[str, typer.Option(help="who it is")],
    firm: Annotated[str, typer.Option(help="of which firm")],
    text: Words,
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """The independent expert whom the client hires."""
    _say(client, audit, "/expert", {"name": name, "firm": firm, "text": text}, token, url)


@app.command("confidentiality")
def confidentiality(
    client: Client,
    audit: Audit,
    expert: Annotated[str, typer.Option(help="the expert's name")],
    document: Paper,
    signed_on: Day,
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """The expert's undertaking of confidentiality."""
    undertaking = keep(client, document, token, url)
    body = {"expert": expert, "undertaking": undertaking, "signed_on": signed_on}
    _say(client, audit, "/confidentiality", body, token, url)


@app.command("terms")
def terms(
    client: Client,
    audit: Audit,
    scope: Annotated[str, typer.Option(help="what is audited, and where")],
    session: Annotated[list[str], typer.Option(metavar="START/END", help="two instants; many")],
    amount: Annotated[str, typer.Option(help="what our time costs, as in 2400.00")],
    token: Token,
    currency: Annotated[str, typer.Option(help="ISO 4217")] = "EUR",
    url: Url = ASSURANCE,
) -> None:
    """Scope, schedule and costs, for the other side to agree to."""
    sessions = [dict(zip(("starts_at", "ends_at"), each.split("/"), strict=False)) for each in session]
    body: Json = {"scope": scope, "sessions": sessions, "costs": {"amount": amount, "currency": currency}}
    _say(client, audit, "/terms", body, token, url)


@app.command("answer")
def answer(
    client: Client,
    audit: Audit,
    gate: Annotated[str, typer.Argument(help="certificate, plan, expert, confidentiality or scope_and_costs")],
    accepted: Annotated[bool, typer.Option("--accept/--refuse", help="what the other side put forward")],
    reason: Reason,
    token: Token,
    put_at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="`since` of the gate, as read: refused if it was replaced")
    ] = None,
    url: Url = ASSURANCE,
) -> None:
    """Accept or refuse what the other side put forward for a gate."""
    body = {"gate": gate, "accepted": accepted, "reason": reason, "put_at": put_at}
    _say(client, audit, "/answers", body, token, url)


@app.command("escort")
def escort(
    client: Client,
    audit: Audit,
    name: Annotated[str, typer.Option(help="who is present")],
    function: Annotated[str, typer.Option(help="as what")],
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """Our representative."""
    _say(client, audit, "/escort", {"name": name, "function": function}, token, url)


@app.command("begin")
def begin(client: Client, audit: Audit, token: Token, url: Url = ASSURANCE) -> None:
    """It begins now: every gate must stand open."""
    _say(client, audit, "/beginning", {}, token, url)


@app.command("report")
def report(client: Client, audit: Audit, document: Paper, token: Token, url: Url = ASSURANCE) -> None:
    """The copy of the report, which is confidential."""
    _say(client, audit, "/report", {"report": keep(client, document, token, url)}, token, url)


@app.command("finding")
def finding(
    client: Client,
    audit: Audit,
    finding: Finding,
    text: Words,
    token: Token,
    due_on: MaybeDay = None,
    url: Url = ASSURANCE,
) -> None:
    """Something that it found, to be mended by a day."""
    _say(client, audit, f"/findings/{finding}", {"text": text, "due_on": due_on}, token, url)


@app.command("remedy")
def remedy(
    client: Client,
    audit: Audit,
    finding: Finding,
    text: Words,
    token: Token,
    document: Papers = None,
    url: Url = ASSURANCE,
) -> None:
    """How a finding was mended."""
    body = {"remedy": text, "documents": keep_all(client, document, token, url)}
    _say(client, audit, f"/findings/{finding}/remedy", body, token, url)


@app.command("close")
def close(client: Client, audit: Audit, token: Token, url: Url = ASSURANCE) -> None:
    """It is over: the report is there, and no finding is open."""
    _say(client, audit, "/closure", {}, token, url)


@app.command("withdraw")
def withdraw(client: Client, audit: Audit, reason: Reason, token: Token, url: Url = ASSURANCE) -> None:
    """The client takes its request back."""
    _say(client, audit, "/withdrawal", {"reason": reason}, token, url)
