"""From an event to what each client's record holds of it: its own part, without what isn't for a record (§12)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from pydantic import JsonValue

from contracts.canonical import canonical
from contracts.event import COUNTRY_PATTERN, ID_PATTERN, Event
from contracts.recorded import RECORDED, UNRECORDED, Recorded
from contracts.returning import SHA256_PATTERN

Json = dict[str, JsonValue]
Tree = dict[str, "Tree | bool"]

_SAFE: Final = frozenset({ID_PATTERN, COUNTRY_PATTERN, SHA256_PATTERN})
"""Patterns in which nobody can write a sentence."""

_RECKONING: Final = frozenset({"rule", "clause", "because", "calendar"})
_CLIENT: Final = "client_id"
_CLIENTS: Final = "client_ids"


class Unplaced(TypeError):
    """A contract names clients where nobody can tell which part of it is whose."""


class Part(NamedTuple):
    """What one client's record holds of an event; without a client: everybody's, or that of the clients of `matter`."""

    client_id: str | None
    matter: str | None
    data: Json


@dataclass(frozen=True, slots=True)
class Plan:
    """What of one type of event goes in, and where clients are named."""

    recorded: Recorded
    include: Tree
    hashed: tuple[tuple[str, ...], ...]
    one: bool
    many: bool
    lists: tuple[str, ...]
    stands: str | None
    """Whether such an event says that something is open, closed or missed."""

    def clients_of(self, event: Event) -> list[str]:
        """Every client that the event names, each once."""
        named: list[str] = []
        if self.one and (client_id := getattr(event, _CLIENT)) is not None:
            named.append(client_id)
        if self.many:
            named += getattr(event, _CLIENTS)
        named += [each.client_id for name in self.lists for each in getattr(event, name)]
        return list(dict.fromkeys(named))


@cache
def plan_of(kind: type[Event]) -> Plan | None:
    """How events of this type are recorded; None where they are not. Raises Unplaced, and KeyError for a new topic."""
    if kind.topic() in UNRECORDED:
        return None
    recorded = RECORDED[kind.topic()]
    if kind.TYPE in recorded.dropped:
        return None
    schema = kind.model_json_schema()
    walk = _Walk(kind.TYPE, schema.get("$defs", {}), recorded)
    include = walk.of_object(schema, ())
    strange = [path for path in walk.clients if path not in ((_CLIENT,), (_CLIENTS,)) and len(path) != 2]  # noqa: PLR2004 - a list's
    if strange:
        raise Unplaced(f"{kind.TYPE} names clients in {', '.join('.'.join(path) for path in strange)}")
    return Plan(
        recorded=recorded,
        include=include,
        hashed=tuple(walk.hashed),
        one=(_CLIENT,) in walk.clients,
        many=(_CLIENTS,) in walk.clients,
        lists=tuple(path[0] for path in walk.clients if len(path) == 2),  # noqa: PLR2004 - the same
        stands=_stands_of(kind, recorded),
    )


def promises_of(event: Event, plan: Plan) -> tuple[str, ...]:
    """The promises that the event bears on, by its type, or by what it is about."""
    recorded = plan.recorded
    if event.TYPE in recorded.types:
        return recorded.types[event.TYPE]
    if recorded.by is not None and (chosen := recorded.by[1].get(str(getattr(event, recorded.by[0], None)))):
        return chosen
    return recorded.promises


def matter_of(event: Event, plan: Plan) -> str | None:
    """The matter that the event is about, as records name it: `incident_id/inc-1`."""
    name = plan.recorded.matter
    if name is None:
        return None
    value = getattr(event, name, None) or (getattr(event, "about", None) if event.TYPE in plan.recorded.joins else None)
    return f"{name}/{value}" if isinstance(value, str) else None


def parts_of(event: Event, plan: Plan) -> list[Part]:
    """What goes into whose record: to each client its part alone, whatever else the event names."""
    data = event.model_dump(mode="json", include=plan.include, exclude_none=True)
    for path in plan.hashed:
        _put_hash(event, path, data)
    clients = plan.clients_of(event)
    if clients:
        return [Part(client_id, None, _alone(data, plan, client_id)) for client_id in clients]
    if plan.many or plan.lists:
        return []
    matter = matter_of(event, plan)
    return [Part(None, matter, data)] if matter is not None or event.TYPE in plan.recorded.everybody else []


def ids_of(data: Mapping[str, JsonValue]) -> list[str]:
    """The ids by which one may look for a fact: those at its top, but the client's."""
    return [
        value
        for name, value in data.items()
        if isinstance(value, str) and name != _CLIENT and (name.endswith("_id") or name == "about")
    ]


