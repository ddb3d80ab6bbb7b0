"""`dutiful agreement`: check an agreement file, and read it clause by clause."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from agreement.checks import Finding, Severity, check
from agreement.loading import AgreementInvalid, default_path, load
from agreement.outline import Entry, outline

app = typer.Typer(
    name="agreement", help="The agreement file: what it says, and what is wrong with it.", no_args_is_help=True
)

File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="an agreement file; default: the shipped one")]
FileOrDirectory = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="an agreement file, or a directory of them; default: the shipped one"),
]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


@app.command("check")
def check_file(file: FileOrDirectory = None) -> None:
    """Find errors, contradictions and gaps. Exit code 1 if there are errors; warnings and notes leave it 0.

    Example: dutiful agreement check agreements/quicktalk.toml
    """
    path = file or default_path()
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise typer.BadParameter(f"{path} is a directory without any *.toml", param_hint="FILE")
    sound = [_check(each) for each in files]
    if not all(sound):
        raise typer.Exit(1)


@app.command("show")
def show_file(
    file: File = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the whole agreement as JSON")] = False,
) -> None:
    """Print the whole agreement file, clause by clause.

    Example: dutiful agreement show --json | jq .periods
    """
    try:
        agreement = load(file or default_path())
    except AgreementInvalid as invalid:
        Console(stderr=True).print(str(invalid), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    if as_json:
        print(agreement.model_dump_json(indent=2))
        return
    console = Console()
    for clause, entries in outline(agreement):
        console.rule(f"[bold]{escape(clause)}", align="left")
        for entry in entries:
            console.print(_fields(entry))


def _check(path: Path) -> bool:
    """Print what is found in one file; whether it has no error."""
    try:
        agreement = load(path)
        findings = check(agreement)
        title = f"{agreement.title} of {agreement.processor.brand}, {agreement.id} version {agreement.version}"
    except AgreementInvalid as invalid:
        findings = [
            Finding(Severity.ERROR, "", problem.path, problem.what, problem.remedy) for problem in invalid.problems
        ]
        title = str(path)
    console = Console()
    if findings:
        console.print(_table(title, findings))
    console.print(f"{path}: {_sum(findings)}", soft_wrap=True, highlight=False, markup=False)
    return not any(finding.severity is Severity.ERROR for finding in findings)


def _table(title: str, findings: list[Finding]) -> Table:
    table = Table(title=escape(title), show_lines=True)
    table.add_column()
    table.add_column("clause, place in the file", overflow="fold", max_width=28)
    table.add_column("what, and what to do")
    for finding in findings:
        table.add_row(
            f"[{_COLOURS[finding.severity]}]{finding.severity}[/]",
            "\n".join(escape(each) for each in (finding.clause, finding.path) if each),
            f"{escape(finding.what)}\n→ {escape(finding.remedy)}",
        )
    return table


def _sum(findings: list[Finding]) -> str:
    counts = [
        f"{count} {severity}{'s' if count > 1 else ''}"
        for severity in Severity
        if (count := sum(finding.severity is severity for finding in findings))
    ]
    return ", ".join(counts) or "nothing found"


def _fields(entry: Entry) -> Padding:
    table = Table.grid("field", "value", padding=(0, 2))
    table.title, table.title_justify = escape(entry.path), "left"
    for name, value in entry.fields:
        table.add_row(f"[cyan]{escape(name)}[/]", escape(value))
    return Padding(table, (0, 0, 1, 2))
