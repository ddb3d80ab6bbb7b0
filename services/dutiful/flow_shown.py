"""A flow as a tree on a terminal; what is alike is counted, and what stands otherwise never hides in it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from dutiful.flow_tree import Node, kind_of

_SHOWN: Final = 3


def show(nodes: Sequence[Node], roots: Sequence[Node], event_id: str, *, unfold: bool) -> None:
    """The trees of these nodes, and what the first of them came from."""
    console = Console(soft_wrap=True, highlight=False)
    for node in nodes:
        way = _way(roots, node)
        if way:
            console.print(
                Text("follows from " + " ← ".join(f"{each.what} {each.key or each.id}" for each in way[::-1]))
            )
        tree = Tree(_line(node, event_id))
        _grow(tree, node.caused, event_id, unfold=unfold)
        console.print(tree)


def _way(roots: Sequence[Node], node: Node) -> list[Node]:
    """From a root to what caused the node."""
    for root in roots:
        if root is not node and any(each is node for each in root.walk()):
            return [root, *_way(root.caused, node)]
    return []


def _grow(tree: Tree, nodes: Sequence[Node], event_id: str, *, unfold: bool) -> None:
    alike: dict[tuple[object, ...], list[Node]] = {}
    for node in nodes:
        alike.setdefault(kind_of(node), []).append(node)
    for same in alike.values():
        shown = same if unfold or len(same) <= _SHOWN + 1 else same[:_SHOWN]
        for node in shown:
            _grow(tree.add(_line(node, event_id)), node.caused, event_id, unfold=unfold)
        if len(shown) < len(same):
            last = same[-1]
            tree.add(
                Text(f"… and {len(same) - len(shown)} more {last.what}, the last {last.key} {_time(last.at)}".rstrip())
            )


def _line(node: Node, event_id: str) -> Text:
    line = Text(node.what, style="bold")
    line.append(f"  {node.key}" if node.key else "", style="not bold")
    if node.stands:
        late = node.stands == "waiting" or node.stands.startswith("failed") or node.what == "dead-letter"
        line.append(f"  {node.stands} {_time(node.at)}", style="not bold red" if late else "not bold")
    if node.service:
        line.append(f"  by {node.service}", style="not bold cyan")
    elif node.source:
        line.append(f"  of {node.source}", style="not bold cyan")
    heard = ", ".join(f"{service} {_time(at)}" for service, at in sorted(node.heard, key=lambda each: each[1]))
    line.append(f"  → {heard}" if heard else "", style="not bold green")
    line.append(f"  {node.id}", style="not bold reverse" if node.id == event_id else "not bold dim")
    return line


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
