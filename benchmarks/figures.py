"""Puts measured figures into a page: `python -m benchmarks.figures .dutiful/bench.json docs/performance.md`.

A block of the page between `<!-- figures: NAME -->` and `<!-- end -->` becomes the table of that benchmark, where the
file has it; nothing is ever typed in. `--shared` says with it that others used the machine.
"""

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypedDict

_BLOCK: Final = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FINE: Final = 100
"""From here on no decimals are told."""


class Row(TypedDict):
    """One figure, as `Results` writes it."""

    benchmark: str
    what: str
    value: float
    unit: str
    raw: float | None
    ratio: float | None


def page_with(page: str, rows: Sequence[Row], where: str) -> str:
    """The page, with a table for each benchmark that there are figures of; the other blocks stay."""
    measured = {row["benchmark"] for row in rows}
    return filled(
        page, {name: f"{table([row for row in rows if row['benchmark'] == name])}\n{where}\n" for name in measured}
    )


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """The page, with these in its blocks of their names; the other blocks stay."""

    def block(found: re.Match[str]) -> str:
        return f"{found[1]}{blocks[found[2]]}{found[3]}" if found[2] in blocks else found[0]

    return _BLOCK.sub(block, page)


def table(rows: Sequence[Row]) -> str:
    """Markdown; what nothing is compared with has no column for it."""
    compared = any(row["raw"] is not None for row in rows)
    head = ["what", "measured", *(["beside", "ratio"] if compared else [])]
    lines = []
    for row in rows:
        beside = ["", ""] if row["raw"] is None or row["ratio"] is None else [_told(row["raw"]), f"{row['ratio']:.2f}"]
        lines.append([row["what"], f"{_told(row['value'])} {row['unit']}", *(beside if compared else [])])
    return markdown(head, lines)


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Cells as a table."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *lines))


def _told(value: float) -> str:
    if value >= _FINE or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def where_from(machine: Mapping[str, object], *, shared: bool) -> str:
    """On what, and when."""
    day = datetime.fromisoformat(str(machine["measured_at"])).date()
    alone = (
        "**others used it at the same time: the figures are for orientation only**" if shared else "nothing else ran"
    )
    return f"*{machine['cores']} cores, Python {machine['python']}, {day}; {alone}.*"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description="Put figures into a page.")
    parser.add_argument("figures", type=Path, help="what `python -m benchmarks` wrote")
    parser.add_argument("page", type=Path)
    parser.add_argument("--shared", action="store_true", help="others used the machine")
    chosen = parser.parse_args()
    measured = json.loads(chosen.figures.read_text(encoding="utf-8"))
    where = where_from(measured["machine"], shared=chosen.shared)
    chosen.page.write_text(page_with(chosen.page.read_text(encoding="utf-8"), measured["results"], where), "utf-8")
