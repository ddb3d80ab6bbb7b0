"""The steps to a date as codes with what they name, for words in a language other than the sentences'."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from agreement.calendar import DAY


class StepCode(StrEnum):
    """What a step does."""

    COUNTED = "counted"
    SKIPPED = "skipped"
    SKIPPED_DAYS = "skipped_days"
    LAST = "last"
    OVER = "over"
    MOVED = "moved"
    ANNIVERSARY = "anniversary"


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and what it names: days as ISO 8601, everything else by its code."""

    code: StepCode
    names: dict[str, str]


def step(code: StepCode, **names: date | int | str) -> Step:
    """A step; its names in the order in which they are given."""
    return Step(code, {name: str(value) for name, value in names.items()})


def skipped(days: Sequence[tuple[date, str]]) -> list[Step]:
    """One step for each run of days that were passed over for the same reason, from the earliest day of each."""
    runs: list[tuple[date, date, str]] = []
    for day, why in sorted(days):
        if runs and runs[-1][2] == why and day - runs[-1][1] == DAY:
            runs[-1] = (runs[-1][0], day, why)
        else:
            runs.append((day, day, why))
    return [
        step(StepCode.SKIPPED, day=first, why=why)
        if first == last
        else step(StepCode.SKIPPED_DAYS, first=first, last=last, why=why)
        for first, last, why in runs
    ]
