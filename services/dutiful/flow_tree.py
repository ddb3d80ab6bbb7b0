"""A flow as a tree of what caused what, from the services' records; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import BaseModel

from contracts.bus import EVENTS
from contracts.recording import plan_of

DELIVERED_BY: Final = "dutiful/notifier/delivery"
"""The source of receipts: what caused one is `NOTICE/receipt`, an attempt and no event."""

RECORD: Final = "console"
"""Hears nearly everything, for the record of evidence alone: it acts upon nothing that a tree is asked for."""


class Step(BaseModel):
    """What a service says of an event of the flow (`chassis.trail_api`), and which one says it."""

    event_id: str
    type: str
    key: str
    cause_source: str
    cause_id: str
    stands: str
    at: datetime
    service: str = ""


class Delivery(BaseModel):
    """What the notifier says of a notice on its way."""

    delivery_id: str
    notice_id: str
    client_id: str
    channel: str
    status: str
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime


@dataclass(slots=True)
class Node:
    """A thing that happened, or is to: what it is, who said it, where it stands since when, and what it caused."""

    id: str
    what: str
    key: str = ""
    source: str = ""
    stands: str = ""
    at: datetime | None = None
    service: str = ""
    heard: list[tuple[str, datetime]] = field(default_factory=list)
    caused: "list[Node]" = field(default_factory=list)

    def walk(self) -> "Iterator[tuple[int, Node]]":
        """Itself and all that followed, each with how deep it lies; a chain may be longer than Python recurses."""
        ahead = [(0, self)]
        while ahead:
            depth, node = ahead.pop()
            yield depth, node
            ahead += [(depth + 1, each) for each in reversed(node.caused)]

    def way_to(self, any_id: str) -> "list[Node] | None":
        """From here to the first thing with an id, both included; None where there is none."""
        way: list[Node] = []
        for depth, node in self.walk():
            way[depth:] = [node]
            if node.id == any_id:
                return way
        return None


def ordered(steps: Iterable[Step]) -> list[str]:
    """The orders to tell clients something, in the flow."""
    return [step.key for step in steps if step.type.endswith(".notice_ordered")]


def grow(steps: Sequence[Step], deliveries: dict[str, Sequence[Delivery]]) -> list[Node]:
    """The roots of a flow, each with all that followed; `deliveries` by the order that they carry out."""
    nodes = {step.event_id: _of(step) for step in sorted(steps, key=lambda step: step.stands != "published")}
    notices: dict[str, Node] = {}
    for step in steps:
        for notice in _notices(deliveries.get(step.key, ())) if step.type.endswith(".notice_ordered") else ():
            notices[notice.id] = notice
            nodes[step.event_id].caused.append(notice)
    roots: dict[tuple[str, str], Node] = {}
    placed: set[str] = set()
    for step in steps:
        if step.event_id in placed:
            continue
        placed.add(step.event_id)
        _cause_of(step, nodes, notices, roots).caused.append(nodes[step.event_id])
    for node in (*roots.values(), *nodes.values(), *notices.values()):
        node.caused.sort(key=_when)
    return sorted(roots.values(), key=lambda root: _when(root.caused[0]))


def _of(step: Step) -> Node:
    return Node(step.event_id, step.type, step.key, f"dutiful/{step.service}", step.stands, step.at, step.service)


def _cause_of(step: Step, nodes: dict[str, Node], notices: dict[str, Node], roots: dict[tuple[str, str], Node]) -> Node:
    if step.cause_id in nodes and step.cause_id != step.event_id:
        return nodes[step.cause_id]
    if step.cause_source == DELIVERED_BY and (notice := notices.get(step.cause_id.partition("/")[0])):
        return notice
    said_by = (step.cause_source, step.cause_id)
    return roots.setdefault(said_by, Node(step.cause_id, "event" if _outside(step) else "request", source=said_by[0]))


def _outside(step: Step) -> bool:
    return not step.cause_source.startswith("dutiful/")


def _notices(deliveries: Sequence[Delivery]) -> list[Node]:
    of_notice: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        of_notice[delivery.notice_id].append(delivery)
    return [
        Node(notice_id, "notice", ways[0].client_id, service="notifier", caused=[_delivery(way) for way in ways])
        for notice_id, ways in of_notice.items()
    ]


def _delivery(way: Delivery) -> Node:
    tried = f"{way.attempts} attempt{'' if way.attempts == 1 else 's'}"
    at = way.next_attempt_at or way.created_at
    stands = f"{way.status}, {tried}, the next" if way.next_attempt_at else f"{way.status}, {tried}, begun"
    return Node(way.delivery_id, f"by {way.channel}", stands=stands, at=at, service="notifier")


def _when(node: Node) -> float:
    """When it came about; a notice, when its first delivery did."""
    at = node.at or next((each.at for each in node.caused if each.at), None)
    return at.timestamp() if at else 0.0


def kinds(root: Node) -> dict[int, int]:
    """What is alike below a root, as one number for each kind, by `id()` of a node.

    Alike is the same kind of thing, handled by the same services, standing the same, with consequences that are alike;
    whether it is on record already makes no difference.
    """
    numbers: dict[tuple[object, ...], int] = {}
    found: dict[int, int] = {}
    for _, node in reversed(list(root.walk())):
        heard = frozenset(service for service, _ in node.heard if service != RECORD)
        below = frozenset(found[id(each)] for each in node.caused)
        what = node.what, node.stands, node.service, heard, below
        found[id(node)] = numbers.setdefault(what, len(numbers))
    return found


def recorded(root: Node) -> tuple[list[datetime], int]:
    """When what is in a tree came into the record of evidence, and how much that belongs there is still to come."""
    ats, missing = [], 0
    for _, node in root.walk():
        at = next((at for service, at in node.heard if service == RECORD), None)
        if at is not None:
            ats.append(at)
        elif node.stands == "published" and (event := EVENTS.get(node.what)) and plan_of(event):
            missing += 1
    return ats, missing
