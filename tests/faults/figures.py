"""Puts a long run's table into a page: `python -m tests.faults.figures .dutiful/faults.json docs/faults.md`.

The block between `<!-- figures: faults -->` and `<!-- end -->` becomes it; nothing in there is ever typed in.
`--shared` says with it that others used the machine.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import filled, markdown, where_from
from tests.faults.plan import minutes
from tests.faults.report import COLUMNS, Row, cells


def page_with(page: str, measured: Mapping[str, Any], *, shared: bool) -> str:
    """The page, with the table of this run in its block."""
    block = f"{table(measured['results'])}\n{_about(measured)}\n{where_from(measured['machine'], shared=shared)}\n"
    return filled(page, {"faults": block})


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    return markdown(COLUMNS, [[f"`{first}`", *rest] for first, *rest in map(cells, rows)])


def _about(measured: Mapping[str, Any]) -> str:
    run, rows = measured["run"], measured["results"]
    load = (
        f"; load {run['load']['median']:.1f} half of the time, {run['load']['most']:.1f} at most" if run["load"] else ""
    )
    killed = sum(each["sigkills"] for each in rows)
    return (
        f"*In one go on commit {run['commit']}, with {run['clients']} clients: {minutes(run['took_s'])} minutes, "
        f"{minutes(run['undisturbed_s'])} of them undisturbed; {killed} SIGKILLs{load}.*  "
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults.figures", description="Put a table into a page.")
    parser.add_argument("figures", type=Path, help="what `python -m tests.faults` wrote")
    parser.add_argument("page", type=Path)
    parser.add_argument("--shared", action="store_true", help="others used the machine")
    chosen = parser.parse_args()
    found = json.loads(chosen.figures.read_text(encoding="utf-8"))
    chosen.page.write_text(page_with(chosen.page.read_text(encoding="utf-8"), found, shared=chosen.shared), "utf-8")
