"""`dutiful breach`, the part that lawyers look at: the dossier, decisions, exemptions, delays, the register."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import from_json

from dutiful.asking import ask, fetch
from dutiful.breach_commands import BREACH, At, French, Incident, Reason, Token, Url, app, say, words
from dutiful.breach_shown import show

_FORMS = ("csv", "html", "json")

__all__ = ["app"]


@app.command("dossier")
def dossier(
    incident: Incident,
    token: Token,
    enter: Annotated[Path | None, typer.Option(help="JSON file with a list of entries to enter", exists=True)] = None,
    out: Annotated[Path | None, typer.Option(help="write the dossier there: PDF by its name's end, else JSON")] = None,
    url: Url = BREACH,
) -> None:
    """Enter elements of the dossier for the authority, or write it to a file; without either, show what is missing.

    Example of an entry: {"code": "records", "standing": "approximate", "number": 900}
    """
    if enter is not None:
        say(f"/{incident}/dossier", {"entries": _entries(enter)}, token, url)
    if out is not None:
        path = f"/incidents/{incident}/dossier" + ("/pdf" if out.suffix == ".pdf" else "")
        _write(out, fetch(url + path, token, "--breach"))
    elif enter is None:
        show(ask(f"{url}/incidents/{incident}", token, "--breach"))


@app.command("exempt")
def exempt(
    incident: Incident,
    client: Annotated[str, typer.Argument(help="the client that caused it")],
    reason: Reason,
    token: Token,
    evidence: Annotated[str | None, typer.Option(help="what shows it")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="it was not this client after all")] = False,
    url: Url = BREACH,
) -> None:
    """Exempt the client that caused it, and that one alone; or lift that."""
    if lift:
        say(f"/{incident}/exemptions/{client}/end", {"reason": reason}, token, url)
        return
    body = {"client_id": client, "reason": reason, "evidence": evidence}
    say(f"/{incident}/exemptions", body, token, url)


@app.command("decide")
def decide(
    incident: Incident,
    clock: Annotated[str, typer.Argument(help="the authority's clock, by the agreement's code")],
    reason: Reason,
    token: Token,
    notify: Annotated[bool, typer.Option("--notify/--no-notify", help="whether it is notified")] = True,
    url: Url = BREACH,
) -> None:
    """Decide whether an authority is notified, and why."""
    say(f"/{incident}/decisions", {"clock": clock, "notify": notify, "reason": reason}, token, url)


@app.command("notified")
def notified(
    incident: Incident,
    clock: Annotated[str, typer.Argument(help="the authority's clock, by the agreement's code")],
    at: At,
    token: Token,
    reference: Annotated[str | None, typer.Option(help="the authority's number")] = None,
    url: Url = BREACH,
) -> None:
    """Record that the dossier, as it stands, went to an authority."""
    body = {"clock": clock, "submitted_at": at, "reference": reference}
    say(f"/{incident}/notifications", body, token, url)


@app.command("delay")
def delay(
    incident: Incident,
    clock: Annotated[str, typer.Argument(help="'clients', or an authority's clock")],
    reason: Reason,
    token: Token,
    reason_fr: French = None,
    url: Url = BREACH,
) -> None:
    """Say why a clock was missed: who was told late reads it."""
    say(f"/{incident}/delays", {"clock": clock, "reason": words(reason, reason_fr)}, token, url)


@app.command("register")
def register(
    token: Token,
    out: Annotated[Path, typer.Option(help="the file to write: CSV, HTML or JSON, by its name's end")] = Path(
        "register.csv"
    ),
    url: Url = BREACH,
) -> None:
    """Write the register of all breaches (GDPR art. 33(5)) to a file."""
    form = out.suffix.removeprefix(".")
    if form not in _FORMS:
        raise typer.BadParameter(
            f"a register is written as {', '.join(f'*.{each}' for each in _FORMS)}", param_hint="--out"
        )
    _write(out, fetch(f"{url}/register?format={form}", token, "--breach"))


def _entries(path: Path) -> object:
    try:
        return from_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path} holds no JSON: {error}", param_hint="--enter") from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{path} can't be written: {error.strerror}", param_hint="--out") from None
