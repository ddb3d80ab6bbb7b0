"""Whether all that one schema allows, another allows too; and if not, each thing that it doesn't.

Sound, not complete: no gap means that there is none; a gap may be one that only a cleverer judge could rule out. What
`contracts.shapes.unjudged` names must be refused before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import JsonValue

from contracts import limits
from contracts.shapes import REF, TYPES, Shape

_ANYTHING = Shape()
_ANY_TEXT = Shape.model_validate({"type": "string"})


class GapKind(StrEnum):
    """What sort of thing one schema allows and the other does not."""

    VALUE = "value"
    MISSING = "missing"
    UNKNOWN = "unknown"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Gap:
    """At `path` the narrower schema's document `may` be or do something that the wider one doesn't allow."""

    path: str
    kind: GapKind
    may: str


@dataclass(frozen=True, slots=True)
class _Atom:
    """One alternative of a schema: of one type, or (where `only` holds it) one value of that type."""

    type: str
    shape: Shape
    only: tuple[JsonValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A comparison under way. A document has only the fields that its schema names.

    With `ignores` the wider schema's readers ignore fields that they don't know; without it that is a gap, since what
    was said would be lost.
    """

    narrow_defs: Mapping[str, Shape]
    wide_defs: Mapping[str, Shape]
    ignores: bool
    assumed: frozenset[tuple[str, int, int]] = frozenset()

    def gaps(self, narrow: Shape, wide: Shape, path: str = "$") -> list[Gap]:
        """Everything that `narrow` allows and `wide` doesn't; recursion is judged by assuming what is sought."""
        narrow, wide = _follow(narrow, self.narrow_defs), _follow(wide, self.wide_defs)
        if _tag(narrow) != _tag(wide):
            return [Gap(path, GapKind.VALUE, "may be told apart by another field than before")]
        choices = list(_atoms(wide, self.wide_defs))
        found = [gap for atom in _atoms(narrow, self.narrow_defs) for gap in self._misses(atom, choices, path)]
        return list(dict.fromkeys(found))

    def _misses(self, atom: _Atom, choices: Sequence[_Atom], path: str) -> list[Gap]:
        """What one alternative allows that no choice allows: the fewest gaps, where several choices come near."""
        if atom.only:
            taken = any(_takes(choice, atom.only[0]) for choice in choices)
            return [] if taken else [Gap(path, GapKind.VALUE, f"may be {limits.say(atom.only[0])}")]
        near = [choice for choice in choices if not choice.only and _fits(atom.type, choice.type)]
        if not near:
            return [Gap(path, GapKind.VALUE, f"may be {limits.ANY_OF[atom.type]}")]
        return min((self._within(atom, choice, path) for choice in near), key=len)

    def _within(self, atom: _Atom, choice: _Atom, path: str) -> list[Gap]:
        pair = (atom.type, id(atom.shape), id(choice.shape))
        if pair in self.assumed:
            return []
        return replace(self, assumed=self.assumed | {pair}).of_type(atom.type, atom.shape, choice.shape, path)

    def of_type(self, name: str, narrow: Shape, wide: Shape, path: str) -> list[Gap]:
        """Every gap between what both schemas say about values of one type."""
        found = [Gap(path, GapKind.VALUE, may) for may in limits.exceeded(name, narrow, wide)]
        if name == "array":
            found += self._items(narrow, wide, path)
        if name == "object":
            found += self._fields(narrow, wide, path) + self._others(narrow, wide, path)
        return found

    def _items(self, narrow: Shape, wide: Shape, path: str) -> list[Gap]:
        fixed = max(len(narrow.prefix_items), len(wide.prefix_items))
        reached = fixed if narrow.max_items is None else min(fixed, narrow.max_items)
        found = [
            gap
            for index in range(reached)
            for gap in self.gaps(_item(narrow, index), _item(wide, index), f"{path}[{index}]")
        ]
        if narrow.max_items is None or narrow.max_items > fixed:
            found += self.gaps(_item(narrow, fixed), _item(wide, fixed), f"{path}[*]")
        return found

    def _fields(self, narrow: Shape, wide: Shape, path: str) -> list[Gap]:
        """The fields that either names."""
        found: list[Gap] = []
        theirs, ours = narrow.properties or {}, wide.properties or {}
        for name in sorted(theirs.keys() | ours.keys() | wide.required):
            at = f"{path}.{name}"
            if name in wide.required - narrow.required:
                found.append(Gap(at, GapKind.MISSING, "may be missing"))
            said = theirs.get(name) or _unnamed(narrow)
            if said is None:
                continue
            read = ours.get(name) or _unnamed(wide)
            if read is not None:
                found += self.gaps(said, read, at)
                found += _other_default(name, narrow, wide, at)
            elif not self.ignores:
                found.append(Gap(at, GapKind.UNKNOWN, "may be there"))
        return found

    def _others(self, narrow: Shape, wide: Shape, path: str) -> list[Gap]:
        """The fields that neither names, and how they may be called."""
        found: list[Gap] = []
        said, read = _unnamed(narrow), _unnamed(wide)
        if said is not None and read is not None:
            found += self.gaps(said, read, f"{path}.*")
        elif said is not None and not self.ignores:
            found.append(Gap(f"{path}.*", GapKind.UNKNOWN, "may be there"))
        if wide.property_names is not None:
            found += self.gaps(_names(narrow), wide.property_names, f"{path}.* (its name)")
        return found


