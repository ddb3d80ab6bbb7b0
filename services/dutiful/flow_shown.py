"""A flow as a tree on a terminal; what is alike is counted, and what stands otherwise never hides in it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic_core import to_json
from rich.console import Console
from rich.text import Text

from dutiful.flow_tree import RECORD, Node, kinds, recorded

_SHOWN: Final = 3
_More = tuple[Node, int]
"""The last of what is alike and not shown, and how many that are."""


def show(node: Node, above: Sequence[Node], event_id: str, *, unfold: bool) -> None:
    """What followed from a thing, below a line that says what it came from."""
    console = Console(soft_wrap=True, highlight=False)
    if above:
        way = " ← ".join(f"{each.what} {each.key or each.id}" for each in reversed(above))
        console.print(Text(f"follows from {way}"))
    alike = kinds(node)
    ahead: list[tuple[str, str, Node | _More]] = [("", "", node)]
    while ahead:
        first, rest, each = ahead.pop()
        if isinstance(each, Node):
            console.print(Text(first) + _line(each, event_id, all_heard=unfold))
            below = list(each.caused) if unfold else _folded(each.caused, alike)
            ahead += _placed(below, rest)
        else:
            last, count = each
            console.print(Text(f"{first}… and {count} more {last.what}, the last {last.key} {_time(last.at)}".rstrip()))
    if not unfold and (on_record := _on_record(node)):
        console.print(Text(on_record, style="dim"))


def _placed(below: Sequence[Node | _More], rest: str) -> list[tuple[str, str, Node | _More]]:
    """With what is before their lines, the last one first; what follows alone needs no column of its own."""
    if len(below) == 1:
        return [(f"{rest}↳ ", rest, below[0])]
    placed = [(f"{rest}├── ", f"{rest}│   ", each) for each in below[:-1]]
    placed += [(f"{rest}└── ", f"{rest}    ", each) for each in below[-1:]]
    return placed[::-1]


def _folded(nodes: Sequence[Node], alike: dict[int, int]) -> list[Node | _More]:
    groups: dict[int, list[Node]] = {}
    for node in nodes:
        groups.setdefault(alike[id(node)], []).append(node)
    folded: list[Node | _More] = []
    for same in groups.values():
        shown = same if len(same) <= _SHOWN + 1 else same[:_SHOWN]
        folded += shown
        if len(shown) < len(same):
            folded.append((same[-1], len(same) - len(shown)))
    return folded


def _on_record(root: Node) -> str:
    """One line for the record of evidence, which would stand on nearly every other; empty where it has none of it."""
    ats, missing = recorded(root)
    if not ats:
        return ""
    ahead = f", {missing} not yet" if missing else ""
    return f"and the record of evidence: {len(ats)} of these{ahead}, the last {_time(max(ats))}  by {RECORD}"


def _line(node: Node, event_id: str, *, all_heard: bool) -> Text:
    line = Text(node.what, style="bold")
    line.append(f"  {node.key}" if node.key else "", style="not bold")
    if node.stands:
        late = node.stands == "waiting" or node.stands.startswith("failed") or node.what == "dead-letter"
        line.append(f"  {node.stands} {_time(node.at)}", style="not bold red" if late else "not bold")
    if node.service:
        line.append(f"  by {node.service}", style="not bold cyan")
    elif node.source:
        line.append(f"  of {node.source}", style="not bold cyan")
    acting = [each for each in node.heard if all_heard or each[0] != RECORD]
    heard = ", ".join(f"{service} {_time(at)}" for service, at in sorted(acting, key=lambda each: each[1]))
    line.append(f"  → {heard}" if heard else "", style="not bold green")
    line.append(f"  {node.id}", style="not bold reverse" if node.id == event_id else "not bold dim")
    return line


def print_lines(node: Node) -> None:
    """One JSON object a line, in the order of the tree: a chain may be longer than JSON may be deep."""
    way: list[str] = []
    for depth, each in node.walk():
        way[depth:] = [each.id]
        told = {
            "depth": depth,
            "after": way[depth - 1] if depth else None,
            "id": each.id,
            "what": each.what,
            "key": each.key,
            "source": each.source,
            "service": each.service,
            "stands": each.stands,
            "at": each.at,
            "heard": [{"service": service, "at": at} for service, at in each.heard],
        }
        print(to_json(told).decode())


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
