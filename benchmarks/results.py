"""What a run measured: printed as a table, written as JSON."""

import json
import platform
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass
class Results:
    """Figures in the order in which they were measured."""

    rows: list[dict[str, str | float | None]] = field(default_factory=list)
    console: Console = field(default_factory=Console)

    def add(self, what: str, value: float, unit: str, *, raw: float | None = None, goal: str = "") -> None:
        """One figure; `raw` is what the raw loop did in the same run."""
        ratio = value / raw if raw else None
        self.rows.append({"what": what, "value": value, "unit": unit, "raw": raw, "ratio": ratio, "goal": goal})
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
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": machine, "results": self.rows}, indent=1) + "\n")


def _text(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:,.2f}"
