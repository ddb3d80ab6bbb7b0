"""`dutiful breach`: what an operator does about an incident; each answer shows the time that is left.

A command that had no answer may be given again and is carried out once; one that had is another act the next time.
"""

from typing import Annotated, Any, Final

import typer

from dutiful.asking import act, ask
from dutiful.breach_shown import show

BREACH: Final = "http://127.0.0.1:8085"
app = typer.Typer(no_args_is_help=True, help="What is done about a personal data breach.")

Incident = Annotated[str, typer.Argument(help="the incident's id")]
Token = Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="`dutiful token --role operator` mints one")]
Url = Annotated[str, typer.Option("--breach", envvar="DUTIFUL_BREACH", help="URL of the breach service")]
Reason = Annotated[str, typer.Option(help="why")]
Many = Annotated[list[str] | None, typer.Option()]
French = Annotated[str | None, typer.Option(help="the same in French")]
At = Annotated[str, typer.Option(metavar="INSTANT", help="with its offset, as in 2026-03-31T09:00:00Z")]


@app.callback()
def _group() -> None:
    """What is done about a personal data breach."""


def say(path: str, body: dict[str, Any], token: str, url: str) -> None:
    """Post what is said, without what is not; show how the incident stands."""
    said = {name: value for name, value in body.items() if value not in (None, [], ())}
    show(act(f"{url}/incidents{path}", token, "--breach", said))


def words(en: str, fr: str | None) -> dict[str, str]:
    """What clients read, in one language or two."""
    return {"en": en} | ({} if fr is None else {"fr": fr})


@app.command("open")
def open_incident(
    incident: Incident,
    description: Annotated[str, typer.Option(help="what was seen")],
    detected_at: At,
    token: Token,
    aware_at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="known to be a breach since; none: suspected")
    ] = None,
    subprocessor: Annotated[str | None, typer.Option(help="where it happened")] = None,
    client: Many = None,
    system: Many = None,
    category: Many = None,
    description_fr: French = None,
    url: Url = BREACH,
) -> None:
    """Open an incident; with --aware-at the clocks run and who is affected is told at once.

    Example: dutiful breach open inc-7 --description "Export of call logs" --detected-at 2026-03-28T23:40:00Z
    """
    body = {
        "incident_id": incident,
        "description": description,
        "description_fr": description_fr,
        "detected_at": detected_at,
        "aware_at": aware_at,
        "subprocessor_id": subprocessor,
        "client_ids": client,
        "systems": system,
        "data_categories": category,
    }
    say("", body, token, url)


@app.command("aware")
def aware(incident: Incident, at: At, reason: Reason, token: Token, url: Url = BREACH) -> None:
    """Decide that it is a breach, known since --at; said again, the clocks are moved."""
    say(f"/{incident}/awareness", {"aware_at": at, "reason": reason}, token, url)


@app.command("scope")
def scope(
    incident: Incident,
    reason: Reason,
    token: Token,
    client: Many = None,
    subprocessor: Many = None,
    system: Many = None,
    category: Many = None,
    take_out: Annotated[
        bool, typer.Option("--take-out", help="these were named by mistake; who was told already stays")
    ] = False,
    url: Url = BREACH,
) -> None:
    """Add who is affected: clients, or whose data a sub-processor or a system may hold, or of a category."""
    body = {
        "client_ids": client,
        "subprocessor_ids": subprocessor,
        "systems": system,
        "data_categories": category,
        "reason": reason,
    }
    say(f"/{incident}/scope" + ("/corrections" if take_out else ""), body, token, url)


@app.command("update")
def update(
    incident: Incident,
    update_id: Annotated[str, typer.Option("--id", help="an id of your own for this update")],
    text: Annotated[str, typer.Option(help="what is new, for clients to read")],
    as_of: At,
    token: Token,
    text_fr: French = None,
    advice: Annotated[str | None, typer.Option(help="what clients can do")] = None,
    advice_fr: French = None,
    next_at: Annotated[str | None, typer.Option(metavar="INSTANT", help="when clients hear next")] = None,
    corrects: Annotated[str | None, typer.Option(help="the id of the update that was wrong")] = None,
    last: Annotated[bool, typer.Option("--last", help="no other follows")] = False,
    url: Url = BREACH,
) -> None:
    """Tell the next phase to every client that is affected."""
    body = {
        "update_id": update_id,
        "text": words(text, text_fr),
        "as_of": as_of,
        "advice": None if advice is None else words(advice, advice_fr),
        "next_at": next_at,
        "corrects": corrects,
        "last": last or None,
    }
    say(f"/{incident}/updates", body, token, url)


@app.command("contain")
def contain(
    incident: Incident,
    step_id: Annotated[str, typer.Option("--id", help="an id of your own for this step")],
    text: Annotated[str, typer.Option(help="what was done")],
    at: At,
    by: Annotated[str, typer.Option(help="who did it")],
    token: Token,
    kind: Annotated[str, typer.Option(help="containment, investigation, cause, remedy")] = "containment",
    text_fr: French = None,
    internal: Annotated[bool, typer.Option("--internal", help="clients are not told")] = False,
    url: Url = BREACH,
) -> None:
    """Log what was done to contain, investigate, explain or remedy it; the next update tells of it."""
    body = {
        "step_id": step_id,
        "kind": kind,
        "taken_at": at,
        "taken_by": by,
        "text": words(text, text_fr),
        "internal": internal or None,
    }
    say(f"/{incident}/steps", body, token, url)


@app.command("close")
def close(
    incident: Incident,
    reason: Reason,
    token: Token,
    without: Annotated[
        list[str] | None, typer.Option(metavar="WHAT=WHY", help="cause, measures or last_update, and why it is absent")
    ] = None,
    reopen: Annotated[bool, typer.Option("--reopen", help="open it again")] = False,
    url: Url = BREACH,
) -> None:
    """Close it, or dismiss a suspicion; or open it again."""
    if reopen:
        say(f"/{incident}/reopening", {"reason": reason}, token, url)
        return
    absences = [dict(zip(("what", "reason"), each.split("=", 1), strict=False)) for each in without or ()]
    say(f"/{incident}/closure", {"reason": reason, "absences": absences}, token, url)


@app.command("show")
def show_incident(incident: Incident, token: Token, url: Url = BREACH) -> None:
    """How an incident stands, and how much time is left."""
    show(ask(f"{url}/incidents/{incident}", token, "--breach"))
