"""Counting days on a calendar, and saying which were skipped and why."""

from dataclasses import dataclass
from datetime import date, timedelta

from agreement.calendar import DAY, Calendar, shift
from agreement.periods import Roll

BACK = -DAY


@dataclass(frozen=True, slots=True)
class Count:
    """The last day that was counted, and the days that were passed over, in the order of counting."""

    last: date
    skipped: tuple[tuple[date, str], ...]

    def explain(self) -> tuple[str, ...]:
        """One sentence for each run of days that were passed over."""
        runs: list[list[str]] = []
        before: date | None = None
        for day, why in self.skipped:
            if before is None or abs(day - before) != DAY:
                runs.append([])
            runs[-1].append(f"{spell(day)} ({why})")
            before = day
        return tuple(f"skipped: {', '.join(run)}" for run in runs)


def spell(day: date) -> str:
    """A date with its weekday: `Fri 2026-05-01`."""
    return f"{day:%a} {day.isoformat()}"


def count_days(start: date, n: int, step: timedelta, calendar: Calendar | None) -> Count:
    """The n-th day that counts after `start`, or before it; every day counts where there is no calendar."""
    if calendar is None:
        return Count(shift(start, n * step), ())
    day, counted, skipped = start, 0, list[tuple[date, str]]()
    while counted < n:
        day = shift(day, step)
        why = calendar.why_not(day)
        if why is None:
            counted += 1
        else:
            skipped.append((day, why))
    return Count(day, tuple(skipped))


def roll_on(day: date, roll: Roll, calendar: Calendar | None) -> tuple[date, tuple[str, ...]]:
    """Where a last day that is no working day comes to lie, and the sentence that says so."""
    if roll is Roll.NONE or calendar is None or calendar.is_working(day):
        return day, ()
    moved = count_days(day, 1, DAY, calendar)
    days = ", ".join(f"{spell(each)} ({why})" for each, why in ((day, calendar.why_not(day)), *moved.skipped))
    return moved.last, (f"moved to the next working day, {spell(moved.last)}, past {days}",)