def _follow(shape: Shape, defs: Mapping[str, Shape]) -> Shape:
    return shape if shape.ref is None else _follow(defs[shape.ref.removeprefix(REF)], defs)


def _tag(shape: Shape) -> JsonValue:
    """The field that tells the branches of a union apart, where one does."""
    return (shape.discriminator or {}).get("propertyName")


def _atoms(shape: Shape, defs: Mapping[str, Shape]) -> Iterator[_Atom]:
    shape = _follow(shape, defs)
    branches = shape.any_of if shape.any_of is not None else shape.one_of
    if branches is not None:
        for branch in branches:
            yield from _atoms(branch, defs)
    elif shape.finite is not None:
        values = ((limits.type_of(value), value) for value in shape.finite)
        fits = ((name, value) for name, value in values if _allows(shape, name))
        yield from (_Atom(name, shape, (value,)) for name, value in fits)
    else:
        yield from (_Atom(name, shape) for name in shape.types or TYPES)


def _allows(shape: Shape, name: str) -> bool:
    return shape.types is None or any(_fits(name, allowed) for allowed in shape.types)


def _fits(name: str, allowed: str) -> bool:
    return name == allowed or (name == "integer" and allowed == "number")


def _takes(choice: _Atom, value: JsonValue) -> bool:
    if choice.only:
        return limits.say(choice.only[0]) == limits.say(value)
    return _fits(limits.type_of(value), choice.type) and limits.takes(choice.shape, value)


def _item(shape: Shape, index: int) -> Shape:
    if index < len(shape.prefix_items):
        return shape.prefix_items[index]
    return shape.items or _ANYTHING


def _unnamed(shape: Shape) -> Shape | None:
    """What a field that is not named may hold; None where a schema names all its fields."""
    if shape.additional is not None:
        return shape.additional
    return _ANYTHING if shape.properties is None else None


def _names(shape: Shape) -> Shape:
    """How the fields of a document may be called."""
    if _unnamed(shape) is not None:
        return shape.property_names or _ANY_TEXT
    return Shape.model_validate({"enum": sorted(shape.properties or ())})


def _other_default(name: str, narrow: Shape, wide: Shape, path: str) -> Iterator[Gap]:
    """Both may leave the field out, and mean different things by it."""
    if name in narrow.required | wide.required:
        return
    means = [_default(shape, name) for shape in (narrow, wide)]
    if means[0] != means[1]:
        yield Gap(path, GapKind.DEFAULT, f"may be left out and mean {means[0]}, where {means[1]} is understood")


def _default(shape: Shape, name: str) -> str:
    named = (shape.properties or {}).get(name)
    return limits.say(named.default) if named is not None and named.says("default") else "nothing"
