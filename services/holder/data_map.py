"""The data map: which systems hold what of a client, and how it goes. What it doesn't name can't be reached."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.event import Id, Text
from contracts.holder import HolderKind
from contracts.ordering import Counted

Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$ -]{0,62}$")]
Table = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$ -]{0,62}\.[A-Za-z_][A-Za-z0-9_$ -]{0,62}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
"""The name of an environment variable: a map holds no secret."""

CLIENT: Final = "{client}"


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
    unit: ClassVar[str] = "row"
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
    unit: ClassVar[str] = "object version"
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
    unit: ClassVar[str] = "key"
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
