"""Reads a data map from its file, and says of every field what is wrong with it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from chassis.errors import Unable
from contracts.wording import in_words
from holder.data_map import DataMap, KeySource, ObjectSource, TableSource


class MapInvalid(Unable):
    """The data map can't be used: one sentence per field that is wrong."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.problems = problems


def load(path: Path) -> DataMap:
    """Read a data map; MapInvalid names every field that is wrong."""
    try:
        data_map = DataMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise MapInvalid(path, [str(error.strerror)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MapInvalid(path, [f"no TOML: {error}"]) from None
    except ValidationError as error:
        raise MapInvalid(path, _said(error)) from None
    if problems := [*_dangling(data_map), *_shared(data_map)]:
        raise MapInvalid(path, problems)
    return data_map


def _said(error: ValidationError) -> list[str]:
    """One sentence per field; what only follows from a field inside is left out, and so is a source's kind."""
    inner = [each["loc"] for each in error.errors()]
    return [
        f"{_field(each['loc'])}: {in_words(each['type'], _own(each['msg']), each.get('ctx', {}))}"
        for each in error.errors()
        if not any(loc != each["loc"] and loc[: len(each["loc"])] == each["loc"] for loc in inner)
    ]


def _own(message: str) -> str:
    return message.removeprefix("Value error, ")


def _field(loc: tuple[int | str, ...]) -> str:
    steps = [str(step) for place, step in enumerate(loc) if place == 0 or not isinstance(loc[place - 1], int)]
    return ".".join(steps)


def _dangling(data_map: DataMap) -> Iterator[str]:
    """Names that stand for nothing."""
    for category, nth, source in data_map.sources():
        match source:
            case TableSource():
                field, name, known = "database", source.database, set(data_map.databases)
            case ObjectSource():
                field, name, known = "store", source.store, set(data_map.stores)
            case KeySource():
                field, name, known = "vault", source.vault, set(data_map.vaults)
        if name not in known:
            yield f"categories.{category}.{nth}.{field}: [{field}s.{name}] is missing"
    for nth, category in enumerate(data_map.never_stored):
        if category not in data_map.categories:
            yield f"never_stored.{nth}: [[categories.{category}]] is missing"


def _shared(data_map: DataMap) -> Iterator[str]:
    """Erasing one category must leave the others alone."""
    seen: dict[str, str] = {}
    for category, nth, source in data_map.sources():
        where = source.label
        if isinstance(source, KeySource):
            where = f"{where} of {category}"
        if where in seen:
            yield f"categories.{category}.{nth}: {where} is in {seen[where]} too: tell rows apart with `only`"
        seen.setdefault(where, category)
