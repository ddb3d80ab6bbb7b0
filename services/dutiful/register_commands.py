"""`dutiful measures`, `dutiful undertaking`: what protects the data, and who is bound to confidentiality (§3.2, §5)."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from dutiful.assurance_asking import ASSURANCE, Day, Json, MaybeDay, Reason, Token, Url, read, say, say_whole

measures = typer.Typer(no_args_is_help=True, help="The security measures, version by version.")
undertaking = typer.Typer(no_args_is_help=True, help="Who of the staff is bound to confidentiality.")

Agreement = Annotated[str, typer.Argument(help="the agreement's id, as in its file")]
Version = Annotated[str, typer.Argument(help="the version's id")]
Person = Annotated[str, typer.Argument(help="as the `sub` of that person's tokens has it")]


def _show(version: Json) -> None:
    console = Console(highlight=False)
    console.print(f"{version['proposed']['version_id']}: {version['status']}", markup=False)
    for name, ids in version["comparison"].items():
        if ids:
            console.print(f"  {name}: {', '.join(ids)}", markup=False)
    if version["waiting_for"]:
        console.print(f"held until somebody answers for {', '.join(version['waiting_for'])}", markup=False)
    for each in version["justified"]:
        console.print(f"  {each['measure_id']}: {each['justified_by']}: {each['reason']}", markup=False)


@measures.command("show")
def show_measures(agreement: Agreement, token: Token, on: MaybeDay = None, url: Url = ASSURANCE) -> None:
    """The measures in force, now or at the end of a day."""
    version: Any = read(f"/agreements/{agreement}/measures", token, url, on=on)
    _show(version)
    table = Table("section", "measure", "text")
    for each in version["proposed"]["measures"]:
        table.add_row(each["section"], each["measure_id"], each["text"])
    Console(highlight=False).print(table, markup=False)


@measures.command("history")
def show_history(agreement: Agreement, token: Token, url: Url = ASSURANCE) -> None:
    """Every version, the newest first, with what it changed and who answered for it."""
    for version in read(f"/agreements/{agreement}/measures/history", token, url):
        _show(version)


@measures.command("propose")
def propose(
    agreement: Agreement,
    version: Version,
    file: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON: measures, assessments, reason")],
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """A new version; what it drops or weakens must be justified before it is in force."""
    try:
        body = from_json(file.read_bytes())
    except ValueError as error:
        raise typer.BadParameter(f"{file} is no JSON: {error}", param_hint="--file") from None
    _show(say_whole(f"/agreements/{agreement}/measures/{version}", body, token, url))


@measures.command("justify")
def justify(
    agreement: Agreement,
    version: Version,
    measure: Annotated[str, typer.Argument(help="the measure that is dropped or weakened")],
    by: Annotated[str, typer.Option(help="who answers for it, by name")],
    reason: Reason,
    token: Token,
    url: Url = ASSURANCE,
) -> None:
    """A named person answers for it."""
    body = {"measure_id": measure, "justified_by": by, "reason": reason}
    _show(say(f"/agreements/{agreement}/measures/{version}/justifications", body, token, url))


@measures.command("withdraw")
def withdraw(agreement: Agreement, version: Version, reason: Reason, token: Token, url: Url = ASSURANCE) -> None:
    """Take a version back that is not in force yet."""
    _show(say(f"/agreements/{agreement}/measures/{version}/withdrawal", {"reason": reason}, token, url))


@undertaking.command("give")
def give(
    person: Person,
    given_on: Day,
    token: Token,
    ends_on: MaybeDay = None,
    basis: Annotated[str, typer.Option(help="undertaking, or law")] = "undertaking",
    url: Url = ASSURANCE,
) -> None:
    """A person is bound to confidentiality from a day on; with a token of the role dpo."""
    body = {"person": person, "basis": basis, "given_on": given_on, "ends_on": ends_on}
    _show_person(say("/staff/undertakings", body, token, url))


@undertaking.command("end")
def end(person: Person, ended_on: Day, reason: Reason, token: Token, url: Url = ASSURANCE) -> None:
    """It ends with a day."""
    body = {"person": person, "ended_on": ended_on, "reason": reason}
    _show_person(say("/staff/undertakings/end", body, token, url))


@undertaking.command("list")
def list_undertakings(token: Token, url: Url = ASSURANCE) -> None:
    """Who is and was bound, in the order in which it was recorded."""
    page: Any = read("/staff/undertakings", token, url)
    for each in page["items"]:
        _show_person(each)


def _show_person(seen: Json) -> None:
    until = f"until {seen['ends_on']}" if seen["ends_on"] else "for good"
    bound = "bound" if seen["in_force"] else "not bound now"
    line = f"{seen['person']}: {bound}, by {seen['basis']} of {seen['given_on']}, {until}"
    Console(highlight=False).print(line, markup=False)
