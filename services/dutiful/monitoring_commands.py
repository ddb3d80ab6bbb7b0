"""`dutiful monitoring`: the list of metrics, the dashboards and their page, made from the code and compared with it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="The list of metrics and the dashboards, from the code.")
Root = Annotated[Path, typer.Argument(help="the repository", exists=True, file_okay=False)]


@app.command()
def export(root: Root = Path()) -> None:
    """Write docs/metrics.md, docs/dashboards.md and the dashboards of deploy/monitoring."""
    for path, text in _made().items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(path)


@app.command()
def check(root: Root = Path()) -> None:
    """Say which of them differ from the code; 1 where any does."""
    differ = [path for path, text in _made().items() if _text(root / path) != text]
    for path in differ:
        Console(stderr=True).print(f"{path} is not what the code says: run `dutiful monitoring export`", style="red")
    if differ:
        raise typer.Exit(1)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _made() -> dict[str, str]:
    from dutiful.monitoring import boards_page, page
    from dutiful.monitoring.dashboards import dashboards

    pages = {"docs/metrics.md": page.page(), "docs/dashboards.md": boards_page.page()}
    return pages | {f"deploy/monitoring/dashboards/{name}.json": text for name, text in dashboards().items()}
