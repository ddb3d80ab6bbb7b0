"""How the data map tells one person's data from others', and what may be done about them (§9). Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from contracts.dsar import Act, Identifier, Kind
from holder.naming import Column, MapPart


class Compared(StrEnum):
    """When an identifier is a column's value: the same text, but for capitals, or with the same digits."""

    EXACT = "exact"
    IGNORING_CASE = "ignoring_case"
    DIGITS = "digits"


class TablePerson(MapPart):
    """The columns that tell whose a row is, are handed out, may be corrected, and mark a row as restricted."""

    identified_by: Annotated[
        dict[Kind, Annotated[tuple[Column, ...], Field(min_length=1, strict=False)]], Field(min_length=1)
    ]
    compared: dict[Kind, Annotated[Compared, Field(strict=False)]] = Field({})
    exportable: Annotated[tuple[Column, ...], Field(strict=False)] = ()
    rectifiable: dict[Kind, Column] = Field({})
    restricted_column: Column | None = None

    @model_validator(mode="after")
    def _known(self) -> "TablePerson":
        for kind in self.compared:
            if kind not in self.identified_by:
                raise ValueError(f"compared.{kind}: nobody is identified by it")
        return self

    def written(self) -> list[tuple[str, str]]:
        """The columns that a task may write, and where the map names them."""
        named = [(f"rectifiable.{name}", column) for name, column in self.rectifiable.items()]
        return named + ([("restricted_column", self.restricted_column)] if self.restricted_column else [])


class ObjectPerson(MapPart):
    """Below the client's own prefix, the path of a person's objects, by what identifies it."""

    identified_by: Annotated[dict[Kind, str], Field(min_length=1)]

    @model_validator(mode="after")
    def _ends(self) -> "ObjectPerson":
        """Or else `+331` would reach `+3312`."""
        for kind, path in self.identified_by.items():
            name = f"{{{kind}}}"
            if path.count(name) != 1 or f"/{name}/" not in f"/{path}" or not path.endswith("/") or path[:1] == "/":
                said = f"it names {name} once, as a whole part of the path, and ends in a slash"
                raise ValueError(f"identified_by.{kind}: {said}")
        return self


@dataclass(frozen=True, slots=True)
class Correct:
    """New values, by what can be corrected."""

    values: Mapping[str, str]

    def __repr__(self) -> str:
        """Without a value: they are personal data."""
        return f"Correct({', '.join(self.values)})"


@dataclass(frozen=True, slots=True)
class Mark:
    """Restricted, or not any more."""

    restricted: bool


Change = Correct | Mark


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a task wants of a source: what to do, by which kinds of identifiers, and what to correct."""

    act: Act
    kinds: Collection[str]
    names: Collection[str] = ()


def unfit(person: TablePerson | ObjectPerson | None, wanted: Wanted) -> str | None:
    """Why a source can't do what a task wants, as far as the map tells; None where it can."""
    if person is None:
        return "nothing there tells one person's data from others'"
    if not set(wanted.kinds) & set(person.identified_by):
        return f"nobody is found there by {_listed(wanted.kinds)}"
    match person, wanted.act:
        case ObjectPerson(), Act.RECTIFY:
            return "an object is not corrected but replaced, by whoever made it"
        case TablePerson(), Act.RECTIFY if not set(wanted.names) & set(person.rectifiable):
            return f"{_listed(wanted.names)} can't be corrected there"
        case TablePerson(), Act.RESTRICT | Act.RELEASE if person.restricted_column is None:
            return "nothing there marks data as restricted"
        case _:
            return None


def left(person: TablePerson | ObjectPerson | None, wanted: Wanted) -> str | None:
    """What a source that is fit leaves undone: corrections of what it doesn't let correct."""
    if not isinstance(person, TablePerson) or wanted.act is not Act.RECTIFY:
        return None
    missing = [name for name in wanted.names if name not in person.rectifiable]
    return f"{_listed(missing)} can't be corrected there" if missing else None


def object_paths(by: Mapping[str, str], identifier: Identifier) -> list[str]:
    """Where a person's objects lie below the client's prefix; what is no whole part of a path is nobody's."""
    path = by.get(identifier.kind)
    if path is None or "/" in identifier.value:
        return []
    return [path.replace(f"{{{identifier.kind}}}", identifier.value)]


def _listed(names: Collection[str]) -> str:
    return " or ".join(sorted(set(names))) or "anything"
