"""What a long run found: a row for each kind of fault, as a table and as JSON, from which the page's table is made."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypedDict

from rich.table import Table
from tests.faults.comparing import Verdict
from tests.faults.life import Life

_NONE: Final = "-"
_WAYS: Final = ("webhooks", "mails", "events")
COLUMNS: Final = (
    "fault", "seed", "how many", "ready again", "caught up", "webhooks, emails, events again", "differences", "took",
)  # fmt: skip


class Row(TypedDict):
    """What came of one kind of fault; times in seconds."""

    kind: str
    seed: int
    faults: int
    sigkills: int
    ready_s: list[float]
    caught_up_s: list[float]
    again: list[int | None]
    differences: list[str]
    notes: list[str]
    took_s: float


@dataclass
class Run:
    """A whole run: of which tree, on which machine, how busy that was."""

    clients: int
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    loads: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    undisturbed_s: float = 0.0
    took_s: float = 0.0

    def write(self, path: Path) -> None:
        """The JSON."""
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "measured_at": _text(self.began_at)}
        load = {"median": statistics.median(self.loads), "most": max(self.loads)} if self.loads else None
        about = {
            "commit": _commit(),
            "clients": self.clients,
            "undisturbed_s": self.undisturbed_s,
            "took_s": self.took_s,
            "load": load,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": machine, "run": about, "results": self.rows}, indent=1) + "\n", "utf-8")


def row(kind: str, life: Life, verdict: Verdict, took_s: float) -> Row:
    """Of one life."""
    return {
        "kind": kind,
        "seed": life.seed,
        "faults": life.faults,
        "sigkills": sum(death.code == -9 for death in life.deaths),
        "ready_s": [death.ready_after_s for death in life.deaths if death.ready_after_s is not None],
        "caught_up_s": life.recoveries,
        "again": [verdict.twice.get(way) for way in _WAYS],
        "differences": verdict.differences,
        "notes": life.notes,
        "took_s": took_s,
    }


def cells(each: Row) -> list[str]:
    """A row in words, under `COLUMNS`."""
    return [
        each["kind"],
        str(each["seed"]),
        str(each["faults"]),
        _spread(each["ready_s"]),
        _spread(each["caught_up_s"]),
        ", ".join(_NONE if count is None else str(count) for count in each["again"]),
        str(len(each["differences"])),
        f"{each['took_s']:.0f} s",
    ]


def table(rows: Sequence[Row]) -> Table:
    """All of it, for a terminal."""
    shown = Table(*COLUMNS, title="seconds: half of them within / the longest", title_justify="left")
    for each in rows:
        shown.add_row(*cells(each))
    return shown


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.1f} / {max(seconds):.1f}" if seconds else _NONE


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def _commit() -> str:
    """What was run, where git knows; `+` where the tree had changes of its own."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    said = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)  # noqa: S603, S607
    return said.stdout.strip()
