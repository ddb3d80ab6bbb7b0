"""What a run measured: printed as a table, written as JSON."""

import json
import os
import platform
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

_PIPED = 150
"""Columns where nobody reads on a terminal."""


@dataclass
class Results:
    """Figures in the order in which they were measured."""

    rows: list[dict[str, str | float | None]] = field(default_factory=list)
    console: Console = field(default_factory=lambda: Console(width=None if sys.stdout.isatty() else _PIPED))
    benchmark: str = ""

    def begin(self, benchmark: str) -> None:
        """What follows was measured by this one."""
        self.benchmark = benchmark
        self.console.rule(benchmark)

    def add(self, what: str, value: float, unit: str, *, raw: float | None = None, goal: str = "") -> None:
        """One figure; `raw` is what the raw loop did in the same run."""
        ratio = value / raw if raw else None
        figures: dict[str, str | float | None] = {
            "value": value,
            "unit": unit,
            "raw": raw,
            "ratio": ratio,
            "goal": goal,
        }
        self.rows.append({"benchmark": self.benchmark, "what": what, **figures})
        beside = f" (raw {raw:,.2f}, ratio {ratio:.2f})" if raw and ratio else ""
        self.console.print(f"  {what}: [bold]{value:,.2f}[/] {unit}{beside}")

    def print(self) -> None:
        """The table."""
        table = Table("what", "value", "unit", "raw loop", "ratio", "goal")
        for row in self.rows:
            table.add_row(*[_text(row[name]) for name in ("what", "value", "unit", "raw", "ratio", "goal")])
        self.console.print(table)

    def write(self, path: Path) -> None:
        """The JSON."""
        machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
        cores = {"cores": os.cpu_count(), "measured_at": datetime.now(UTC).isoformat(timespec="seconds")}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": machine | cores, "results": self.rows}, indent=1) + "\n")


def _text(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:,.2f}"
