"""What differs between an undisturbed run and one that was disturbed; nothing may."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.faults.outside import Outside, Way
from tests.faults.snapshot import Rows

_SHOWN: Final = 6


@dataclass
class Seen:
    """All that is left of a run: its state, and what came out of it."""

    rows: Rows
    outside: Outside


@dataclass
class Verdict:
    """What differs, place by place; and how many came again on each way out."""

    differences: list[str] = field(default_factory=list)
    twice: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing twice in effect, nothing else said."""
        return not self.differences


def compare(calm: Seen, shaken: Seen) -> Verdict:
    """The disturbed run against the undisturbed one."""
    verdict = Verdict()
    for table in sorted(calm.rows.keys() | shaken.rows.keys()):
        _differ(verdict, table, calm.rows.get(table, []), shaken.rows.get(table, []))
    ways = ("webhooks", "mails", "events")
    for name in ways:
        before: Way = getattr(calm.outside, name)
        after: Way = getattr(shaken.outside, name)
        _differ(verdict, name, _lines(before.came), _lines(after.came))
        verdict.differences += [f"{name}: one id with two contents: {each}" for each in after.contradicted[:_SHOWN]]
        verdict.twice[name] = after.twice
    _differ(verdict, "the last word", _lines(calm.outside.last), _lines(shaken.outside.last))
    if shaken.outside.unsigned:
        verdict.differences.append(f"webhooks: {shaken.outside.unsigned} without a good signature")
    return verdict


def _lines(by_name: Mapping[str, str]) -> list[str]:
    return [f"{name}: {content}" for name, content in by_name.items()]


def _differ(verdict: Verdict, where: str, calm: Iterable[str], shaken: Iterable[str]) -> None:
    before, after = Counter(calm), Counter(shaken)
    for what, lines in (("lacks", before - after), ("has beside", after - before)):
        if lines:
            shown = "".join(f"\n    {line[:600]}" for line in sorted(lines)[:_SHOWN])
            verdict.differences.append(f"{where} {what} {lines.total()}:{shown}")
