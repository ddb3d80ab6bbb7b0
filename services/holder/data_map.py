"""The data map: which systems hold what of a client, and how it goes. What it doesn't name can't be reached."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from chassis.errors import Unable
from contracts.event import Id, Text
from contracts.holder import HolderKind
from contracts.ordering import Counted

Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$ -]{0,62}$")]
Table = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$ -]{0,62}\.[A-Za-z_][A-Za-z0-9_$ -]{0,62}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
"""The name of an environment variable: a map holds no secret."""

CLIENT: Final = "{client}"


class MapInvalid(Unable):
    """The data map can't be used: one sentence per field that is wrong."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.problems = problems


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Database(_Part):
    """A PostgreSQL database that holds clients' data; `url_env` names the variable with its DSN."""

    url_env: Variable


class Bucket(_Part):
    """A bucket of an S3-compatible store; the keys come from the environment."""

    bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")] | None = None
    region: Annotated[str, StringConstraints(min_length=1)] = "us-east-1"
    access_key_env: Variable = "AWS_ACCESS_KEY_ID"
    secret_key_env: Variable = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable


class Vault(_Part):
    """A table of data keys, as `shredding` makes it."""

    url_env: Variable
    table: Table = "shredding.data_key"


class TableSource(_Part):
    """Rows of a table that belong to the client that `client_column` names."""

    kind: Literal["table"]
    database: Name
    table: Table
    client_column: Column
    time_column: Column | None = Field(None, description="when a row came to be; needed for orders with a cut-off")
    last_exchange_column: Column | None = Field(None, description="when there was a last exchange")
    deleted_column: Column | None = Field(None, description="when the client deleted it by hand")
    key: Annotated[tuple[Column, ...], Field(min_length=1, strict=False)]
    only: dict[Column, str] = Field({}, description="columns with the value that makes a row one of this category")
    columns: Annotated[tuple[Column, ...], Field(strict=False)] = ()
    method: Literal["clear", "purge"] = "clear"
    format: Literal["ndjson", "csv"] = "ndjson"

    @property
    def label(self) -> str:
        """What the certificate calls it."""
        only = ", ".join(f"{column}={value}" for column, value in sorted(self.only.items()))
        return f"{self.database}:{self.table}" + (f"[{only}]" if only else "")

    def time_of(self, counted: Counted) -> tuple[str, Column | None]:
        """The field of the map, and the column, that a cut-off is compared with."""
        match counted:
            case Counted.CREATED:
                return "time_column", self.time_column
            case Counted.LAST_EXCHANGE:
                return "last_exchange_column", self.last_exchange_column
            case Counted.DELETED_BY_CLIENT:
                return "deleted_column", self.deleted_column


class ObjectSource(_Part):
    """Objects below a prefix of the client's own, in all their versions."""

    kind: Literal["objects"]
    store: Name
    prefix: str
    method: Literal["clear", "purge"] = "clear"

    @property
    def label(self) -> str:
        """What the certificate calls it."""
        return f"{self.store}:{self.prefix}"

    @model_validator(mode="after")
    def _ends(self) -> "ObjectSource":
        """Or else `client-1` would reach `client-10`."""
        if self.prefix.count(CLIENT) != 1 or f"/{CLIENT}/" not in f"/{self.prefix}" or not self.prefix.endswith("/"):
            raise ValueError(f"prefix: it names {CLIENT} once, as a whole part of the path, and ends in a slash")
        return self


class KeySource(_Part):
    """The key that all of a category is encrypted with: without it, what is encrypted is gone."""

    kind: Literal["key"]
    vault: Name
    method: Literal["crypto_erase"] = "crypto_erase"

    @property
    def label(self) -> str:
        """What the certificate calls it."""
        return f"{self.vault}:key"


Source = Annotated[TableSource | ObjectSource | KeySource, Field(discriminator="kind")]


class Unreached(_Part):
    """What keeps a copy out of reach, such as backups: said in every confirmation, with the day on which it ends."""

    what: Text
    stays_days: Annotated[int, Field(ge=0, le=36_500)]


class DataMap(_Part):
    """All that one holder holds. Sources of a category are erased in the order in which they stand.

    Categories of `never_stored` should be empty: what is found in them is reported (RET-1).
    """

    holder_id: Id
    name: Text
    kind: Annotated[HolderKind, Field(strict=False)] = HolderKind.INTERNAL
    subprocessor_id: Id | None = None
    unreached: Annotated[tuple[Unreached, ...], Field(strict=False)] = ()
    never_stored: Annotated[tuple[Id, ...], Field(strict=False)] = ()
    databases: dict[Name, Database] = {}
    stores: dict[Name, Bucket] = {}
    vaults: dict[Name, Vault] = {}
    categories: Annotated[
        dict[Id, Annotated[tuple[Source, ...], Field(min_length=1, strict=False)]], Field(min_length=1)
    ]

    def sources(self) -> Iterator[tuple[str, int, Source]]:
        """Every source with its category and place."""
        for category, sources in self.categories.items():
            for nth, source in enumerate(sources):
                yield category, nth, source


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data, from when and up to when: without either, all. `counted` is the day of a record that is compared."""

    client_id: str
    before: datetime | None = None
    since: datetime | None = None
    counted: Counted = Counted.CREATED

    @property
    def dated(self) -> bool:
        """Whether a record's day matters."""
        return self.before is not None or self.since is not None


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
        f"{_field(each['loc'])}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors()
        if not any(loc != each["loc"] and loc[: len(each["loc"])] == each["loc"] for loc in inner)
    ]


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
