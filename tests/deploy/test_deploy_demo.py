"""The demo where no terminal reads it."""

import pytest
import typer
from rich.console import Console

from agreement.book import Book
from dutiful import running
from dutiful.demo import story


def test_lines_are_whole_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is folded at 80 columns that goes into a file."""
    widths: list[int] = []

    def run(console: Console, _: Book) -> int:
        widths.append(console.width)
        return 0

    monkeypatch.setattr(story, "run", run)
    monkeypatch.delenv("COLUMNS", raising=False)
    with pytest.raises(typer.Exit):
        running.demo()
    assert widths[0] >= 400
