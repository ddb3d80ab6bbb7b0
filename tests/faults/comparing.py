"""What differs between an undisturbed run and one that was disturbed; nothing may."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from tests.faults.outside import Outside, Way
from tests.faults.snapshot import Rows

_SHOWN: Final = 6
_WIDTH: Final = 250
_BETWEEN: Final = " | "
_OF_A_CAUSE: Final = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}|(?<=flow_id=)[^|]*|\"[A-Za-z0-9+/]{80,}=*\"")
"""An id is derived from its cause. Of what comes once several have answered, the last of them is the cause: another one
in another run. Lines that don't match to the letter are compared without ids, and what is signed with them."""


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
        _differ(verdict, name, before.said(), after.said())
        verdict.differences += [f"{name}: one id with two contents: {each}" for each in after.contradicted[:_SHOWN]]
        verdict.twice[name] = after.twice
    _differ(verdict, "the last word", _lines(calm.outside.last), _lines(shaken.outside.last))
    _differ(verdict, "dead letters", calm.outside.letters, shaken.outside.letters)
    if shaken.outside.unsigned:
        verdict.differences.append(f"webhooks: {shaken.outside.unsigned} without a good signature")
    return verdict


def _lines(by_name: Mapping[str, str]) -> list[str]:
    return [f"{name}: {content}" for name, content in by_name.items()]


def _differ(verdict: Verdict, where: str, calm: Iterable[str], shaken: Iterable[str]) -> None:
    before, after = Counter(calm), Counter(shaken)
    before, after = before - after, after - before
    lacks, beside = _apart(before, after), _apart(after, before)
    if lacks or beside:
        shown = "".join(f"\n    {line}" for line in _shown(lacks, beside))
        verdict.differences.append(f"{where}: lacks {len(lacks)}, has {len(beside)} beside{shown}")


def _apart(these: Counter[str], those: Counter[str]) -> list[str]:
    """Lines that the others lack even where they come from another of several causes."""
    left = Counter(_OF_A_CAUSE.sub("#", line) for line in those.elements())
    apart = []
    for line in sorted(these.elements()):
        alike = _OF_A_CAUSE.sub("#", line)
        if left[alike]:
            left[alike] -= 1
        else:
            apart.append(line)
    return apart


def _shown(lacks: list[str], beside: list[str]) -> Iterable[str]:
    """Of a line that has become another, what is different in it; of one that is gone or came, its beginning."""
    left = list(beside)
    for line in lacks[:_SHOWN]:
        parts = line.split(_BETWEEN)
        like = max(left, key=lambda other: len(set(parts) & set(other.split(_BETWEEN))), default="")
        if len(set(parts) & set(like.split(_BETWEEN))) * 2 > len(parts):
            left.remove(like)
            changed = [
                _changed(one, other) for one, other in zip(parts, like.split(_BETWEEN), strict=False) if one != other
            ]
            yield f"± {parts[0][:_WIDTH]}: {'; '.join(changed)}"
        else:
            yield f"- {line[: 3 * _WIDTH]}"
    for line in left[: _SHOWN if len(lacks) < _SHOWN else 1]:
        yield f"+ {line[: 3 * _WIDTH]}"


def _changed(one: str, other: str) -> str:
    """From a little before where they part."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    begin = max(len(list(alike)) - _WIDTH // 5, 0)
    return f"{one.partition('=')[0]}: …{one[begin : begin + _WIDTH]} → …{other[begin : begin + _WIDTH]}"