def matters_of(event: Event, plan: Plan) -> tuple[str, ...]:
    """The matter of which one must know whose it is, to record the event: what it says of it, or who joins it."""
    if plan.recorded.matter is None or (event.TYPE not in plan.recorded.joins and plan.clients_of(event)):
        return ()
    matter = matter_of(event, plan)
    return () if matter is None else (matter,)


def _stands_of(kind: type[Event], recorded: Recorded) -> str | None:
    names = {"opens": recorded.opens, "closes": recorded.closes, "misses": recorded.misses}
    return next((name for name, types in names.items() if kind.TYPE in types), None)


def _alone(data: Json, plan: Plan, client_id: str) -> Json:
    if not plan.lists:
        return data
    own: Json = dict(data)
    for name in plan.lists:
        listed = data.get(name)
        if isinstance(listed, list):
            own[name] = [each for each in listed if isinstance(each, dict) and each.get(_CLIENT) == client_id]
    return own


def _put_hash(event: Event, path: Sequence[str], data: Json) -> None:
    """The SHA-256 of a field's canonical JSON, beside where it would stand; of what isn't said, none."""
    value: object = event.model_dump(mode="json", include={path[0]}, exclude_none=True)
    place: Json = data
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return
        value = value[step]
    for step in path[:-1]:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place[f"{path[-1]}_sha256"] = hashlib.sha256(canonical(value)).hexdigest()


class _Walk:
    """Looks through a type's schema for what may go in, and for clients."""

    def __init__(self, event_type: str, defs: Mapping[str, Json], recorded: Recorded) -> None:
        self._type = event_type
        self._defs = defs
        self._recorded = recorded
        self.clients: list[tuple[str, ...]] = []
        self.hashed: list[tuple[str, ...]] = []

    def of_object(self, schema: Json, path: tuple[str, ...]) -> Tree:
        """The fields that go in."""
        found: Tree = {}
        properties = schema.get("properties", {})
        for name, each in properties.items() if isinstance(properties, dict) else ():
            at = (*path, name)
            if name in (_CLIENT, _CLIENTS):
                self.clients.append(at)
                if name == _CLIENTS:
                    continue
            said = ".".join(at)
            if said in self._recorded.hashed:
                self.hashed.append(at)
            elif {said, f"{self._type}:{said}"}.isdisjoint(self._recorded.left) and isinstance(each, dict):
                tree = self._of(each, at)
                if tree:
                    found[name] = tree
        return found

    def _of(self, schema: Json, path: tuple[str, ...]) -> "Tree | bool":
        """What of one field goes in: all of it, some of it, or nothing."""
        branches = list(self._branches(schema))
        trees = [self._of_one(branch, path) for branch in branches]
        kept = [tree for tree in trees if tree]
        return kept[0] if kept and len(kept) == len(trees) else False

    def _of_one(self, schema: Json, path: tuple[str, ...]) -> "Tree | bool":
        if ".".join(path) in self._recorded.texts or self._of_reckoning(path):
            return True
        match schema.get("type"):
            case "object" if "properties" in schema:
                return self.of_object(schema, path)
            case "array":
                items = schema.get("items")
                tree = self._of(items, path) if isinstance(items, dict) else False
                return {"__all__": tree} if isinstance(tree, dict) else tree
            case "string":
                return "enum" in schema or "const" in schema or "format" in schema or schema.get("pattern") in _SAFE
            case "integer" | "boolean":
                return True
            case _:
                return "enum" in schema or "const" in schema

    def _of_reckoning(self, path: Sequence[str]) -> bool:
        return len(path) > 1 and path[-2] == "reckoning" and path[-1] in _RECKONING

    def _branches(self, schema: Json) -> Iterator[Json]:
        """The schema itself, what it refers to, or each of its alternatives but null."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield from self._branches(self._defs[reference.rpartition("/")[2]])
            return
        choices = schema.get("anyOf")
        if isinstance(choices, list):
            for each in choices:
                if isinstance(each, dict) and each.get("type") != "null":
                    yield from self._branches(each)
            return
        yield schema
