"""The whole file, clause by clause, as plain words: what a person reads instead of the TOML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final

from pydantic import BaseModel

from agreement.part import Clausal
from agreement.schema import Agreement

FRONT: Final = "front"
"""The clause of what stands in no clause: the file's own name, version, timezone, conventions."""

_ORDER: Final = (FRONT, "heading")
_APPENDIX: Final = re.compile(r"Appendix ([A-Z])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of the file: its clause, its TOML path and its fields in words."""

    clause: str
    path: str
    fields: tuple[tuple[str, str], ...]


def outline(agreement: Agreement) -> list[tuple[str, list[Entry]]]:
    """Every entry of the file under its clause, the clauses in their order, laws last."""
    entries = sorted(_entries(agreement, "", FRONT), key=lambda entry: _rank(entry.clause))
    return [(clause, list(those)) for clause, those in groupby(entries, key=lambda entry: entry.clause)]


def _entries(part: BaseModel, path: str, clause: str) -> Iterator[Entry]:
    """This table's own fields as one entry, then the entries of the tables in it that have a clause of their own."""
    own: list[tuple[str, str]] = []
    below: list[Entry] = []
    for name, value in part:
        for step, each in _parts(value):
            if isinstance(each, Clausal):
                below += _entries(each, f"{path}.{name}{step}".removeprefix("."), each.clause)
            elif isinstance(each, BaseModel) and any(isinstance(inner, Clausal) for _, inner in each):
                below += _entries(each, f"{path}.{name}{step}".removeprefix("."), clause)
            elif each is not None and name != "clause":
                own.append((f"{name}{step}", spell(each)))
    if own:
        yield Entry(clause, path, tuple(own))
    yield from below


def _parts(value: object) -> list[tuple[str, object]]:
    """A field's value, or the tables in it one by one, each with the step that leads to it."""
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        return [(f"[{index}]", each) for index, each in enumerate(value)]
    if isinstance(value, dict):
        return [(f".{key}", each) for key, each in value.items()]
    return [("", value)]


def spell(value: object) -> str:
    """A value in words."""
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return _spell_duration(value)
        case frozenset():
            return ", ".join(sorted(spell(each) for each in value))
        case tuple():
            return ", ".join(spell(each) for each in value)
        case BaseModel():
            return "; ".join(f"{name}: {spell(each)}" for name, each in value if each is not None)
        case _:
            return str(value)


def _spell_duration(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} seconds"


def _rank(clause: str) -> tuple[int, str, list[int]]:
    """Front and heading, then the numbered clauses, then the appendices, then laws."""
    first = clause.partition(",")[0]
    numbers = [int(number) for number in re.findall(r"\d+", first)]
    appendix = _APPENDIX.match(first)
    if clause in _ORDER:
        return 0, "", [_ORDER.index(clause)]
    if appendix:
        return 2, appendix[1], numbers
    return (1, "", numbers) if first[0].isdigit() else (3, first, [])
