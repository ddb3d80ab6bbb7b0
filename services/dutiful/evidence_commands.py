"""`dutiful evidence`: read a client's record, export it, verify an export without any service (§3.2, §7)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Column, Table

from dutiful.asking import ask, download
from dutiful.public_key import print_public

if TYPE_CHECKING:
    from console.verifying import Proven

CONSOLE: Final = "http://127.0.0.1:8088"
DEFAULT_KEY: Final = Path(".dutiful/evidence-key.pem")
_OPTION: Final = "--console"
app = typer.Typer(no_args_is_help=True, help="The record of evidence: read, export, verify.")

Client = Annotated[str, typer.Option(help="the client's id")]
Token = Annotated[str, typer.Option(envvar="DUTIFUL_TOKEN", help="`dutiful token --role auditor` mints one")]
Url = Annotated[str, typer.Option(_OPTION, envvar="DUTIFUL_CONSOLE", help="URL of the console")]
Asked = Annotated[str | None, typer.Option()]


class _Entry(BaseModel):
    seq: int
    recorded_at: datetime
    type: str
    clause: str | None
    about: list[str]


class _Page(BaseModel):
    complete_from: str
    items: list[_Entry]
    next: str | None


class _Last(BaseModel):
    type: str
    recorded_at: datetime


class _Promise(BaseModel):
    code: str
    clause: str
    title: str
    facts: int
    last: _Last | None
    open: int
    missed: int


class _Promises(BaseModel):
    items: list[_Promise]


@app.command()
def show(
    client: Client,
    token: Token,
    clause: Asked = None,
    promise: Asked = None,
    type_: Annotated[str | None, typer.Option("--type", help="of one type of event")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="INSTANT")] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT")] = None,
    about: Annotated[str | None, typer.Option(help="an event's id, or that of what it is about")] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="what concerns all clients, instead")] = False,
    url: Url = CONSOLE,
) -> None:
    """What the record holds of a client, in order.

    Example: dutiful evidence show --client client-42 --promise BRE-1
    """
    wanted = {"clause": clause, "promise": promise, "type": type_, "from": since, "until": until, "about": about}
    query = {name: value for name, value in wanted.items() if value is not None} | {"limit": "500"}
    if everybody:
        query["everybody"] = "true"
    table = Table("no", Column("when", no_wrap=True), Column("what", no_wrap=True), "clause", "about")
    while True:
        page = _Page.model_validate(ask(f"{url}/clients/{client}/record?{urlencode(query)}", token, _OPTION))
        for entry in page.items:
            about_what = " ".join(entry.about[1:])
            table.add_row(str(entry.seq), _minute(entry.recorded_at), entry.type, entry.clause or "", about_what)
        if page.next is None:
            break
        query["cursor"] = page.next
    console = Console(highlight=False)
    console.print(table)
    console.print(f"complete from {page.complete_from} on", markup=False)


@app.command()
def promises(client: Client, token: Token, url: Url = CONSOLE) -> None:
    """Each promise of the agreement: how many facts, the last, what is open, what was missed."""
    said = _Promises.model_validate(ask(f"{url}/clients/{client}/promises", token, _OPTION))
    table = Table("promise", "clause", "what", "facts", "open", "missed", "the last fact")
    for each in said.items:
        last = f"{each.last.type} {_minute(each.last.recorded_at)}" if each.last else "none"
        counts = (str(each.facts), str(each.open or ""), str(each.missed or ""))
        table.add_row(each.code, each.clause, each.title, *counts, last)
    Console(highlight=False).print(table)


@app.command()
def export(
    client: Client,
    token: Token,
    out: Annotated[Path | None, typer.Option("--out", help="where to write; record-CLIENT.ndjson by default")] = None,
    url: Url = CONSOLE,
) -> None:
    """Write a client's whole record to one file, which can be verified offline.

    Example: dutiful evidence export --client client-42 --out record.ndjson
    """
    file = out or Path(f"record-{client.replace(':', '-')}.ndjson")
    size = download(f"{url}/clients/{client}/record/export", token, _OPTION, file)
    print(f"{file}: {size} bytes; dutiful evidence verify {file} --key KEY checks it")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="an exported record", exists=True, dir_okay=False)],
    key: Annotated[Path, typer.Option(envvar="DUTIFUL_EVIDENCE_PUBLIC_KEY", help="the public key in PEM", exists=True)],
    since: Annotated[
        Path | None, typer.Option(help="an older export: nothing that it holds was rewritten", exists=True)
    ] = None,
) -> None:
    """Check an exported record offline: 0 if it is whole and unchanged, else 1 and where it isn't.

    Example: dutiful evidence verify record.ndjson --key evidence-key.pub --since last-year.ndjson
    """
    from console.verifying import NotProven, prove_prefix

    reading = file
    try:
        proven = _read(file, key)
        if since is not None:
            reading = since
            older = _read(since, key)
            reading = file
            prove_prefix(older, proven)
    except NotProven as error:
        Console(stderr=True, soft_wrap=True).print(f"not proven: {reading}: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    _say_what_is_proven(proven, since)


@app.command()
def check(token: Token, url: Url = CONSOLE) -> None:
    """Whether the record holds every head that was ever signed: 0 if it does, else 1 and which it doesn't."""
    said = ask(f"{url}/record/check", token, _OPTION)
    contradicted = said.get("contradicted") if isinstance(said, dict) else None
    if not isinstance(contradicted, list) or not contradicted:
        print("the record holds every head that was signed and said")
        return
    for each in contradicted:
        print(
            f"{each['chain']}: entry {each['seq']} was signed as {each['sha256'][:16]}…; the record ends at "
            f"{each['held_seq']} and holds {each['held_sha256'] or 'nothing'} there (noticed at {each['noticed_at']})"
        )
    raise typer.Exit(1)


@app.command("key")
def print_key(
    key: Annotated[
        Path, typer.Option(envvar="DUTIFUL_EVIDENCE_KEY", help="the key that signs; made if missing")
    ] = DEFAULT_KEY,
) -> None:
    """Print the public key that verifies exports and heads."""
    print_public(key)


def _read(file: Path, key: Path) -> "Proven":
    from console.verifying import verify as prove

    with file.open("rb") as lines:
        return prove(lines, key.read_bytes())


def _say_what_is_proven(proven: "Proven", since: Path | None) -> None:
    header = proven.header
    console = Console(highlight=False, soft_wrap=True)
    counts = ", ".join(f"{chain} {len(hashes)}" for chain, hashes in proven.hashes.items())
    console.print(f"proven, by the key {proven.key_id}:", style="green", markup=False)
    said = [
        f"this is the record of {header.get('client_id')} as {header.get('processor')} signed it at {proven.sealed_at}",
        f"{proven.entries} entries ({counts}): none was changed, left out, added or moved since they were signed",
    ]
    if since is not None:
        said.append(f"it begins with all of {since}: nothing in there was rewritten since that was exported")
    console.print("\n".join(f"  · {each}" for each in said), markup=False)
    console.print("not proven:", markup=False)
    unsaid = [
        f"what happened before {header.get('complete_from')}, when the record began: the bus held some of it",
        "that something was said at all: a fact that never reached the bus is in no record",
        "that what was said is true",
    ]
    if since is None:
        unsaid.append("that no other record was signed before: an older export, or a head said on the bus, shows that")
    console.print("\n".join(f"  · {each}" for each in unsaid), markup=False)


def _minute(instant: datetime) -> str:
    """As much of an instant as a table has room for; `export` has all of it."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}Z"
